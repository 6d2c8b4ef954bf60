"""`${NAME}` in the strings of `status.toml`: taken from the environment; `$${` is a literal `${`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_ESCAPE = "$${"


def names_in(raw: Any) -> set[str]:
    """Return the names that the strings of a TOML value refer to, nested ones too."""
    return {match[1] for match in _references(raw) if match[1]}


def faults_in(raw: Any, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what was expected for each reference that is malformed or unset; an empty variable counts as unset."""
    for name in sorted(names_in(raw)):
        if not environ.get(name):
            yield f"{name} in the environment, where it is not set"
    if any(match[1] is None and match[0] != _ESCAPE for match in _references(raw)):
        yield "${NAME}, or $${ for a literal ${"


def replaced(raw: Any, environ: Mapping[str, str]) -> Any:
    """Return the TOML value with every reference replaced; those in it must be sound (see `faults_in`)."""
    if isinstance(raw, str):
        return _REFERENCE.sub(lambda match: environ[match[1]] if match[1] else "${", raw)
    if isinstance(raw, list):
        return [replaced(item, environ) for item in raw]
    if isinstance(raw, dict):
        return {key: replaced(value, environ) for key, value in raw.items()}
    return raw


def _references(raw: Any) -> Iterator[re.Match[str]]:
    if isinstance(raw, str):
        yield from _REFERENCE.finditer(raw)
    elif isinstance(raw, list | dict):
        for item in raw.values() if isinstance(raw, dict) else raw:
            yield from _references(item)

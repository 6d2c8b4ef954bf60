"""What is in force, for people: nested plain values with secrets masked, and the same as text."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields

from monitoring.settings.kinds import Duration, carries_secret, carries_url
from monitoring.settings.masks import MASK, hidden_in, is_secret_key, masked_address, masked_text
from monitoring.settings.structure import Settings

Mask = Callable[[str], str]


def masked(settings: Settings) -> dict[str, Any]:
    """Return the settings as values that JSON has: durations as `"30s"`, secrets as dots, addresses masked."""
    hidden = {value for value in _secrets(settings) if len(value) > 3}
    shown = _struct(settings, lambda text: hidden_in(text, hidden))
    del shown["concealed"]
    return shown


def render(settings: Settings) -> str:
    """Return `masked` as lines of text in the manner of TOML; what is not set is said to be so."""
    values = masked(settings)
    lines = list(_lines({key: value for key, value in values.items() if not _is_table(value)}))
    for key, value in values.items():
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict):
                lines += ["", f"[[{key}]]" if isinstance(value, list) else f"[{key}]", *_lines(table)]
    return "\n".join(lines) + "\n"


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield the secret values that settings know of; one of three characters would hide half the page."""
    for field in fields(settings):
        if carries_secret(field.type):
            value = getattr(settings, field.name) or ()
            yield from [value] if isinstance(value, str) else value


def _struct(struct: msgspec.Struct, conceal: Mask) -> dict[str, Any]:
    return {
        field.encode_name: _field(field.encode_name, getattr(struct, field.name), field.type, conceal)
        for field in fields(struct)
    }


def _field(name: str, value: Any, kind: Any, conceal: Mask) -> Any:
    address = carries_url(kind)
    if carries_secret(kind) or (is_secret_key(name) and not address):
        return _value(value, lambda text: MASK if text else "")
    mask = masked_address if address else masked_text
    return _value(value, lambda text: mask(conceal(text)), conceal)


def _value(value: Any, mask: Mask, conceal: Mask = str) -> Any:
    if isinstance(value, msgspec.Struct):
        return _struct(value, conceal)
    if isinstance(value, Duration):
        return value.written()
    if isinstance(value, dict):
        return {key: MASK if is_secret_key(str(key)) else _value(item, mask, conceal) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_value(item, mask, conceal) for item in value]
    return mask(str(value)) if isinstance(value, str | Path) else value


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _lines(table: dict[str, Any]) -> Iterator[str]:
    width = max(map(len, table), default=0)
    for key, value in table.items():
        yield f"{key:<{width}} = {_text(value)}"


def _text(value: Any) -> str:
    return "(not set)" if value is None else json.dumps(value, ensure_ascii=False)

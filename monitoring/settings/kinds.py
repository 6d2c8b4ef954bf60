"""The kinds of value a setting can be: durations, secrets and addresses."""

import re
from typing import Annotated, Any, get_args

import msgspec

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_LONGEST_SECONDS = 3650 * 86400.0
_DURATION_EXPECTED = 'a duration such as "30s" or "5m"'

Secret = Annotated[str, msgspec.Meta(extra={"secret": True})]
"""Text that is never printed: not in a fault, not by `flask monitor config`, not in a repr."""

Url = Annotated[str, msgspec.Meta(description="an address", extra={"url": True})]
"""An address that may carry a password or a token; printed with both masked."""


class Duration(float):
    """Seconds, written as `"30s"`, `"5m"`, `"250ms"`, `"1h"` or `"90d"`; at most ten years."""

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Return the duration that `text` names; ValueError, saying what was expected, where it names none."""
        match = _DURATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(_DURATION_EXPECTED)
        seconds = cls(float(match[1]) * _UNITS[match[2]])
        if seconds > _LONGEST_SECONDS:
            raise ValueError("a duration of at most 3650d")
        return seconds

    def written(self) -> str:
        """Return the duration as it would be written: in the largest unit that divides it, such as `5m`."""
        for unit in ("d", "h", "m", "s"):
            if self and self % _UNITS[unit] == 0:
                return f"{int(self / _UNITS[unit])}{unit}"
        return f"{self * 1000:.6f}".rstrip("0").rstrip(".") + "ms" if self else "0s"


LONGEST = Duration(_LONGEST_SECONDS)


def decode_hook(kind: type, value: Any) -> Any:
    """Decode the kinds msgspec does not know; ValueError says what was expected."""
    if kind is not Duration:
        raise ValueError(f"a value of {kind.__name__}")
    if isinstance(value, str):
        return Duration.parse(value)
    bare = isinstance(value, (int, float)) and not isinstance(value, bool)
    raise ValueError(_DURATION_EXPECTED + (", with its unit: a bare number has none" if bare else ""))


def carries_secret(kind: Any) -> bool:
    """Return whether `kind` is, or holds, a Secret: `Secret | None`, `dict[str, Secret]` ..."""
    return _carries(kind, "secret")


def carries_url(kind: Any) -> bool:
    """Return whether `kind` is, or holds, a Url."""
    return _carries(kind, "url")


def _carries(kind: Any, mark: str) -> bool:
    metas = getattr(kind, "__metadata__", ())
    marked = any(isinstance(meta, msgspec.Meta) and (meta.extra or {}).get(mark) for meta in metas)
    return marked or any(_carries(part, mark) for part in get_args(kind))

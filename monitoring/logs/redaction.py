"""The one redaction: what a value looks like once its secrets are masked and its size is bounded.

Logs, health answers, alerts, pages and error reports all pass what they show through `redact`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring.logs.secrets import KEY_LENGTH, MASK, mask_text, names_secret

DEPTH = 8
NODES = 1000
TEXT_LENGTH = 65_536
_CUT = "…"
_TAIL = 1024
_LEAST_LENGTH = 4
"""A shorter text cannot hold a secret in any shape that is known."""


def redact(value: Any) -> Any:
    """Return `value` as plain JSON types with every secret in it masked.

    Mappings, lists, tuples, sets, bytes, exceptions and the text of any object are searched, to a depth of 8 and
    1,000 values in all; text is cut at 65,536 characters; cycles end at the depth. It never raises.
    """
    return _Redaction().value(value, 0)


def redact_text(text: str) -> str:
    """Return `text`, at most 65,536 characters of it, with every secret in it masked."""
    if len(text) > TEXT_LENGTH:
        return mask_text(_cut(text)) + _CUT
    return mask_text(text) if len(text) >= _LEAST_LENGTH else text


class _Redaction:
    """One walk through one value; it counts what it has seen."""

    def __init__(self) -> None:
        self._seen = 0

    def value(self, value: Any, depth: int) -> Any:
        self._seen += 1
        kind = type(value)
        if kind is str:
            return redact_text(value)
        if value is None or kind is bool or kind is float or (kind is int and -(2**63) <= value < 2**64):
            return value
        if depth >= DEPTH or self._seen > NODES:
            return _CUT
        try:
            return self._composed(value, depth)
        except Exception:  # noqa: BLE001 - any code may run in a foreign object, and may fail
            return f"<{kind.__name__}>"

    def _composed(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, tuple) and len(value) == 2 and names_secret(_text(value[0]), value[1]):
            return [_text(value[0]), MASK]  # a header as frameworks pass it on
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(value, depth)
        return float(value) if isinstance(value, float) else redact_text(_text(value))

    def _mapping(self, mapping: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key, value in mapping.items():
            if self._seen > NODES:
                plain[_CUT] = len(mapping) - len(plain)
                break
            name = _text(key)
            shown = redact_text(name[:KEY_LENGTH])
            shown = f"{shown}~{len(plain)}" if shown in plain else shown
            plain[shown] = MASK if names_secret(name, value) else self.value(value, depth + 1)
        return plain

    def _items(self, items: Iterable[Any], depth: int) -> list[Any]:
        plain: list[Any] = []
        for item in items:
            if self._seen > NODES:
                plain.append(_CUT)
                break
            plain.append(self.value(item, depth + 1))
        return plain


def _text(value: Any) -> str:
    """Return what `value` says of itself; bytes are read as UTF-8, an exception is named."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value[:TEXT_LENGTH]).decode("utf-8", "replace")
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return str(value)


def _cut(text: str) -> str:
    """Return the beginning of `text` without its last word: half a secret would no longer look like one."""
    head = text[:TEXT_LENGTH]
    end = max(head.rfind(mark, TEXT_LENGTH - _TAIL) for mark in " \n\t")
    return head[: end if end > 0 else TEXT_LENGTH - _TAIL]

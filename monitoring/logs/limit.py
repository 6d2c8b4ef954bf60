"""One value as safe JSON, and how it is made to fit into one line of a log."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec

LINE_BYTES = 8192
"""With its newline: routers split longer lines, and break their JSON."""

_CUT = " … "

_ENCODER = msgspec.json.Encoder(enc_hook=str)
# DEL, C1, line and paragraph separators, and what turns the direction of writing: JSON allows them, terminals obey.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

_CONTROL = re.compile("[\x00-\x1f\ud800-\udfff]|" + _UNSAFE.pattern)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _written_out(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or _escaped(match)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def encode(value: Any) -> str:
    """Return `value` as JSON on one line, without any control character; ValueError where it has lone surrogates."""
    return encode_bytes(value).decode()


def encode_bytes(value: Any) -> bytes:
    """Return the same as UTF-8."""
    text = _ENCODER.encode(value)
    return text if text.isascii() and b"\x7f" not in text else _UNSAFE.sub(_escaped, text.decode()).encode()


def encode_number(value: float | None) -> str:
    """Return a number, a bool or None as JSON; OverflowError for an integer beyond 64 bits: redaction makes it text."""
    if type(value) is int and not is_short(value):
        raise OverflowError(value)
    return _ENCODER.encode(value).decode()


def is_short(number: int) -> bool:
    """Return whether an integer has at most 64 bits."""
    return -(2**63) <= number < 2**64


def escape(text: str) -> str:
    """Return `text` with every control character in it written out, such as `\\n` or `\\u001b`."""
    return text if text.isprintable() else _CONTROL.sub(_written_out, text)


def size(value: Any) -> int:
    """Return the bytes that `value` takes as JSON."""
    return len(encode(value).encode())


def shorten(data: dict[str, Any]) -> dict[str, Any]:
    """Return `data` (plain types) such that it fits into a line as JSON.

    The longest values are cut, keys beyond half a line dropped; `truncated` says so. Lone surrogates become `?`.
    """
    data = _sound(data)
    if size(data) < LINE_BYTES:
        return data
    keys = list(data)
    count = _largest(len(keys), lambda count: _frame(keys[:count]) < LINE_BYTES // 2)
    sizes = {key: size(data[key]) for key in keys[:count]}
    room = LINE_BYTES - _frame(keys[:count])
    cap = _largest(room, lambda most: sum(min(length, most) for length in sizes.values()) < room)
    return {key: data[key] if length <= cap else _cut(data[key], cap) for key, length in sizes.items()} | {
        "truncated": True
    }


def _frame(keys: list[str]) -> int:
    """Return the bytes that `keys` take, with a value of no length each and `truncated`."""
    return size({**dict.fromkeys(keys, "…"), "truncated": True})


def _sound(data: dict[str, Any]) -> dict[str, Any]:
    try:
        encode(data)
    except UnicodeEncodeError:
        plain = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
        return dict(json.loads(plain))
    return data


def _largest(limit: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number up to `limit` that fits; 0 when none does."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _cut(value: Any, most: int) -> str:
    """Return the beginning and the end of `value` in at most `most` bytes of JSON."""
    text = value if isinstance(value, str) else encode(value)
    half = _largest(min(len(text) // 2, most), lambda half: size(_ends(text, half)) <= most)
    return _ends(text, half)


def _ends(text: str, half: int) -> str:
    return f"{text[:half]}{_CUT}{text[len(text) - half :]}" if half else "…"

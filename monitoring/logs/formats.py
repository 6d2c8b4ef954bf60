"""What a record looks like as a line: JSON for machines, one coloured line for people at work."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from types import EllipsisType
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS, BaseJsonFormatter

from monitoring import clock, correlation
from monitoring.logs import levels
from monitoring.logs.limit import LINE_BYTES, encode, encode_bytes, encode_number, escape, is_short, shorten
from monitoring.logs.redaction import redact, redact_text
from monitoring.logs.secrets import KEY_LENGTH, may_hide, names_secret

LOGGER = "daymark"
FIELDS = "daymark_fields"
"""The attribute of a record in which our own logger carries the caller's fields, whatever their names."""

_SAME = frozenset(["service", "environment", "hostname", "pid", "version"])
_OTHER = ["timestamp", "level", "message", "correlation_id", "logger", "name", "stack", "truncated"]
OWN_KEYS = _SAME.union(_OTHER)
_UNSHOWN = frozenset([*RESERVED_ATTRS, "taskName", FIELDS])
_COLOURS = {"fatal": "1;31", "error": "31", "warn": "33", "info": "32", "debug": "34", "trace": "90"}
_PLAIN = frozenset([str, int, float, bool, type(None)])
Plain = str | int | float | None
_VARYING = {"timestamp": '"%s.%03dZ"', "pid": "%d", "correlation_id": "%s"}
_REMEMBERED, _REMEMBERED_LENGTH = 1024, 256


def merge(target: dict[str, Any], extras: Mapping[Any, Any], taken: frozenset[str] = frozenset()) -> None:
    """Add `extras` to `target`; a key that `target` or `taken` has already becomes `extra_<key>`: none is lost."""
    for key, value in extras.items():
        name = key if type(key) is str else str(key)
        while name in target or name in taken:
            name = f"extra_{name}"
        target[name] = value


class JsonFormatter(BaseJsonFormatter):
    """A record as one line of JSON: at most 8 kB, secrets masked, no control character in it."""

    def __init__(self, service: str, environment: str, version: str | None = None) -> None:
        super().__init__()
        known = {"service": service, "environment": environment, "hostname": socket.gethostname()}
        first = {"timestamp": None, "level": None, "message": None}
        self._known: dict[str, Any] = first | redact({**known, "version": version} if version else known)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a record whose arguments do not fit its message yields its bare message."""
        try:
            return str(super().format(record))
        except Exception:  # noqa: BLE001 - a caller's mistake must not cost the line
            return str(super().format(_bare(record)))

    def line(self, level: int, message: str, fields: dict[str, Any]) -> bytes | None:
        """Return the line that `format` would make of our own logger's record at this moment, and its newline.

        None where that takes more than masking text by text: nested values, a secret by its key, a line too long.
        """
        data = self._own(clock.now(), level, _masked[message])
        given_id = data["correlation_id"]
        data["correlation_id"] = given_id and redact_text(given_id)
        for key, value in fields.items():
            kind = type(value)
            if kind not in _PLAIN or not _innocent[key] or (kind is int and not is_short(value)):
                return None
            data[key] = _masked[value] if kind is str else value
        return _fitting(data)

    def form(self, level: int, message: str, fields: Mapping[str, Plain | EllipsisType]) -> str | None:
        """Return what the `line`s of these fields have in common, for `%` to put into it what differs.

        That is the second (to be had from `second`) and the milliseconds of the time, the pid, and as JSON the
        correlation id and each field whose value is `...`. None where a field cannot stand in a line as it is;
        ValueError or OverflowError where a value cannot.
        """
        if not all(_innocent[key] for key in fields):
            return None
        masked = {key: _masked[value] if type(value) is str else value for key, value in fields.items()}
        data = {**self._own(0.0, level, _masked[message]), **dict.fromkeys(_VARYING, ...), **masked}
        return "{" + ",".join([_piece(key, value) for key, value in data.items()]) + "}\n"

    def _own(self, at: float, level: int, message: str) -> dict[str, Any]:
        own = self._known.copy()
        own["timestamp"] = _timestamp(at)
        own["level"] = levels.name_of(level)
        own["message"] = message
        own["pid"] = os.getpid()
        own["correlation_id"] = correlation.current()
        return own

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill `log_data` with our own fields, then the caller's."""
        log_data.update(self._own(record.created, record.levelno, record.message))
        if record.name != LOGGER:
            log_data["logger"] = record.name
        self._add_exception(log_data, record, message_dict)
        self._add_extras(log_data, record, message_dict)

    def _add_exception(self, log_data: dict[str, Any], record: logging.LogRecord, texts: dict[str, Any]) -> None:
        if record.exc_info and record.exc_info[0] is not None:
            log_data["name"] = record.exc_info[0].__name__
        stacks = [texts.pop(kind, None) for kind in ("exc_info", "stack_info")]
        if any(stacks):
            log_data["stack"] = "\n".join(str(stack) for stack in stacks if stack)

    def _add_extras(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        attributes = vars(record)
        fields = attributes.get(FIELDS)
        if fields is None:  # another library's record: its extras are attributes
            fields = {key: value for key, value in attributes.items() if key not in _UNSHOWN}
        if message_dict:
            merge(log_data, message_dict, OWN_KEYS)
        merge(log_data, fields, OWN_KEYS)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Return `log_data` as JSON; the common line, flat and without a hint of a secret, takes the short way."""
        if all(type(value) in _PLAIN for value in log_data.values()):
            with suppress(ValueError, OverflowError):  # a lone surrogate, a number with thousands of digits
                line = encode(log_data)
                if len(line) * (1 if line.isascii() else 4) < LINE_BYTES and not may_hide(line):
                    return line
        return encode(shorten(redact(log_data)))


class ConsoleFormatter(JsonFormatter):
    """A record as `12:03:10.123 [info]: message {extras}` in local time, its stack indented below."""

    def __init__(self, service: str, environment: str, *, coloured: bool) -> None:
        super().__init__(service, environment)
        self._coloured = coloured

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill `log_data` as for JSON, with the local time of day."""
        super().add_fields(log_data, record, message_dict)
        # Whoever reads the console lives in local time.
        local = datetime.fromtimestamp(record.created)
        log_data["timestamp"] = local.strftime("%H:%M:%S.") + f"{local.microsecond // 1000:03d}"

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Return the line for people; what is the same on every line is left out."""
        safe = shorten(redact(log_data))
        at, level = safe.pop("timestamp"), self._tinted(safe.pop("level"))
        message, stack = escape(str(safe.pop("message"))), safe.pop("stack", None)
        extras = {key: value for key, value in safe.items() if key not in _SAME and value is not None}
        line = f"{at} [{level}]: {message}" + (f" {encode(extras)}" if extras else "")
        return "\n    | ".join([line, *map(escape, str(stack).splitlines())]) if stack else line

    def _tinted(self, level: str) -> str:
        return f"\x1b[{_COLOURS[level]}m{level}\x1b[0m" if self._coloured else level


def _timestamp(at: float) -> str:
    """Return `clock.iso(at)`; that of the second is remembered."""
    milliseconds = milliseconds_of(at)
    return f"{second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


def milliseconds_of(at: float) -> int:
    """Return the milliseconds that `clock.iso(at)` says: rounded to the microsecond, then cut."""
    return round(at * 1e6) // 1000


@lru_cache(maxsize=4)
def second(at: int) -> str:
    """Return `clock.iso(at)` up to the second."""
    return clock.iso(at)[:19]


class Remembered(dict[Any, Any]):
    """What `judge` says of short texts. A function with an LRU cache would cost twice as much each time."""

    def __init__(self, judge: Callable[[Any], Any]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: Any) -> Any:
        verdict = self._judge(text)
        if type(text) is str and len(text) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = verdict
        return verdict


def _is_innocent(key: Any) -> bool:
    """Return whether a field of this name stands in a line as it is: not our own, no secret, hiding none."""
    if type(key) is not str or len(key) > KEY_LENGTH or key in OWN_KEYS:
        return False
    return not names_secret(key) and redact_text(key) == key


# Messages, rules, browsers, addresses and many a path come again and again.
_masked, _innocent = Remembered(redact_text), Remembered(_is_innocent)
shown_text = Remembered(lambda text: encode(redact_text(text))).__getitem__
"""Return a text as it stands in a line; ValueError where it has lone surrogates."""


def _piece(key: str, value: Any) -> str:
    return f"{_literal(key)}:{_VARYING.get(key, '%s') if value is ... else _literal(value)}"


def _literal(value: Any) -> str:
    return (encode(value) if type(value) is str else encode_number(value)).replace("%", "%%")


def _fitting(data: dict[str, Any]) -> bytes | None:
    """Return the whole line; None where it is too long or cannot be encoded as it is."""
    try:
        line = encode_bytes(data) + b"\n"
    except (ValueError, OverflowError):  # a lone surrogate, a number with thousands of digits
        return None
    return line if len(line) <= LINE_BYTES else None


def _bare(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record that says what `record` says and cannot fail to be formatted."""
    bare = {"name": record.name, "levelno": record.levelno, "created": record.created}
    return logging.makeLogRecord({**bare, "msg": str(redact(record.msg)), FIELDS: {"arguments": redact(record.args)}})

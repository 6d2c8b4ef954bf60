"""What code calls to write a line: `log.info("Queue drained", waiting=3)` and its relatives."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from monitoring.logs import direct, levels
from monitoring.logs.formats import FIELDS, LOGGER, merge
from monitoring.logs.redaction import redact

_logger = logging.getLogger(LOGGER)


class Log:
    """Writes lines that all carry its metadata. No method ever raises, whatever it is given.

    A message may be anything; fields come as a mapping, as keywords or both, under any names: one that a line has
    already becomes `extra_<name>`. `exc_info` is an exception, or True for the one being handled.
    """

    __slots__ = ("_metadata",)

    def __init__(self, metadata: Mapping[str, Any] | None = None) -> None:
        self._metadata = dict(metadata or {})

    def fatal(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say that the process cannot go on."""
        self._write(levels.FATAL, message, extra, exc_info, fields)

    def error(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say that something failed which somebody has to look at."""
        self._write(levels.ERROR, message, extra, exc_info, fields)

    def warn(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say that something is not as it should be."""
        self._write(levels.WARN, message, extra, exc_info, fields)

    def info(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say what happened."""
        self._write(levels.INFO, message, extra, exc_info, fields)

    def debug(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say what helps to find a fault."""
        self._write(levels.DEBUG, message, extra, exc_info, fields)

    def trace(self, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Say each step."""
        self._write(levels.TRACE, message, extra, exc_info, fields)

    def write(self, level: int, message: object, /, extra: Any = None, *, exc_info: Any = None, **fields: Any) -> None:
        """Write at a level that is computed, a number of `monitoring.logs.levels`."""
        self._write(level, message, extra, exc_info, fields)

    def enabled(self, level: int) -> bool:
        """Return whether a line of this level would be written; ask before collecting costly fields."""
        return _logger.isEnabledFor(level)

    def child(self, metadata: Mapping[str, Any] | None = None, /, **more: Any) -> "Log":
        """Return a log whose lines carry `metadata` and `more` besides this one's; the inner one's win."""
        return Log({**self._metadata, **(metadata or {}), **more})

    def _write(self, level: int, message: object, extra: Any, exc_info: Any, fields: dict[str, Any]) -> None:
        if not _logger.isEnabledFor(level):
            return
        try:
            if type(message) is not str and not isinstance(message, Mapping):
                message = str(redact(message))
            if extra is not None:
                merge(fields, extra if isinstance(extra, Mapping) else {"extra": extra})
            if self._metadata:
                fields = {**self._metadata, **fields}
            if exc_info or not direct.write(level, message, fields):
                _logger.log(level, message, exc_info=exc_info, extra={FIELDS: fields}, stacklevel=3)
        except Exception:  # noqa: BLE001 - a log line must never break what it tells of
            with suppress(Exception):
                _logger.log(level, message, extra={FIELDS: {}}, stacklevel=3)


log = Log()
COMPLETED = "Request completed"
"""The message of a request's completion line, with its method, path, status and duration_ms."""


def log_request(method: str, path: str, status: int, duration_ms: float, **fields: Any) -> None:
    """Write the completion line of one request; `path` without its query, which can carry secrets."""
    known = {"method": method, "path": path, "status": status, "duration_ms": duration_ms, **fields}
    log._write(levels.of_request(path, status), COMPLETED, None, None, known)


def log_error(error: BaseException, context: Mapping[str, Any] | None = None) -> None:
    """Write `error` with its stack and what was known when it happened."""
    log.error(_words(error), extra=context, exc_info=error)


def log_metric(name: str, value: float, tags: Mapping[str, str] | None = None) -> None:
    """Write one measured value, at debug."""
    log.debug("Metric", metric=name, value=value, tags=dict(tags or {}))


def log_performance(operation: str, duration_ms: float, metadata: Mapping[str, Any] | None = None) -> None:
    """Write how long `operation` took, in milliseconds: over 1,000 at warn, over 100 at info, else at debug."""
    level = levels.of_duration(duration_ms)
    log.write(level, f"Performance: {operation}", metadata, operation=operation, duration_ms=duration_ms)


def audit_log(action: str, user_id: str | None, metadata: Mapping[str, Any] | None = None) -> None:
    """Write that `user_id` did something that bears on security."""
    log.info("Audit Log", extra=metadata, type="audit", action=action, user_id=user_id)


def _words(error: BaseException) -> str:
    """Return what `error` says, or its name where it says nothing or cannot."""
    with suppress(Exception):
        return str(error) or type(error).__name__
    return type(error).__name__

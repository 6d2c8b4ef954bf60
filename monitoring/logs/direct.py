"""The direct way of a line, without a record of `logging`: open while nobody but our one handler would see the record.

Every request writes a line, and a record costs several times what the line does.
"""

import logging
from collections.abc import Callable
from types import FunctionType
from typing import Any

from monitoring.logs.formats import LOGGER, JsonFormatter
from monitoring.logs.handler import LineHandler

_logger, _root = logging.getLogger(LOGGER), logging.getLogger()


def _own_to_logging(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return `function`, None where it is a patch: error reporters put theirs there to see every record."""
    return function if type(function) is FunctionType and function.__globals__ is vars(logging) else None


_HAND_OVER = _own_to_logging(type(_logger).callHandlers)


def write(level: int, message: object, fields: dict[str, Any]) -> bool:
    """Return whether the line is written; if not, it has to go the ordinary way, on which nothing is lost."""
    listener = only_listener()
    if listener is None or type(message) is not str:
        return False
    handler, formatter = listener
    line = formatter.line(level, message, fields)
    if line is None:
        return False
    handler.put(level, line)
    return True


def only_listener() -> tuple[LineHandler, JsonFormatter] | None:
    """Return our handler and its formatter; None where a handler, a filter or a patch of others would see a record."""
    handlers = _root.handlers
    if len(handlers) != 1 or _logger.handlers or _logger.filters or not _logger.propagate:
        return None
    handler = handlers[0]
    if type(handler) is not LineHandler or handler.filters or handler.level:
        return None
    formatter = handler.formatter
    if type(formatter) is not JsonFormatter or type(_logger).callHandlers is not _HAND_OVER:
        return None
    return handler, formatter

"""Times the queries of an SQLAlchemy engine that is handed over, by operation and table."""

import re
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from monitoring.application.recording import app_metrics

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine, ExceptionContext

_BEGUN = "_monitoring_begun"
_READ = 2_000
_OPERATIONS = frozenset({"select", "insert", "update", "delete", "create", "alter", "drop", "with"})
_WORD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([a-z]+)", re.IGNORECASE | re.DOTALL)
_TABLE = re.compile(r"\b(?:from|into|update|join|table)\s+(?:only\s+)?([\w.\"`\[\]]+)", re.IGNORECASE)


def instrument_engine(engine: "Engine") -> None:
    """Record `db.query_time` and `db.queries` for every statement of `engine`; a second call does nothing.

    A statement over the threshold of `db.query` is told of with its operation, table and status.
    For an asynchronous engine hand over its `sync_engine`.
    """
    from sqlalchemy import event

    for name, listener in (("before_cursor_execute", _begin), ("after_cursor_execute", _end), ("handle_error", _fail)):
        event.listen(engine, name, listener, named=True)


@lru_cache(512)
def named(statement: str) -> tuple[str, str]:
    """Return operation and table of the beginning of a statement, `other` and `none` where they are not plain."""
    word = _WORD.match(statement)
    operation = word[1].lower() if word else ""
    table = _TABLE.search(statement)
    return (operation if operation in _OPERATIONS else "other"), (_plain(table[1]) if table else "none")


def _plain(table: str) -> str:
    return table.translate({ord(mark): None for mark in '"`[]'}).lower() or "none"


def _begin(context: Any, **_: Any) -> None:
    setattr(context, _BEGUN, perf_counter())


def _end(context: Any, statement: str, **_: Any) -> None:
    _record(context, statement, success=True)


def _fail(exception_context: "ExceptionContext", **_: Any) -> None:
    failed = exception_context
    if failed.execution_context is not None and failed.statement is not None:
        _record(failed.execution_context, failed.statement, success=False)


def _record(context: Any, statement: str, *, success: bool) -> None:
    begun = getattr(context, _BEGUN, None)
    if begun is None:  # it failed before it was sent, or was told of already
        return
    setattr(context, _BEGUN, None)
    operation, table = named(statement[:_READ])
    app_metrics.record_database_query(operation, table, (perf_counter() - begun) * 1000, success)

"""What jobs have said of themselves: the newest calls of each heartbeat."""

from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.models import heartbeat_calls
from monitoring.store.structs import load
from monitoring.store.text import storable

KEPT = 100


class Kind(StrEnum):
    """What a call says."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the job of `check`, at Unix seconds. `exit_code` is None where none was given; `body` what was sent.

    `seconds` is the time since the start it belongs to, None where none came before it.
    """

    check: str
    at: float
    kind: Kind
    exit_code: int | None = None
    seconds: float | None = None
    body: str = ""


class LastCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The last start and the last end of a job, as Unix seconds; what is said of the end is None where none came.

    `running` says that the start came last, whatever the clocks of the hosts that took the calls say.
    """

    start_at: float | None = None
    end_at: float | None = None
    running: bool = False
    failed: bool = False
    exit_code: int | None = None
    seconds: float | None = None


_columns = heartbeat_calls.c
_select: sa.Select[Any] = sa.select(
    _columns.check_name, _columns.at, _columns.kind, _columns.exit_code, _columns.seconds, _columns.body
).order_by(_columns.id.desc())


def add(connection: Connection, call: Call) -> None:
    """Store a call with the seconds since the start it ends, if any, and forget all but the newest 100 of its check."""
    before = log(connection, call.check, 1)
    begun_at = before[0].at if before and before[0].kind is Kind.START else None
    seconds = None if begun_at is None or call.kind is Kind.START else max(0.0, call.at - begun_at)
    connection.execute(
        sa.insert(heartbeat_calls).values(
            check_name=call.check,
            at=call.at,
            kind=call.kind,
            exit_code=call.exit_code,
            seconds=seconds,
            body=storable(call.body),
        )
    )
    _forget(connection, call.check)


def last(connection: Connection, check: str) -> LastCalls | None:
    """Return the last calls of one check, None where nobody ever called."""
    start = _first(connection, check, _columns.kind == Kind.START)
    end = _first(connection, check, _columns.kind != Kind.START)
    newest = log(connection, check, 1)
    if not newest:
        return None
    return LastCalls(
        running=newest[0].kind is Kind.START,
        start_at=start.at if start else None,
        end_at=end.at if end else None,
        failed=end is not None and end.kind is Kind.FAILURE,
        exit_code=end.exit_code if end else None,
        seconds=end.seconds if end else None,
    )


def log(connection: Connection, check: str, limit: int = KEPT) -> list[Call]:
    """Return the calls of one check, the last to come first."""
    return load(connection, _select.where(_columns.check_name == check).limit(limit), Call)


def _first(connection: Connection, check: str, which: sa.ColumnElement[bool]) -> Call | None:
    found = load(connection, _select.where((_columns.check_name == check) & which).limit(1), Call)
    return found[0] if found else None


def _forget(connection: Connection, check: str) -> None:
    mine = _columns.check_name == check
    kept = sa.select(_columns.id).where(mine).order_by(_columns.id.desc()).limit(KEPT)
    connection.execute(sa.delete(heartbeat_calls).where(mine & _columns.id.not_in(kept)))

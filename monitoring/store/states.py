"""The last word on each check: its confirmed state, its last result, and what judging the next one needs."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from monitoring.status import Cause, Result, Status
from monitoring.store.models import states
from monitoring.store.text import storable
from monitoring.store.upsert import upsert


class StoredState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `states`. `memory` is opaque here: the judge's, as JSON text."""

    status: Status
    since: float | None
    cause: Cause | None
    last: Result
    memory: str


def save(connection: Connection, version: int, batch: Sequence[StoredState]) -> None:
    """Write the rows whole, marked with the version of this batch."""
    upsert(connection, states, [_row(version, state) for state in batch])


def _row(version: int, state: StoredState) -> dict[str, Any]:
    last = state.last
    return {
        "check_name": last.check,
        "version": version,
        "status": state.status.value,
        "since_at": state.since,
        "state_cause": state.cause,
        "scheduled_at": last.scheduled_at,
        "finished_at": last.finished_at,
        "result_status": last.status.value,
        "cause": last.cause,
        "error": storable(last.error),
        "response_seconds": last.response_seconds,
        "details": _json(last.details),
        "phases": _json(last.phases),
        "memory": storable(state.memory),
    }


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def load(connection: Connection, newer_than: int = -1) -> list[StoredState]:
    """Return the rows that batches after version `newer_than` wrote."""
    return [_state(row) for row in connection.execute(sa.select(states).where(states.c.version > newer_than))]


def _state(row: Row[Any]) -> StoredState:
    last = Result(
        check=row.check_name,
        status=Status(row.result_status),
        scheduled_at=row.scheduled_at,
        finished_at=row.finished_at,
        response_seconds=row.response_seconds,
        cause=Cause(row.cause) if row.cause else None,
        error=row.error,
        details=msgspec.json.decode(row.details),
        phases=msgspec.json.decode(row.phases),
    )
    cause = Cause(row.state_cause) if row.state_cause else None
    return StoredState(status=Status(row.status), since=row.since_at, cause=cause, last=last, memory=row.memory)

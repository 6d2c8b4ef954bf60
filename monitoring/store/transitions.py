"""States becoming others: a row each, and the row is the queue for alerts."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.status import Cause, Status
from monitoring.store.models import transitions
from monitoring.store.structs import load
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new

NAME_LETTERS = 64


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One state of `check` becoming another: it began `at` and was confirmed later (Unix seconds)."""

    check: str
    previous: Status
    status: Status
    at: float
    confirmed_at: float
    cause: Cause | None = None
    error: str | None = None

    @property
    def key(self) -> str:
        """Return what makes it the same transition, whoever writes it."""
        return f"{self.check}:{self.status}:{self.at:.3f}"


def add(connection: Connection, batch: Sequence[Transition]) -> None:
    """Store transitions; one whose key is there already stays as it is."""
    insert_new(
        connection,
        transitions,
        [
            {
                "key": item.key,
                "check_name": item.check,
                "previous": item.previous.value,
                "status": item.status.value,
                "at": item.at,
                "confirmed_at": item.confirmed_at,
                "cause": item.cause,
                "error": storable(item.error),
            }
            for item in batch
        ],
    )


_columns = transitions.c
_select: sa.Select[Any] = sa.select(
    _columns.check_name,
    _columns.previous,
    _columns.status,
    _columns.at,
    _columns.confirmed_at,
    _columns.cause,
    _columns.error,
)


def between(connection: Connection, checks: Iterable[str], start: float, end: float) -> list[Transition]:
    """Return the checks' transitions in [start, end), and the last one before it, in order of check and time.

    The one before says in which state each check entered the span.
    """
    names = list(checks)
    last = (
        sa.select(_columns.check_name, sa.func.max(_columns.at).label("at"))
        .where(_columns.check_name.in_(names), _columns.at < start)
        .group_by(_columns.check_name)
        .subquery()
    )
    entering = _select.join(last, (last.c.check_name == _columns.check_name) & (last.c.at == _columns.at))
    inside = _select.where(_columns.check_name.in_(names), _columns.at >= start, _columns.at < end)
    return load(connection, sa.union_all(entering, inside).order_by("check_name", "at"), Transition)


def name_of(family: str, member: str) -> str:
    """Return under which name a spike or a budget changes: `spike/ValueError`, at most 64 letters."""
    name = f"{family}/{storable(member)}"
    if len(name) <= NAME_LETTERS:
        return name
    return f"{name[: NAME_LETTERS - 9]}~{blake2b(name.encode(), digest_size=4).hexdigest()}"


def latest(connection: Connection, family: str) -> dict[str, Transition]:
    """Return the last stored transition of each member of a family, by its name (see `name_of`)."""
    return _last(connection, _columns.check_name.startswith(f"{family}/", autoescape=True))


def last(connection: Connection, checks: Iterable[str]) -> dict[str, Transition]:
    """Return the last stored transition of each of these checks, by its name, whatever the clock has done since."""
    return _last(connection, _columns.check_name.in_(list(checks)))


def _last(connection: Connection, mine: sa.ColumnElement[bool]) -> dict[str, Transition]:
    last = sa.select(sa.func.max(_columns.id)).where(mine).group_by(_columns.check_name)
    return {each.check: each for each in load(connection, _select.where(_columns.id.in_(last)), Transition)}

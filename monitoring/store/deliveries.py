"""Messages on their way to channels: which are due, who is sending them, and how they ended.

Every change but a claim is made only by whoever holds the claim, or where nobody does.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from monitoring.store.models import deliveries
from monitoring.store.models.base import Time
from monitoring.store.structs import load
from monitoring.store.text import storable
from monitoring.store.upsert import insert_new

ANSWER_LETTERS = 500
NO_CHANNEL = "the channel is no longer configured"


class Event(StrEnum):
    """Why a channel is told something."""

    TRIGGER = "trigger"
    REMINDER = "reminder"
    RESOLVE = "resolve"


class Outcome(StrEnum):
    """How a delivery ended."""

    SENT = "sent"
    GIVEN_UP = "given_up"
    UNDELIVERABLE = "undeliverable"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way to one channel. `id` follows from channel, outage, event and number, so nobody can
    decide one twice. `body` is the encoded message; `position` the order in which deliveries were decided, which each
    dedup key's keep; those that share a `digest` are sent as one. `answer` is what the channel said last.
    """

    id: str
    channel: str
    dedup_key: str
    event: Event
    body: str
    position: int
    digest: str | None = None
    created_at: float
    send_at: float
    attempts: int = 0
    outcome: Outcome | None = None
    done_at: float | None = None
    answer: str | None = None


class Claimed(NamedTuple):
    """What became of a claim, by id: `mine` may be sent now, `held` are others' for a while; the rest are done."""

    mine: frozenset[str]
    held: frozenset[str]


_columns = deliveries.c
_select: sa.Select[Any] = sa.select(*(_columns[name] for name in Delivery.__struct_fields__))
_unfinished = _columns.outcome.is_(None)


def add(connection: Connection, batch: Sequence[Delivery]) -> None:
    """Store deliveries as they are; one whose id is there already stays as it stands."""
    insert_new(connection, deliveries, [_row(each) for each in batch])


def _row(delivery: Delivery) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(delivery)
    return {**row, "answer": _answer(delivery)}


def _answer(delivery: Delivery) -> str | None:
    return (storable(delivery.answer) or "")[:ANSWER_LETTERS] or None


def claim(connection: Connection, ids: Collection[str], owner: str, now: float, until: float) -> Claimed:
    """Claim unfinished deliveries for `owner` until then, but those that another claimed until later than `now`."""
    given = {"_ids": list(ids), "_owner": owner, "_now": now, "_until": until}
    mine = frozenset(connection.execute(_CLAIM, given).scalars())
    if len(mine) == len(ids):
        return Claimed(mine, frozenset())
    return Claimed(mine, frozenset(connection.execute(_WANTED, {"_ids": list(ids)}).scalars()) - mine)


_wanted = _columns.id.in_(sa.bindparam("_ids", expanding=True)) & _unfinished
_own = _columns.claimed_by.is_(None) | (_columns.claimed_by == sa.bindparam("_owner", type_=sa.String))
_WANTED = sa.select(_columns.id).where(_wanted)
_CLAIM = (
    sa.update(deliveries)
    .where(_wanted & (_own | (_columns.claimed_until < sa.bindparam("_now", type_=Time))))
    .values(claimed_by=sa.bindparam("_owner", type_=sa.String), claimed_until=sa.bindparam("_until", type_=Time))
    .returning(_columns.id)
)


def record(connection: Connection, owner: str, batch: Sequence[Delivery]) -> None:
    """Write how deliveries stand after they were tried, and end the claims on them.

    One that is done, or that another has claimed since, is left alone: the other sends it again.
    """
    if batch:
        connection.execute(_RECORD, [{**_stands(each), "_id": each.id, "_owner": owner} for each in batch])


_STANDS = ("send_at", "attempts", "outcome", "done_at", "answer")
_RECORD = (
    sa.update(deliveries)
    .where((_columns.id == sa.bindparam("_id", type_=sa.String)) & _unfinished & _own)
    .values({name: sa.bindparam(name, type_=_columns[name].type) for name in _STANDS})
    .values(claimed_by=None, claimed_until=None)
)


def _stands(delivery: Delivery) -> dict[str, Any]:
    row = _row(delivery)
    return {name: row[name] for name in _STANDS}


def unfinished(connection: Connection, channel: str | None = None, limit: int = 1000) -> list[Delivery]:
    """Return what is neither sent nor given up, on one channel or on all, in the order in which it was decided."""
    pending = _unfinished if channel is None else _unfinished & (_columns.channel == channel)
    in_order = _select.where(pending).order_by(_columns.position, _columns.id)
    return load(connection, in_order.limit(limit), Delivery)


def recent(connection: Connection, since: float) -> list[Delivery]:
    """Return what was decided since (Unix seconds), done or not, in order."""
    return load(connection, _select.where(_columns.created_at >= since).order_by(_columns.position), Delivery)


def last_position(connection: Connection) -> int:
    """Return the position of the last delivery that was decided, 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(_columns.position))).scalar() or 0


def mark_undeliverable(connection: Connection, channels: Iterable[str], now: float) -> int:
    """End what is meant for a channel that is none of these; return how many there were."""
    orphaned = _unfinished & _columns.channel.not_in(list(channels))
    ended = {"outcome": Outcome.UNDELIVERABLE.value, "done_at": now, "answer": NO_CHANNEL}
    ended |= {"claimed_by": None, "claimed_until": None}
    return connection.execute(sa.update(deliveries).where(orphaned).values(**ended)).rowcount

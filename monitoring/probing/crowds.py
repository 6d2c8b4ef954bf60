"""Errors and slow operations that come in crowds: a transition when such a time begins, and one when it ends."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from monitoring.clock import HOUR_SECONDS
from monitoring.errors import spikes
from monitoring.errors.spikes import WINDOW_WORDS, Change
from monitoring.status import Status
from monitoring.store import errors, slow_operations, transitions
from monitoring.store.database import Connection
from monitoring.store.transitions import Transition, name_of

ORDER_SECONDS = 0.001
"""What lies at least between two transitions of one name, so that their times tell their order."""


class Family(msgspec.Struct, frozen=True):
    """What can come in crowds: `times(connection, since)` returns when, by its kind; `status` is that of a crowd."""

    name: str
    status: Status
    words: str
    times: Callable[[Connection, float], Mapping[str, Sequence[float]]]


ERRORS = Family("spike", Status.UNHEALTHY, "errors", errors.times)
SLOW_OPERATIONS = Family("slow", Status.DEGRADED, "slow operations", slow_operations.times)


class Crowd(msgspec.Struct, frozen=True):
    """A crowd of one kind that has begun or ended, as it was stored."""

    kind: str
    change: Change
    transition: Transition


def judge(connection: Connection, family: Family, now: float) -> list[Crowd]:
    """Store a transition for each crowd that has begun or ended since the last one stored, and return them."""
    times = family.times(connection, now - HOUR_SECONDS)
    kinds = {name_of(family.name, kind): kind for kind in times}
    stored = transitions.latest(connection, family.name)
    crowded = {name: last.at for name, last in stored.items() if last.status is not Status.HEALTHY}
    changes = spikes.judge(crowded, {name: times[kind] for name, kind in kinds.items()}, now)
    crowds = [_crowd(each, family, kinds, stored, now) for each in changes]
    transitions.add(connection, [each.transition for each in crowds])
    return crowds


def _crowd(
    change: Change, family: Family, kinds: Mapping[str, str], stored: Mapping[str, Transition], now: float
) -> Crowd:
    """Return a change whose type is the name under which it is stored."""
    words = f"{change.count} {family.words} in {WINDOW_WORDS}" if change.began else None
    status = family.status if change.began else Status.HEALTHY
    kind = kinds.get(change.type, change.type.partition("/")[2])
    return Crowd(kind, change, after(stored.get(change.type), new(change.type, status, change.at, now, words)))


def new(name: str, status: Status, at: float, now: float, words: str | None) -> Transition:
    """Return the first transition of a name; `words` say why."""
    return Transition(check=name, previous=Status.HEALTHY, status=status, at=at, confirmed_at=now, error=words)


def after(last: Transition | None, change: Transition) -> Transition:
    """Return a transition as it follows from the last one of its name."""
    if last is None:
        return change
    return replace(change, previous=last.status, at=max(change.at, last.at + ORDER_SECONDS))

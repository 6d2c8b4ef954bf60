"""Spikes: more than 10 errors of one type within 5 minutes, over all workers. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

WINDOW_SECONDS = 300.0
WINDOW_WORDS = "5 minutes"
LIMIT = 10


class Change(msgspec.Struct, frozen=True):
    """A spike of one type began, or ended, `at` Unix seconds, with `count` errors in the window by now."""

    type: str
    began: bool
    at: float
    count: int


def judge(spiking: Mapping[str, float], times: Mapping[str, Sequence[float]], now: float) -> list[Change]:
    """Return what has changed since `spiking`: the types in a spike, and since when (Unix seconds).

    `times` are those of errors by type, at least those of the window. A spike begins with its eleventh error, and
    ends when the errors in the window are eleven no longer.
    """
    changes = [_judge(kind, spiking.get(kind), sorted(times.get(kind, ())), now) for kind in {*spiking, *times}]
    return sorted((change for change in changes if change), key=lambda change: (change.at, change.type))


def _judge(kind: str, since: float | None, ordered: Sequence[float], now: float) -> Change | None:
    recent = [at for at in ordered if at > now - WINDOW_SECONDS]
    if since is None and len(recent) > LIMIT:
        return Change(kind, True, min(recent[LIMIT], now), len(recent))
    if since is not None and len(recent) <= LIMIT:
        return Change(kind, False, _ended(ordered, since, now), len(recent))
    return None


def _ended(ordered: Sequence[float], since: float, now: float) -> float:
    """Return when the eleventh newest error left the window; now, if nobody remembers it."""
    if len(ordered) <= LIMIT:
        return now
    return min(max(ordered[-LIMIT - 1] + WINDOW_SECONDS, since), now)

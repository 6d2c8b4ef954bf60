"""Outages are not stored: they are what lies between the transitions. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from monitoring.maintenance import Window, parted
from monitoring.overview.views import Outage
from monitoring.status import Status, worst_of
from monitoring.store.transitions import Transition


def outages_of(transitions: Iterable[Transition], titles: Mapping[str, str]) -> list[Outage]:
    """Return the outages that transitions (in order of check and time) describe, newest first.

    The cause is that of the first transition; `titles` maps the names of checks to what people call them.
    """
    closed: list[Outage] = []
    lasting: dict[str, Outage] = {}
    for item in transitions:
        outage = lasting.pop(item.check, None)
        if item.status in (Status.DEGRADED, Status.UNHEALTHY):
            lasting[item.check] = _begun(item, titles) if outage is None else _worsened(outage, item)
        elif outage is not None:
            closed.append(replace(outage, ended_at=item.at))
    return _newest_first([*closed, *lasting.values()])


def outside_windows(
    outages: Iterable[Outage], covering: Callable[[str], Sequence[Window]], until: float
) -> list[Outage]:
    """Return what of the outages lies outside maintenance, newest first; those that last are judged at `until`.

    `covering(check)` returns the windows in which a check is worked on. An outage that outlasts a window starts anew
    at its end; one wholly inside is none.
    """
    return _newest_first([piece for outage in outages for piece in _cut(outage, covering(outage.check), until)])


def _cut(outage: Outage, windows: Sequence[Window], until: float) -> Iterable[Outage]:
    lasts = outage.ended_at is None
    end = until if outage.ended_at is None else outage.ended_at
    if not windows or outage.started_at >= end:
        return (outage,)
    pieces, _ = parted(outage.started_at, end, windows)
    return (replace(outage, started_at=at, ended_at=None if lasts and to == end else to) for at, to in pieces)


def _newest_first(outages: Iterable[Outage]) -> list[Outage]:
    return sorted(outages, key=lambda outage: outage.started_at, reverse=True)


def _begun(item: Transition, titles: Mapping[str, str]) -> Outage:
    return Outage(item.check, titles.get(item.check, item.check), item.at, None, item.status, item.cause, item.error)


def _worsened(outage: Outage, item: Transition) -> Outage:
    return replace(outage, worst=worst_of((outage.worst, item.status)))

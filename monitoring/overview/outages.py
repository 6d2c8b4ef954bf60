"""Outages are not stored: they are what lies between the transitions. Pure."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

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
    return sorted([*closed, *lasting.values()], key=lambda outage: outage.started_at, reverse=True)


def _begun(item: Transition, titles: Mapping[str, str]) -> Outage:
    return Outage(item.check, titles.get(item.check, item.check), item.at, None, item.status, item.cause, item.error)


def _worsened(outage: Outage, item: Transition) -> Outage:
    return replace(outage, worst=worst_of((outage.worst, item.status)))

"""Incidents and maintenance that strangers may read of, over a longer time than the overview has them."""

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec
from flask import abort
from msgspec.structs import replace

from monitoring.clock import DAY_SECONDS
from monitoring.maintenance import Maintenance
from monitoring.overview.views import CheckView, Overview
from monitoring.store.incidents import Incident, Update
from monitoring.web.fresh import Fresh
from monitoring.web.verdict import public_checks

SECONDS = 90 * DAY_SECONDS
"""How far back maintenance is told."""
INCIDENTS = 50
"""How many incidents are told."""

Read = Callable[[float], tuple[Sequence[Incident], Sequence[Maintenance]]]
"""Reads the newest incidents, newest first, and the maintenance that has windows after a time (Unix seconds)."""


class Record(msgspec.Struct, frozen=True):
    """What was read, as far as it is public: incidents newest first, maintenance in the order of its start."""

    incidents: tuple[Incident, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """A record under the overview it was read for. `record` is the same object until something in it changes."""

    overview: Overview
    record: Record


class Archive:
    """Keeps what `read` returned; it is asked again where the overview is another one, and may raise."""

    def __init__(self, overview: Callable[[], Overview], read: Read) -> None:
        self._overview, self._read = overview, read
        self._told: Fresh[Told | None] = Fresh(self._made, self._aged, empty=None)

    def told(self) -> Told:
        """Return what there is to tell; 503 where nothing could be read yet."""
        told = self._told.get()
        if told is None:
            abort(503, "Incidents and maintenance cannot be read at the moment.")
        return told

    def _made(self, last: Told | None) -> Told:
        overview = self._overview()
        if last is not None and last.overview is overview:
            return last
        incidents, maintenances = self._read(overview.judged_at - SECONDS)
        checks = public_checks(overview)
        record = Record(published_incidents(incidents, checks), _published_maintenances(maintenances, checks))
        return Told(overview, last.record if last is not None and last.record == record else record)

    def _aged(self, last: Told | None) -> Told | None:
        """Return what was read last under the overview of now, which knows how old it is."""
        return None if last is None else Told(self._overview(), last.record)


def published_incidents(incidents: Iterable[Incident], public: Sequence[CheckView]) -> tuple[Incident, ...]:
    """Return the incidents that are told to strangers, with the public checks they are about.

    What the machine wrote of checks that are not public, or no longer, is not told; what a person wrote is, but for
    updates in which nothing was said, such as another title.
    """
    names = {check.settings.name for check in public}
    bare = (_published(each, names) for each in incidents)
    return tuple(each for each in bare if each.checks or each.opened_by is not None)


def _published(incident: Incident, names: Collection[str]) -> Incident:
    checks = tuple(each for each in incident.checks if each.check in names)
    return replace(incident, checks=checks, updates=_telling(incident.updates))


def _telling(updates: Sequence[Update]) -> tuple[Update, ...]:
    """Return the updates that say something or change the stage."""
    before = (*(each.stage for each in updates[1:]), None)
    return tuple(each for each, stage in zip(updates, before, strict=True) if each.body or each.stage != stage)


def concerns(maintenance: Maintenance, public: Sequence[CheckView]) -> bool:
    """Return whether a maintenance touches anything that strangers know of."""
    return any(maintenance.covers(check.settings.name, check.settings.group) for check in public)


def _published_maintenances(
    maintenances: Iterable[Maintenance], public: Sequence[CheckView]
) -> tuple[Maintenance, ...]:
    told = (each for each in maintenances if concerns(each, public))
    return tuple(sorted(told, key=lambda each: (each.starts_at, each.id)))

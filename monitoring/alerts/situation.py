"""What deciding who is told needs to know besides what has changed: plain values, gathered by the desk."""

from collections.abc import Mapping, Sequence

import msgspec

from monitoring.alerts.rules import Rule
from monitoring.alerts.subject import Subject, subject_of
from monitoring.status import Status

__all__ = ["Situation", "Standing", "Subject"]


class Standing(msgspec.Struct, frozen=True):
    """How a check stands: its confirmed status, and whether results that contradict it are being looked into."""

    status: Status
    suspected: bool = False


class Planned(msgspec.Struct, frozen=True):
    """Planned work as it stands at one moment: the names of the checks that are being worked on, and when it last
    ended for those that were (Unix seconds).
    """

    in_maintenance: frozenset[str] = frozenset()
    ended_at: Mapping[str, float] = {}


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that stands still while one decision is made; `now` is Unix seconds.

    `subjects` are the configured checks by name; `standings` how they stand; `in_maintenance` the names of those that
    are being worked on, `maintenance_ended_at` when that last ended for those that were (Unix seconds); `channels` the
    names of the configured channels; `rules` who wants to be told what; `keyless` the checks whose outages have no
    start in their dedup key (the store's own); `origin` begins every key.
    """

    now: float
    subjects: Mapping[str, Subject]
    standings: Mapping[str, Standing]
    in_maintenance: frozenset[str] = frozenset()
    maintenance_ended_at: Mapping[str, float] = {}
    channels: Sequence[str]
    rules: Sequence[Rule]
    keyless: frozenset[str] = frozenset()
    origin: str = "daymark"

    def subject(self, name: str) -> Subject:
        """Return the subject of that name; one made from the name where no check has it."""
        return self.subjects.get(name) or subject_of(name)

    def standing(self, check: str) -> Standing:
        """Return how a check stands; unknown where nobody looks at it."""
        return self.standings.get(check, _UNSEEN)

    def watches(self, name: str) -> bool:
        """Return whether a state of that name can still change: it is no check, or one that somebody looks at."""
        return "/" in name or name in self.subjects or name in self.standings


_UNSEEN = Standing(Status.UNKNOWN)

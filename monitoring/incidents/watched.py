"""What is known of the checks while their outages are made incidents of."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import msgspec

from monitoring.status import Status, mildest_of


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One check, as its settings have it; `parents` are the names of those it depends on."""

    title: str
    public: bool = True
    parents: tuple[str, ...] = ()
    impact: Literal["unhealthy", "degraded"] = "unhealthy"

    def weight(self, status: Status) -> Status:
        """Return how bad `status` of this check is for the whole: at most its impact."""
        return mildest_of((status, Status(self.impact)))


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """All checks by name, the names of those that are down now (their state is `unhealthy`), and whether a check was
    being worked on as planned at a time (Unix seconds).
    """

    subjects: Mapping[str, Subject]
    in_maintenance: Callable[[str, float], bool]
    down: frozenset[str] = frozenset()

    def ancestors(self, check: str) -> set[str]:
        """Return the names of the checks that a check depends on, and of those that these depend on."""
        found: set[str] = set()
        waiting = [check]
        while waiting:
            subject = self.subjects.get(waiting.pop())
            new = set(subject.parents) - found - {check} if subject else set()
            found |= new
            waiting += new
        return found

    def planned(self, check: str, at: float) -> bool:
        """Return whether planned work explains that a check failed `at`: on itself, or on what is down below it."""
        below = self.ancestors(check) & self.down
        return any(self.in_maintenance(name, at) for name in (check, *sorted(below)))

    def mostly_down(self, further: Collection[str]) -> bool:
        """Return whether more than half of the public checks are down, those of `further` counted among them."""
        public = {name for name, subject in self.subjects.items() if subject.public}
        return len(public & {*self.down, *further}) * 2 > len(public)

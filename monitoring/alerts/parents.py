"""What the checks that a check depends on mean for telling of it. Pure."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from monitoring.alerts.changes import Changes
from monitoring.alerts.situation import Situation
from monitoring.status import Status

SUSPICION_SECONDS = 1.0
"""Nothing says that a suspicion was refuted, so it is looked at again that soon."""
HOLD_SECONDS = 5.0
"""What else is held back is looked at again after this time, should nothing happen before."""


class Parents:
    """Who depends on whom, and who is down: a check whose parent is down is not told of by itself."""

    def __init__(self, situation: Situation, changes: Changes) -> None:
        self._situation = situation
        self._changes = changes
        self._releases: dict[tuple[str, float], float] = {}

    def not_before(self, check: str, at: float) -> float:
        """Return when a check may be told of, as seen at `at` (Unix seconds): later while a parent is down or
        suspected, or was down so shortly ago that the check's own recovery may not have been noticed yet.
        """
        if (check, at) not in self._releases:
            settle_seconds = self._situation.subject(check).settle_seconds
            releases = (self._releases_at(each, settle_seconds, at) for each in _reached(self._parents, check))
            self._releases[check, at] = max(releases, default=-math.inf)
        return self._releases[check, at]

    def affected(self, check: str) -> list[str]:
        """Return the names of the checks that depend on a check and fail as well, confirmed or not."""
        return [name for name in _reached(self._children, check) if self._fails(name)]

    def _releases_at(self, parent: str, settle_seconds: float, at: float) -> float:
        if self._is_down(parent, at):
            return at + HOLD_SECONDS
        if self._situation.standing(parent).suspected:
            return at + SUSPICION_SECONDS
        recovered_at = self._changes.recovered_at(parent, at)
        return -math.inf if recovered_at is None else recovered_at + settle_seconds

    def _is_down(self, check: str, at: float) -> bool:
        """Return whether a check was down; now, it is until both its standing and its last change deny it."""
        changed, standing = self._changes.status_at(check, at), self._situation.standing(check).status
        if at < self._situation.now:
            return (changed or standing) is Status.UNHEALTHY
        return Status.UNHEALTHY in (changed, standing)

    def _fails(self, check: str) -> bool:
        standing = self._situation.standing(check)
        return standing.suspected or standing.status.severity > 0

    @cached_property
    def _parents(self) -> Mapping[str, Sequence[str]]:
        return {name: subject.parents for name, subject in self._situation.subjects.items()}

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        children = defaultdict(list)
        for name, parents in self._parents.items():
            for parent in parents:
                children[parent].append(name)
        return children


def _reached(edges: Mapping[str, Sequence[str]], start: str) -> tuple[str, ...]:
    """Return everything that can be reached from `start`, the nearest first, and not itself."""
    found, waiting = {start}, [start]
    for name in waiting:
        new = [each for each in dict.fromkeys(edges.get(name, ())) if each not in found]
        found.update(new)
        waiting += new
    return tuple(waiting[1:])

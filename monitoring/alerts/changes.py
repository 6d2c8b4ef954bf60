"""How states have changed of late. Pure."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable
from math import inf

from monitoring.status import Status
from monitoring.store.transitions import Transition

FLAPPING_CHANGES = 4
FLAPPING_SECONDS = 900.0
CALM_SECONDS = 1800.0


class Changes:
    """The changes of every check, those that were known and those that are new, in order of their confirmation.

    `known` are those of at least the last 30 minutes before `now` (Unix seconds). What changes to unknown says nothing;
    what is known, or older than that and than the last of its check, was decided about before: `fresh` has neither.
    """

    def __init__(self, known: Iterable[Transition], new: Iterable[Transition], now: float) -> None:
        self._of_check: dict[str, list[Transition]] = defaultdict(list)
        self._keys: set[str] = set()
        self._old_at = now - CALM_SECONDS
        for change in known:
            self._add(change)
        self.fresh = [change for change in sorted(new, key=_order) if self._add(change)]

    def _add(self, change: Transition) -> bool:
        mine = self._of_check[change.check]
        if change.key in self._keys or change.status is Status.UNKNOWN or self._is_old(change, mine):
            return False
        self._keys.add(change.key)
        insort(mine, change, key=_order)
        return True

    def _is_old(self, change: Transition, mine: list[Transition]) -> bool:
        """Return whether it is too old to be remembered, and its check has changed since.

        What is remembered would tell if it were not new, so a clock that was set back makes no change old.
        """
        return bool(mine) and change.confirmed_at < min(self._old_at, mine[-1].confirmed_at)

    def status_at(self, check: str, at: float) -> Status | None:
        """Return what was confirmed of a check by then (Unix seconds); None where no change says it."""
        mine = self._of_check.get(check, [])
        count = bisect_right(mine, at, key=_confirmed)
        if count:
            return mine[count - 1].status
        return mine[0].previous if mine else None

    def recovered_at(self, check: str, at: float) -> float | None:
        """Return when, by then, it was last confirmed that a check is not down any more; None where nobody knows."""
        mine = self._of_check.get(check, [])
        past = mine[: bisect_right(mine, at, key=_confirmed)]
        return next((each.confirmed_at for each in reversed(past) if each.previous is Status.UNHEALTHY), None)

    def flaps(self, check: str, at: float, since: float = -inf) -> bool:
        """Return whether a check that changed just then has changed 4 times within 15 minutes, and since `since`.

        That it became known is no change.
        """
        mine = self._of_check.get(check, [])
        first = bisect_left(mine, max(at - FLAPPING_SECONDS, since), key=_confirmed)
        late = mine[first : bisect_right(mine, at, key=_confirmed)]
        return sum(each.previous is not Status.UNKNOWN for each in late) >= FLAPPING_CHANGES

    def first_of_outage(self, change: Transition) -> Transition:
        """Return the change with which the outage that `change` belongs to began, or the first that is remembered."""
        mine = self._of_check[change.check]
        position = bisect_left(mine, _order(change), key=_order)
        while position and _goes_on(mine[position - 1], mine[position]):
            position -= 1
        return mine[position]


def _goes_on(one: Transition, following: Transition) -> bool:
    return one.status is not Status.HEALTHY and following.previous not in (Status.HEALTHY, Status.UNKNOWN)


def _confirmed(change: Transition) -> float:
    return change.confirmed_at


def _order(change: Transition) -> tuple[float, float]:
    return change.confirmed_at, change.at

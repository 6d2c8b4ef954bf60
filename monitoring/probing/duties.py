"""What the leader does besides probing: it judges errors and budgets, and keeps the books of what was measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from monitoring import clock, correlation
from monitoring.clock import HOUR_SECONDS, day_of
from monitoring.costs import Budget
from monitoring.errors import spikes
from monitoring.errors.spikes import WINDOW_WORDS, Change
from monitoring.logs import log
from monitoring.status import Status
from monitoring.store import costs, errors, leases, transitions
from monitoring.store.database import Connection, Database, StoreError
from monitoring.store.leases import Deposed
from monitoring.store.metrics import merge_closed_hours
from monitoring.store.transitions import Transition, name_of

SPIKES_SECONDS = 10
BOOKS_SECONDS = 60
TURNS = 20
"""Turns of book-keeping at a time: a long backlog is worked off over several minutes."""
ORDER_SECONDS = 0.001
"""What lies at least between two transitions of one name, so that their times tell their order."""

Increment = Callable[[str, float, Mapping[str, str]], object]


def _ignore(_name: str, _value: float, _tags: Mapping[str, str]) -> None:
    """Count nothing."""


class Duties:
    """One leader's duties, under its fence; its scheduler calls `judge_spikes` every 10 s and `keep_books` every 60 s.

    Neither raises. What was judged is derived anew from the last stored transition, so a new leader goes on where the
    last one was; one that has been deposed writes nothing. `increment(name, value, tags)` counts.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        fence: int,
        budgets: Sequence[Budget] = (),
        increment: Increment = _ignore,
    ) -> None:
        self._database, self._owner, self._fence, self._budgets = database, owner, fence, budgets
        self._increment = increment
        self._away = False

    def judge_spikes(self) -> None:
        """Store a transition of `spike/<type>` for each spike that has begun or ended, and say so."""
        self._do(self._judge_spikes)

    def keep_books(self) -> None:
        """Merge closed hours, fold the costs of past days, and judge the budgets."""
        self._do(self._merge, self._fold, self._judge_budgets)

    def _do(self, *steps: Callable[[float], None]) -> None:
        with correlation.bind():
            try:
                for step in steps:
                    step(clock.now())
                self._away = False
            except Deposed:
                log.debug("The duties are another leader's by now", owner=self._owner)
            except StoreError as error:
                self._say_away(error)
            except Exception:  # noqa: BLE001 - a fault of ours must not end the leader's other duties
                log.error("The leader's duties could not be done", exc_info=True)

    @contextmanager
    def _leading(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that only this leader writes; Deposed, or any of StoreError."""
        with self._database.write() as connection:
            leases.assert_held(connection, self._owner, self._fence)
            yield connection

    def _judge_spikes(self, now: float) -> None:
        with self._leading() as connection:
            times = errors.times(connection, now - HOUR_SECONDS)
            kinds = {name_of("spike", kind): kind for kind in times}
            stored = transitions.latest(connection, "spike")
            spiking = {name: last.at for name, last in stored.items() if last.status is Status.UNHEALTHY}
            changes = spikes.judge(spiking, {name: times[kind] for name, kind in kinds.items()}, now)
            transitions.add(connection, [_after(stored.get(each.type), _of_spike(each, now)) for each in changes])
        for change in changes:
            self._tell(change, kinds.get(change.type, change.type.partition("/")[2]))

    def _tell(self, change: Change, kind: str) -> None:
        said = {"error_type": kind, "count": change.count, "time_window": WINDOW_WORDS}
        if change.began:
            log.error("Error spike detected", said)
            self._increment("errors.spike_detected", 1, {"type": kind})
        else:
            log.info("Error spike ended", said)

    def _merge(self, now: float) -> None:
        self._in_turns(lambda connection: merge_closed_hours(connection, now))

    def _fold(self, now: float) -> None:
        self._in_turns(lambda connection: costs.fold(connection, now))

    def _in_turns(self, turn: Callable[[Connection], bool]) -> None:
        """Take turns until there is no more to do; each is a short transaction, between which others write."""
        for _ in range(TURNS):
            with self._leading() as connection:
                more = turn(connection)
            if not more:
                return

    def _judge_budgets(self, now: float) -> None:
        if not self._budgets:
            return
        with self._leading() as connection:
            stored = transitions.latest(connection, "budget")
            judged = [self._judge(connection, budget, stored, now) for budget in self._budgets]
            changed = [change for change in judged if change]
            transitions.add(connection, changed)
        for change in changed:
            log.warn("A budget's state has changed", budget=change.check, status=change.status, error=change.error)

    def _judge(
        self, connection: Connection, budget: Budget, stored: Mapping[str, Transition], now: float
    ) -> Transition | None:
        day = day_of(now)
        today = costs.spent(connection, budget.provider, day, day)
        this_month = costs.spent(connection, budget.provider, f"{day[:8]}01", day)
        name, status = name_of("budget", budget.provider), budget.judge(today, this_month)
        last = stored.get(name)
        if status is (last.status if last else Status.HEALTHY):
            return None
        words = None if status is Status.HEALTHY else budget.words(today, this_month)
        return _after(last, _new(name, status, now, now, words))

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            log.warn("The leader's duties wait: the store does not answer", error=str(error))
        self._away = True


def _of_spike(change: Change, now: float) -> Transition:
    """Return the transition of a change whose type is the name under which it is stored."""
    if change.began:
        return _new(change.type, Status.UNHEALTHY, change.at, now, f"{change.count} errors in {WINDOW_WORDS}")
    return _new(change.type, Status.HEALTHY, change.at, now, None)


def _new(name: str, status: Status, at: float, now: float, words: str | None) -> Transition:
    return Transition(check=name, previous=Status.HEALTHY, status=status, at=at, confirmed_at=now, error=words)


def _after(last: Transition | None, change: Transition) -> Transition:
    """Return a transition as it follows from the last one of its name."""
    if last is None:
        return change
    return replace(change, previous=last.status, at=max(change.at, last.at + ORDER_SECONDS))

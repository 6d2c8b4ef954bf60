"""What the leader does besides probing: it judges errors and budgets, and keeps the books of what was measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from monitoring import clock, correlation
from monitoring.clock import day_of
from monitoring.costs import Budget
from monitoring.errors.spikes import WINDOW_WORDS
from monitoring.logs import log
from monitoring.probing import crowds
from monitoring.probing.crowds import after, new
from monitoring.probing.leader import Tenure
from monitoring.status import Status
from monitoring.store import costs, leases, transitions
from monitoring.store.database import Connection, Database, StoreError
from monitoring.store.leases import Deposed
from monitoring.store.metrics import merge_closed_hours
from monitoring.store.transitions import Transition, name_of

SPIKES_SECONDS = 10
BOOKS_SECONDS = 60
TURNS = 20
"""Turns of book-keeping at a time: a long backlog is worked off over several minutes."""
TAKEOVER = name_of("leader", "takeover")
SETTLED_SECONDS = 60.0
"""How long a leader that replaced a silent one must lead until that is over."""

Increment = Callable[[str, float, Mapping[str, str]], object]


class Duties:
    """One leader's duties, in its tenure; its scheduler calls `judge_spikes` every 10 s and `keep_books` every 60 s.

    Neither raises. What was judged is derived anew from the last stored transition, so a new leader goes on where the
    last one was; one that has been deposed writes nothing. `increment(name, value, tags)` counts; `on_stored()` is
    called when there are new transitions.
    """

    def __init__(
        self,
        database: Database,
        tenure: Tenure,
        budgets: Sequence[Budget] = (),
        increment: Increment = lambda *_: None,
        on_stored: Callable[[], object] = lambda: None,
    ) -> None:
        self._database, self._tenure, self._budgets = database, tenure, budgets
        self._increment, self._on_stored = increment, on_stored
        self._away = False

    def judge_spikes(self) -> None:
        """Store a transition of `spike/<type>` or `slow/<name>` for each crowd that has begun or ended, and say so."""
        self._do(self._judge_errors, self._judge_operations)

    def keep_books(self) -> None:
        """Merge closed hours, fold the costs of past days, judge the budgets, and tell of a takeover."""
        self._do(self._judge_takeover, self._merge, self._fold, self._judge_budgets)

    def do(self, step: Callable[[Connection, float], object]) -> None:
        """Have something further done under the fence: `step(connection, now)`, in a transaction of its own."""

        def in_store(now: float) -> None:
            with self._leading() as connection:
                step(connection, now)

        self._do(in_store)

    def _do(self, *steps: Callable[[float], None]) -> None:
        with correlation.bind():
            try:
                for step in steps:
                    step(clock.now())
                self._away = False
            except Deposed:
                log.debug("The duties are another leader's by now", owner=self._tenure.owner)
            except StoreError as error:
                self._say_away(error)
            except Exception:  # noqa: BLE001 - a fault of ours must not end the leader's other duties
                log.error("The leader's duties could not be done", exc_info=True)

    @contextmanager
    def _leading(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that only this leader writes; Deposed, or any of StoreError."""
        with self._database.write() as connection:
            leases.assert_held(connection, self._tenure.owner, self._tenure.fence)
            yield connection

    def _judge_errors(self, now: float) -> None:
        for crowd in self._crowds(crowds.ERRORS, now):
            said = {"error_type": crowd.kind, "count": crowd.change.count, "time_window": WINDOW_WORDS}
            if crowd.change.began:
                log.error("Error spike detected", said)
                self._increment("errors.spike_detected", 1, {"type": crowd.kind})
            else:
                log.info("Error spike ended", said)

    def _judge_operations(self, now: float) -> None:
        for crowd in self._crowds(crowds.SLOW_OPERATIONS, now):
            words = "An operation has become slow" if crowd.change.began else "An operation is no longer slow"
            log.warn(words, operation=crowd.kind, count=crowd.change.count, time_window=WINDOW_WORDS)

    def _crowds(self, family: crowds.Family, now: float) -> list[crowds.Crowd]:
        with self._leading() as connection:
            found = crowds.judge(connection, family, now)
        if found:
            self._on_stored()
        return found

    def _judge_takeover(self, now: float) -> None:
        """Store a transition that another leader was replaced without having stepped down, and its end."""
        with self._leading() as connection:
            last = transitions.latest(connection, "leader").get(TAKEOVER)
            change = _takeover(last, self._tenure.took_over_at, now)
            if change is not None:
                transitions.add(connection, [after(last, change)])
        if change is not None:
            self._on_stored()

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
        with self._leading() as connection:
            stored = transitions.latest(connection, "budget")
            judged = [self._judge(connection, budget, stored, now) for budget in self._budgets]
            changed = [*(change for change in judged if change), *self._unlimited(stored, now)]
            transitions.add(connection, changed)
        if changed:
            self._on_stored()
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
        return after(last, new(name, status, now, now, words))

    def _unlimited(self, stored: Mapping[str, Transition], now: float) -> list[Transition]:
        """Return the end of what is said of budgets that the settings have no more."""
        limited = {name_of("budget", budget.provider) for budget in self._budgets}
        over = [last for name, last in stored.items() if name not in limited and last.status is not Status.HEALTHY]
        return [after(last, new(last.check, Status.HEALTHY, now, now, None)) for last in over]

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            log.warn("The leader's duties wait: the store does not answer", error=str(error))
        self._away = True


def _takeover(last: Transition | None, at: float | None, now: float) -> Transition | None:
    """Return what is to be said of a takeover at `at`: that it happened, and later that the new leader has stayed."""
    told = last is not None and at is not None and last.confirmed_at >= at
    if at is not None and not told:
        return new(TAKEOVER, Status.DEGRADED, at, now, "the leader stopped answering, and another process leads")
    if last is not None and last.status is Status.DEGRADED and now - last.at >= SETTLED_SECONDS:
        return new(TAKEOVER, Status.HEALTHY, now, now, None)
    return None

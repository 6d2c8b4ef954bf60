"""The leader's desk: it reads what has changed, decides who is told what, and stores that before it is sent."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from monitoring import clock, correlation
from monitoring.alerts.deciding import Decision, Past, decide, orphan_resolves
from monitoring.alerts.dispatch import Dispatch
from monitoring.alerts.memory import Memory, with_runs
from monitoring.alerts.noticed import Noticed
from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Planned, Situation, Standing, Subject
from monitoring.logs import log
from monitoring.store import alerts, deliveries, transitions
from monitoring.store.alerts import CHANGES_LIMIT, Numbered
from monitoring.store.database import Connection, StoreError
from monitoring.store.deliveries import Delivery, Outcome
from monitoring.store.leases import Deposed
from monitoring.store.transitions import Transition

PATIENCE_SECONDS = 2.0
"""How long a change may be on its way to the store before it is decided about without."""
LOOK_SECONDS = 10.0
RETRY_SECONDS = 2.0
BREATH_SECONDS = 0.1
SEND_SECONDS = 2.0


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings say: see `Situation`, which has it all besides how things stand."""

    subjects: Mapping[str, Subject]
    rules: Sequence[Rule]
    channels: Sequence[str]
    keyless: frozenset[str] = frozenset()
    origin: str = "daymark"


class Desk:
    """Decides, in a thread of its own, for as long as the mandate of `dispatch` lasts, which sends what was decided.

    `standings()` tells how the checks stand, `planned(now)` which of them are being worked on;
    neither asks the store or raises. `after_gap` names the keyless checks that nobody has asked for a while: who led
    before may have told of them, and the memory of it is gone. While the store is away, the desk decides from memory.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        briefing: Briefing,
        standings: Callable[[], Mapping[str, Standing]],
        planned: Callable[[float], Planned],
        after_gap: frozenset[str] = frozenset(),
    ) -> None:
        self._dispatch, self._mandate, self._briefing = dispatch, dispatch.mandate, briefing
        self._standings, self._planned = standings, planned
        self._line = dispatch.line
        self._noticed = Noticed()
        self._memory = Memory(max((each.settle_seconds for each in briefing.subjects.values()), default=0.0))
        self._orphaned, self._began_at = after_gap, clock.now()
        self._lasting: Sequence[Transition] = ()
        self._begins, self._next_at = True, 0.0
        self._patience_seconds = PATIENCE_SECONDS
        self._ended = self._failed = False
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="daymark-desk", daemon=True)

    def load(self, connection: Connection) -> None:
        """Read where the last leader left off, and since when it has been as it is, before `start`."""
        self._memory.load(connection, clock.now())
        wrong = {name for name, standing in self._standings().items() if standing.status.severity > 0}
        told = {alert.check for alert in self._memory.past.alerts}
        self._lasting = list(transitions.last(connection, wrong | told).values()) if wrong | told else []
        self._dispatch.put(self._dispatch.load(connection), stored=True)

    def start(self) -> None:
        """Start the threads of the desk and of the channels."""
        self._dispatch.start()
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Decide what has been noticed, if that can be done in time; then send for at most 2 s, and end the threads."""
        self._stopping.set()
        self._wake.set()
        self._join(timeout_seconds)
        self._dispatch.stop(SEND_SECONDS)

    def abandon(self) -> None:
        """End the threads, without deciding or sending anything more: another process leads."""
        self._ended = True
        self._wake.set()
        self._dispatch.abandon()

    def notice(self, transition: Transition, correlation_id: str | None) -> None:
        """Take note of a change that was judged just now, before it is handed to the store; never blocks."""
        self._noticed.add(transition, correlation_id)
        self._wake.set()

    def stored(self) -> None:
        """Say that the store has got changes."""
        self._wake.set()

    def wake(self) -> None:
        """Have the desk look whether there is anything to decide."""
        self._wake.set()

    def _join(self, timeout_seconds: float) -> None:
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(self._pause())
            self._wake.clear()
            if self._ended:
                break
            last = self._stopping.is_set()
            if last:
                self._patience_seconds = 0.0
            with correlation.bind():
                self._guarded_turn()
            if last:
                return
        self._hand_over()

    def _hand_over(self) -> None:
        """Leave what was told without the store to the leader whom the store has now, who will tell of its end."""
        told = [each for each in self._memory.unsaved() if each.told_at is not None and each.closed_at is None]
        try:
            if told:
                with self._mandate.database.write() as connection:
                    alerts.add_new(connection, told)
        except StoreError as error:
            log.warn("Nobody may hear the end of what was told without the store", error=str(error), alerts=len(told))

    def _pause(self) -> float:
        if self._failed:
            return LOOK_SECONDS
        waits = [RETRY_SECONDS if self._line.away else LOOK_SECONDS, self._next_at - clock.now()]
        waited = self._noticed.oldest_seconds()
        if waited is not None:
            waits.append(self._patience_seconds - waited)
        return max(BREATH_SECONDS, min(waits))

    def _guarded_turn(self) -> None:
        try:
            self.turn()
            self._failed = False
        except Deposed:
            log.debug("The desk is another leader's by now", claimant=self._mandate.claimant)
            self.abandon()
        except Exception:  # noqa: BLE001 - a fault of ours must not end the thread that tells people
            self._failed = True
            log.error("It could not be decided who is told what", exc_info=True)

    def turn(self) -> None:
        """Decide what there is to decide; one step of the thread. Deposed where another process leads."""
        try:
            if self._line.away:
                self._decide_from_memory()
                self._catch_up()
            self._decide_from_store()
        except StoreError as error:
            self._line.lost(error)
            self._decide_from_memory()

    def _decide_from_store(self) -> None:
        with self._mandate.database.read() as connection:
            rows = alerts.after(connection, self._memory.number)
        early = self._overdue()
        if rows or early or self._is_due(clock.now()):
            self._decide_and_save(rows, early)
        if len(rows) == CHANGES_LIMIT:
            self._wake.set()

    def _decide_and_save(self, rows: Sequence[Numbered], early: Sequence[Transition]) -> None:
        fresh = self._memory.fresh(rows, early)
        with self._mandate.write() as connection:
            past = self._memory.read(connection, clock.now())
            decision = self._with_orphans(past, self._decide(past, fresh))
            self._save(connection, decision, rows)
        self._begins = False
        self._follow(past, fresh, decision)
        self._memory.decided_early(early)
        self._memory.passed(rows)
        self._noticed.forget([*early, *(each.transition for each in rows)])
        self._dispatch.put(decision.deliveries, stored=True)

    def _save(self, connection: Connection, decision: Decision, rows: Sequence[Numbered]) -> None:
        if self._begins:
            deliveries.mark_undeliverable(connection, self._briefing.channels, clock.now())
        alerts.save(connection, decision.alerts, decision.deliveries)
        if rows:
            alerts.move_cursor(connection, rows[-1].number)

    def _decide_from_memory(self) -> None:
        early = self._overdue()
        if not early and not self._is_due(clock.now()):
            return
        past, fresh = self._memory.past, self._memory.fresh((), early)
        decision = self._decide(past, fresh)
        self._follow(past, fresh, decision)
        self._memory.keep(decision.alerts)
        self._memory.decided_early(early)
        self._noticed.forget(early)
        self._dispatch.put(decision.deliveries, stored=False)

    def _catch_up(self) -> None:
        """Write what was decided without the store, and take up what it has that nobody here knows of."""
        changed, unsaved = self._memory.unsaved(), self._dispatch.unsaved()
        with self._mandate.write() as connection:
            alerts.save(connection, changed)
            self._dispatch.save(connection, unsaved)
            known, number = self._dispatch.load(connection), alerts.cursor(connection, clock.now())
        self._memory.saved(number)
        self._dispatch.put(known, stored=True)
        self._line.found()
        self._dispatch.saved(unsaved)

    def _decide(self, past: Past, fresh: Sequence[Transition]) -> Decision:
        situation = self._situation()
        taken = self._with_lasting(past, fresh, situation) if self._begins else (past, fresh)
        decision = with_runs(decide(*taken, situation), self._noticed.runs_of(fresh))
        return replace(decision, deliveries=tuple(self._addressed(each, situation.now) for each in decision.deliveries))

    def _with_lasting(
        self, past: Past, fresh: Sequence[Transition], situation: Situation
    ) -> tuple[Past, Sequence[Transition]]:
        """Make news of how things stand: a channel may be new, an end may have been missed.

        Whoever has been told is not told again.
        """
        lasting = [each for each in self._lasting if situation.standing(each.check).status is each.status]
        keys = {each.key for each in lasting}
        known = [each for each in past.changes if each.key not in keys]
        return replace(past, changes=known), [*lasting, *fresh]

    def _with_orphans(self, past: Past, decision: Decision) -> Decision:
        """Add the resolves of what a leader whose memory is gone may have told of: what no alert is known of."""
        if not self._begins:
            return decision
        said = list(decision.deliveries)
        for check in sorted(self._orphaned - {each.check for each in [*past.alerts, *decision.alerts]}):
            said += orphan_resolves(self._situation(), check, self._began_at, past.position + len(said))
        return replace(decision, deliveries=tuple(said))

    def _addressed(self, delivery: Delivery, now: float) -> Delivery:
        if delivery.channel in self._briefing.channels:
            return delivery
        return replace(delivery, outcome=Outcome.UNDELIVERABLE, done_at=now, answer=deliveries.NO_CHANNEL)

    def _situation(self) -> Situation:
        now, known = clock.now(), msgspec.structs.asdict(self._briefing)
        planned = self._planned(now)
        return Situation(
            now=now,
            standings=self._standings(),
            in_maintenance=planned.in_maintenance,
            maintenance_ended_at=planned.ended_at,
            **known,
        )

    def _overdue(self) -> list[Transition]:
        return self._noticed.older_than(self._patience_seconds)

    def _is_due(self, now: float) -> bool:
        return now >= self._next_at

    def _follow(self, past: Past, fresh: Sequence[Transition], decision: Decision) -> None:
        self._memory.decided(past, fresh, decision, clock.now())
        self._next_at = math.inf if decision.next_at is None else decision.next_at

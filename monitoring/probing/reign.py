"""What exists only while this process leads: probing, judging, storing, telling, and the order in which it ends."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitoring import clock, correlation, errors
from monitoring.alerts.deadman import Deadman
from monitoring.alerts.desk import Desk
from monitoring.alerts.dispatch import Dispatch
from monitoring.costs import Budget
from monitoring.health.check import Check, NetworkCheck
from monitoring.health.runner import Runner
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.probing.batch import Batch
from monitoring.probing.cycle import Cycle
from monitoring.probing.duties import BOOKS_SECONDS, SPIKES_SECONDS, Duties
from monitoring.probing.engine import Engine
from monitoring.probing.leader import Tenure
from monitoring.probing.plans import REFRESH_SECONDS, Plans
from monitoring.probing.reporter import Reporter
from monitoring.probing.schedule import Schedule
from monitoring.probing.telling import Telling
from monitoring.probing.writer import Writer
from monitoring.store import states
from monitoring.store.database import Database
from monitoring.store.states import StoredState

TICK_SECONDS = 0.2
REPORT_SECONDS = 60
WHOLE_SECONDS = 10
WINDOWS_SECONDS = 10
PRUNE_SECONDS = 3600
DRAIN_SECONDS = 2.0
FLUSH_SECONDS = 4.0
DECIDE_SECONDS = 1.0


class Realm(msgspec.Struct, frozen=True, kw_only=True):
    """What a leader leads, whoever it is: the store, the checks, and what the settings say of them."""

    database: Database
    checks: Callable[[], Sequence[Check[Any]]]
    connectivity: NetworkCheck[Any] | None = None
    budgets: Sequence[Budget] = ()
    telling: Telling = Telling()


class Reign:
    """One tenure. `lost()` is called when another process turns out to lead; any of StoreError at the beginning."""

    def __init__(self, realm: Realm, tenure: Tenure, lost: Callable[[], None]) -> None:
        database, checks = realm.database, realm.checks()
        realm.telling.prepare()
        self._plans = Plans(database, checks)
        self._plans.refresh()
        with database.read() as connection:
            stored = states.load(connection)
            self.cycle = Cycle(checks, stored, self._submit, self._notice)
            self.desk = self._new_desk(realm, tenure, checks, stored)
            self.desk.load(connection)
        self._reporter = Reporter(checks, self._plans, self.cycle.statuses)
        batches = partial(Batch, self._plans.windows, self._reporter.react)
        self.writer = Writer(database, tenure, lost, self.desk.stored, batches)
        self.runner = Runner()
        schedule = Schedule(checks, clock.monotonic())
        self.engine = Engine(checks, self.cycle, schedule, self.runner, realm.connectivity)
        self._duties = Duties(database, tenure, realm.budgets, metrics.increment, self.desk.stored)
        self._deadman = Deadman(realm.telling.deadman_url) if realm.telling.deadman_url else None
        self._scheduler = _scheduler()

    def start(self, tick: Callable[[], None]) -> None:
        """Start the threads; `tick` is called five times a second."""
        self.writer.start()
        self.desk.start()
        if self._deadman is not None:
            self._deadman.start()
        for job, seconds in self._jobs(tick):
            self._scheduler.add_job(job, "interval", seconds=seconds)
        errors.watch_scheduler(self._scheduler)
        self._scheduler.start()
        self.writer.prune()

    def end(self) -> None:
        """Finish what can be finished: probes in flight, what waits to be stored, what is still to be told."""
        self._quiet()
        self.engine.wait_until_idle(DRAIN_SECONDS)
        self.writer.stop(FLUSH_SECONDS)
        self.desk.stop(DECIDE_SECONDS)
        self.runner.stop()

    def abandon(self) -> None:
        """End at once, storing and telling nothing more: another process leads."""
        self._quiet()
        self.desk.abandon()
        self.writer.abandon()
        self.runner.stop()

    def _new_desk(
        self, realm: Realm, tenure: Tenure, checks: Sequence[Check[Any]], stored: Sequence[StoredState]
    ) -> Desk:
        telling = realm.telling
        dispatch = Dispatch(realm.database, list(telling.channels.values()), tenure.owner, tenure.fence)
        took_over = tenure.took_over_at is not None
        after_gap = telling.after_gap(checks, stored, clock.now()) if took_over else frozenset[str]()
        return Desk(dispatch, telling.briefing(checks), self.cycle.standings, self._plans.planned, after_gap)

    def _jobs(self, tick: Callable[[], None]) -> Sequence[tuple[Callable[[], object], float]]:
        return (
            (tick, TICK_SECONDS),
            (self._report, REPORT_SECONDS),
            (self.cycle.record_whole, WHOLE_SECONDS),
            (self._plans.refresh, REFRESH_SECONDS),
            (self._look_after_windows, WINDOWS_SECONDS),
            (self._duties.judge_spikes, SPIKES_SECONDS),
            (self._duties.keep_books, BOOKS_SECONDS),
            (self.writer.prune, PRUNE_SECONDS),
        )

    def _quiet(self) -> None:
        self._scheduler.shutdown(wait=False)
        if self._deadman is not None:
            self._deadman.stop()

    def _look_after_windows(self) -> None:
        if self._reporter.windows_ended(clock.now()):
            self._duties.do(self._reporter.look_after_windows)

    def _submit(self, *judged: Any) -> None:
        self.writer.submit(*judged)

    def _notice(self, *seen: Any) -> None:
        self.desk.notice(*seen)

    def _report(self) -> None:
        unwell = self.cycle.unwell()
        if unwell:
            with correlation.bind():
                log.warn("System health degraded", checks=unwell)


def _scheduler() -> BackgroundScheduler:
    """Return the scheduler: a late run is made up for once, none is dropped; no job keeps the tick waiting."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )

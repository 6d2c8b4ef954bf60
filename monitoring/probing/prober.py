"""The whole of probing in one process: it waits for its turn to lead, and probes while it does."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from monitoring import clock, correlation, errors
from monitoring.costs import Budget
from monitoring.health.check import NetworkCheck
from monitoring.health.registry import Registry
from monitoring.health.runner import Runner
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.probing.cycle import Cycle
from monitoring.probing.duties import BOOKS_SECONDS, SPIKES_SECONDS, Duties
from monitoring.probing.engine import Engine
from monitoring.probing.leader import Keeper
from monitoring.probing.schedule import Schedule
from monitoring.probing.writer import Writer
from monitoring.store import states
from monitoring.store.database import Database

TICK_SECONDS = 0.2
REPORT_SECONDS = 60
WHOLE_SECONDS = 10
PRUNE_SECONDS = 3600
DRAIN_SECONDS = 2.0
FLUSH_SECONDS = 6.0


class Reign(msgspec.Struct):
    """What exists only while this process leads."""

    cycle: Cycle
    writer: Writer
    engine: Engine
    runner: Runner
    scheduler: BackgroundScheduler


class Prober:
    """Probes, if this process leads. Nothing runs before `start`."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        connectivity: NetworkCheck[Any] | None = None,
        budgets: Sequence[Budget] = (),
    ) -> None:
        self._budgets = budgets
        self._database, self._registry, self._connectivity = database, registry, connectivity
        self._reign: Reign | None = None
        self._lock = threading.Lock()
        self.keeper = Keeper(database, self._lead, self._depose)

    def start(self) -> None:
        """Start waiting for the lease; a process is started once."""
        self.keeper.start()

    def stop(self) -> None:
        """Stop probing, write what waits, and give the lease back."""
        reign = self._taken()
        if reign is not None:
            reign.scheduler.shutdown(wait=False)
            reign.engine.wait_until_idle(DRAIN_SECONDS)
            reign.writer.stop(FLUSH_SECONDS)
            reign.runner.stop()
        self.keeper.stop()
        self._depose()  # a reign that began while this was waiting for the keeper
        self._database.close()

    def _lead(self, fence: int) -> None:
        """Begin to probe where the last leader left off; any of StoreError if that cannot be read."""
        with self._database.read() as connection:
            stored = states.load(connection)
        checks = self._registry.all()
        writer = Writer(self._database, self.keeper.owner, fence, self._deposed_by_writer)
        cycle = Cycle(checks, stored, writer.submit)
        runner = Runner()
        schedule = Schedule(checks, clock.monotonic())
        engine = Engine(checks, cycle, schedule, runner, self._connectivity)
        with self._lock:
            self._reign = Reign(cycle, writer, engine, runner, _scheduler())
            self._start(self._reign, Duties(self._database, self.keeper.owner, fence, self._budgets, metrics.increment))

    def _start(self, reign: Reign, duties: Duties) -> None:
        reign.writer.start()
        add = reign.scheduler.add_job
        add(self._tick, "interval", seconds=TICK_SECONDS, args=[reign.engine])
        add(self._report, "interval", seconds=REPORT_SECONDS, args=[reign.cycle])
        add(reign.cycle.record_whole, "interval", seconds=WHOLE_SECONDS)
        add(duties.judge_spikes, "interval", seconds=SPIKES_SECONDS)
        add(duties.keep_books, "interval", seconds=BOOKS_SECONDS)
        add(reign.writer.prune, "interval", seconds=PRUNE_SECONDS)
        errors.watch_scheduler(reign.scheduler)
        reign.scheduler.start()
        reign.writer.prune()

    def _tick(self, engine: Engine) -> None:
        if self.keeper.leads:
            engine.tick()
        else:
            self.keeper.step_down("this process was stopped for a while")

    def _report(self, cycle: Cycle) -> None:
        unwell = cycle.unwell()
        if unwell:
            with correlation.bind():
                log.warn("System health degraded", checks=unwell)

    def _deposed_by_writer(self) -> None:
        self.keeper.step_down("another process claimed the lease")

    def _depose(self) -> None:
        reign = self._taken()
        if reign is not None:
            reign.scheduler.shutdown(wait=False)
            reign.writer.abandon()
            reign.runner.stop()

    def _taken(self) -> Reign | None:
        with self._lock:
            reign, self._reign = self._reign, None
        return reign


def _scheduler() -> BackgroundScheduler:
    """Return the scheduler: a late run is made up for once, none is dropped; no job keeps the tick waiting."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    return BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        timezone="UTC",
    )

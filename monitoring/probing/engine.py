"""Starting what is due, and holding a failure back until its possible causes have been asked."""

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from monitoring import clock
from monitoring.health.check import Check, NetworkCheck
from monitoring.health.hosts import is_public
from monitoring.probing.cycle import Cycle
from monitoring.probing.schedule import Schedule
from monitoring.status import Result, Status


class Probing(Protocol):
    """What runs one probe: `done` is called exactly once, by some thread, within the check's timeout."""

    def run(self, check: Check[Any], scheduled_at: float, done: Callable[[Result], None]) -> None:
        """Start the probe without blocking."""


class Held(msgspec.Struct):
    """A failing result and the names of what is still being asked about it."""

    result: Result
    waits_for: set[str]


class Engine:
    """Between the tick and the spine. A check is busy from its start until its result is settled."""

    def __init__(
        self,
        checks: Iterable[Check[Any]],
        cycle: Cycle,
        schedule: Schedule,
        runner: Probing,
        connectivity: NetworkCheck[Any] | None,
    ) -> None:
        self._checks = {check.name: check for check in checks}
        self._cycle, self._schedule, self._runner, self._connectivity = cycle, schedule, runner, connectivity
        self._busy: set[str] = set()
        self._held: list[Held] = []
        self._offline: str | None = None
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self.skipped = 0

    def tick(self) -> None:
        """Start every check that is due; returns at once."""
        now = clock.monotonic()
        for check, due in self._schedule.take(now):
            self._start(check, clock.now() - (now - due))

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        """Wait for the probes in flight; False if some are still running by then."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._busy, timeout_seconds)

    def _start(self, check: Check[Any], scheduled_at: float) -> None:
        with self._lock:
            if check.name in self._busy:
                self.skipped += 1
                return
            self._busy.add(check.name)
        if check.settings.paid and not self._cycle.pay(check):
            self._settle(_unpaid(check, scheduled_at))
        else:
            self._runner.run(check, round(scheduled_at, 3), partial(self._finished, check))

    def _finished(self, check: Check[Any], result: Result) -> None:
        """Settle a result, or hold it until what could have caused it has answered."""
        causes = self._causes(check, result)
        with self._lock:
            if causes:
                self._held.append(Held(result, {cause.name for cause in causes}))
        for cause in causes:
            self._start(cause, clock.now())
        if not causes:
            self._settle(result)

    def _causes(self, check: Check[Any], result: Result) -> list[Check[Any]]:
        """Return the checks to ask before a failing result is judged."""
        if result.status in (Status.HEALTHY, Status.UNKNOWN) or check is self._connectivity:
            return []
        causes: list[Check[Any]] = []
        if self._connectivity is not None and _crosses_the_internet(check):
            causes.append(self._connectivity)
        if self._cycle.is_first_failure(result):
            parents = (self._checks.get(name) for name in check.settings.depends_on)
            causes.extend(parent for parent in parents if parent is not None and not parent.settings.paid)
        return causes

    def _settle(self, result: Result) -> None:
        """Judge a result, let go of what waited for it, and ask again soon where it contradicts the state."""
        if self._connectivity is not None and result.check == self._connectivity.name:
            self._offline = None if result.status is Status.HEALTHY else result.error or "no answer"
        else:
            self._judge(result)
        with self._idle:
            self._busy.discard(result.check)
            ready = self._released(result.check)
            self._idle.notify_all()
        for held in ready:
            self._settle(held)

    def _judge(self, result: Result) -> None:
        judgement = self._cycle.settle(result)
        if judgement.contradicted:
            again = clock.monotonic() + self._checks[result.check].settings.retry_seconds
            self._schedule.sooner(result.check, again)

    def _released(self, name: str) -> list[Result]:
        """Take out the held results that waited for `name` and now wait for nothing."""
        ready = []
        for held in self._held:
            held.waits_for.discard(name)
            if not held.waits_for:
                ready.append(self._seen_from_here(held.result))
        self._held = [held for held in self._held if held.waits_for]
        return ready

    def _seen_from_here(self, result: Result) -> Result:
        """Return an unknown result in place of a failure while nothing at all can be reached."""
        if self._offline is None or not _crosses_the_internet(self._checks[result.check]):
            return result
        return replace(result, status=Status.UNKNOWN, cause=None, error=f"no connectivity from here: {self._offline}")


def _crosses_the_internet(check: Check[Any]) -> bool:
    return isinstance(check, NetworkCheck) and is_public(check.host)


def _unpaid(check: Check[Any], scheduled_at: float) -> Result:
    budget = check.settings.daily_budget
    return Result(
        check=check.name,
        status=Status.UNKNOWN,
        scheduled_at=scheduled_at,
        finished_at=clock.now(),
        error=f"not asked: today's budget of ${budget:g} is spent",
    )

"""The spine: what happens with each result, from the answer to what is stored."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from monitoring import clock, correlation
from monitoring.alerts.situation import Standing
from monitoring.health.aggregate import whole_of
from monitoring.health.check import Check
from monitoring.health.hysteresis import Change, State
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.probing.batch import transition
from monitoring.probing.judge import Judgement, Memory, judge
from monitoring.status import Result, Status
from monitoring.store.states import StoredState
from monitoring.store.transitions import Transition

Submit = Callable[[Result, Judgement, Result], None]
"""Takes a result, what it came to, and the last result that says how the check is."""

Notice = Callable[[Transition, str | None], object]
"""Takes a transition, at once when it was judged, and the correlation id under which it was logged."""

_read_memory = msgspec.json.Decoder(Memory).decode


class Cycle:
    """The leader's memory of every check, and the one place where it changes.

    `submit` takes each judged result towards the store, `notice` each transition to those who tell people of it;
    neither may block.
    """

    def __init__(
        self,
        checks: Iterable[Check[Any]],
        stored: Iterable[StoredState],
        submit: Submit,
        notice: Notice = lambda *_: None,
    ) -> None:
        self._checks = {check.name: check for check in checks}
        known = list(stored)
        remembered = {state.last.check: _read_memory(state.memory) for state in known}
        self._last = {state.last.check: state.last for state in known}
        self._memories = {name: remembered.get(name, Memory()) for name in self._checks}
        self._submit, self._notice = submit, notice
        self._lock = threading.Lock()

    def settle(self, result: Result) -> Judgement:
        """Judge a result, remember what it came to, and hand it to the store."""
        with self._lock:
            settings = self._checks[result.check].settings
            judgement = judge(self._memories[result.check], result, settings)
            self._memories[result.check] = judgement.memory
            run = correlation.make()
            if judgement.change is not None:  # before the store has it: who reads it there asks for its run
                self._notice(transition(result.check, judgement), run)
            self._submit(result, judgement, self._telling(result))
        _record(result, judgement.memory.state.status)
        if judgement.change is not None:
            with correlation.bind(run):
                _announce(result.check, judgement.change)
        return judgement

    def _telling(self, result: Result) -> Result:
        """Return the last result that tells anything: one that is unknown must not make an old state look fresh."""
        last = self._last.get(result.check)
        if result.status is not Status.UNKNOWN or last is None:
            last = self._last[result.check] = result
            return last
        return replace(last, error=result.error)

    def is_first_failure(self, result: Result) -> bool:
        """Return whether a failing result is the first after a healthy or unknown time."""
        state = self._memories[result.check].state
        failing = result.status in (Status.DEGRADED, Status.UNHEALTHY)
        return failing and not state.run and state.status in (Status.HEALTHY, Status.UNKNOWN)

    def standings(self) -> dict[str, Standing]:
        """Return how each check stands."""
        return {name: _standing(memory.state) for name, memory in self._memories.items()}

    def statuses(self) -> dict[str, Status]:
        """Return the confirmed status of each check."""
        return {name: memory.state.status for name, memory in self._memories.items()}

    def pay(self, check: Check[Any]) -> bool:
        """Book the price of one probe; False, and nothing booked, where the day's budget does not allow it."""
        price, budget = check.settings.price, check.settings.daily_budget
        with self._lock:
            memory, today = self._memories[check.name], datetime.fromtimestamp(clock.now(), UTC).date().isoformat()
            spent = memory.spent if memory.spent_day == today else 0.0
            if budget is not None and spent + price > budget + 1e-9:
                return False
            self._memories[check.name] = replace(memory, spent_day=today, spent=spent + price)
        return True

    def record_whole(self) -> None:
        """Record what all checks come to: `health.status` is 1 while the whole is healthy."""
        states = [(self._checks[name].settings, memory.state.status) for name, memory in self._memories.items()]
        metrics.gauge("health.status", int(whole_of(states) is Status.HEALTHY))

    def unwell(self) -> list[dict[str, str]]:
        """Return the checks whose state is degraded or unhealthy, with their causes, for the log."""
        return [
            _words(name, memory)
            for name, memory in self._memories.items()
            if memory.state.status in (Status.DEGRADED, Status.UNHEALTHY)
        ]


def _standing(state: State) -> Standing:
    return Standing(state.status, any(item.status is not Status.HEALTHY for item in state.run))


def _record(result: Result, state: Status) -> None:
    metrics.gauge(f"health.service.{result.check}", int(state is Status.HEALTHY))
    if result.response_seconds is not None:
        metrics.histogram(f"health.response_time.{result.check}", result.response_seconds * 1000)


def _words(name: str, memory: Memory) -> dict[str, str]:
    since = memory.state.since
    return {
        "check": name,
        "status": memory.state.status.value,
        "since": clock.iso(since) if since else "unknown",
        "cause": str(memory.state.cause or "unknown"),
    }


def _announce(check: str, change: Change) -> None:
    say = log.info if change.status is Status.HEALTHY else log.warn
    say(
        f"{check} was {change.previous}, is {change.status}",
        check=check,
        began=clock.iso(change.at),
        cause=change.cause,
        error=change.error,
    )

"""Running probes: network checks in one asyncio thread, library checks each in a thread of its own.

Deadlines are kept, and every result is handed over, in that one asyncio thread.
"""

import asyncio
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from monitoring import clock
from monitoring.health import outcome
from monitoring.health.check import Answer, Check, LibraryCheck, NetworkCheck
from monitoring.health.failures import is_unexpected
from monitoring.status import Result

Done = Callable[[Result], None]

STOP_SECONDS = 1.0

_log = logging.getLogger(__name__)
_runners: "weakref.WeakSet[Runner]" = weakref.WeakSet()


class Flight:
    """One probe on its way: who waits for its result, and whether they have been told already."""

    def __init__(self, check: Check[Any], scheduled_at: float, done: Done) -> None:
        self.check = check
        self.begun_at = clock.now()
        self.begun = clock.monotonic()
        self.waiting: list[tuple[float, Done]] = [(scheduled_at, done)]
        self.told = False
        self.task: asyncio.Task[None] | None = None
        self.deadline: asyncio.TimerHandle | None = None


class Runner:
    """Runs probes, one at a time per check. Its threads start at first use, in the process that uses it."""

    def __init__(self) -> None:
        self._stopped = False
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._flights: dict[str, Flight] = {}
        self._logged: dict[str, str] = {}
        _runners.add(self)

    def run(self, check: Check[Any], scheduled_at: float, done: Done) -> None:
        """Start one probe and return at once; `done` is called once with its result, from the runner's thread.

        That is within the check's timeout, whatever the probe does. A second run of a check that is being asked
        shares its answer. While a probe hangs beyond its deadline no new one starts: the result is a timeout at
        once. `scheduled_at` is Unix seconds. `done` must not block. After `stop` nothing is started or called.
        """
        with self._lock:
            if not self._stopped:
                loop = self._loop or self._start()
                loop.call_soon_threadsafe(self._begin, check, scheduled_at, done)

    def stop(self) -> None:
        """End the runner within a second; probes on their way are given up, and their results with them."""
        with self._lock:
            self._stopped = True
            thread, loop = self._thread, self._loop
            self._thread = self._loop = None
            if loop is not None:
                loop.call_soon_threadsafe(self._end, loop)
        if thread is not None and thread is not threading.current_thread():
            thread.join(STOP_SECONDS)

    def begin_anew(self) -> None:
        """Forget the threads and probes of the process this one was forked from: they are not here."""
        self._lock = threading.Lock()
        self._loop = self._thread = None
        self._flights = {}

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_serve, args=(loop,), name="probes", daemon=True)
        thread.start()
        self._loop, self._thread = loop, thread
        return loop

    def _begin(self, check: Check[Any], scheduled_at: float, done: Done) -> None:
        flight = self._flights.get(check.name)
        if flight is None:
            self._take_off(Flight(check, scheduled_at, done))
        elif flight.told:
            _hand_over(done, outcome.still_waiting(check, scheduled_at, flight.begun_at))
        else:
            flight.waiting.append((scheduled_at, done))

    def _take_off(self, flight: Flight) -> None:
        check = flight.check
        self._flights[check.name] = flight
        loop = asyncio.get_running_loop()
        flight.deadline = loop.call_later(check.settings.timeout_seconds, self._expire, flight)
        if isinstance(check, NetworkCheck):
            flight.task = loop.create_task(self._ask_network(flight, check))
        elif isinstance(check, LibraryCheck):
            self._ask_library(flight, check, loop)

    async def _ask_network(self, flight: Flight, check: NetworkCheck[Any]) -> None:
        said: Answer | BaseException
        try:
            said = await check.ask()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever fails is the probe's result
            said = error
        self._land(flight, (clock.monotonic() - flight.begun, said))

    def _ask_library(self, flight: Flight, check: LibraryCheck[Any], loop: asyncio.AbstractEventLoop) -> None:
        work = (flight, check, loop)
        try:
            threading.Thread(target=self._in_thread, args=work, name=f"probe-{check.name}", daemon=True).start()
        except RuntimeError as error:  # the system gives no more threads
            self._land(flight, (0.0, error))

    def _in_thread(self, flight: Flight, check: LibraryCheck[Any], loop: asyncio.AbstractEventLoop) -> None:
        said: Answer | BaseException
        try:
            said = check.ask()
        except BaseException as error:  # noqa: BLE001 - whatever fails is the probe's result, SystemExit too
            said = error
        seconds = clock.monotonic() - flight.begun
        try:
            loop.call_soon_threadsafe(self._land, flight, (seconds, said))
        except RuntimeError:
            return  # the runner has ended meanwhile

    def _expire(self, flight: Flight) -> None:
        """Tell those who wait that the deadline is over; what still runs is waited for without them."""
        self._tell(flight, partial(outcome.too_late, flight.check))
        if flight.task is not None:
            flight.task.cancel()

    def _land(self, flight: Flight, came: outcome.Outcome) -> None:
        self._flights.pop(flight.check.name, None)
        if flight.deadline is not None:
            flight.deadline.cancel()
        if not flight.told:
            self._log_once(flight.check, came[1])
            self._tell(flight, partial(outcome.result_of, flight.check, came))

    def _tell(self, flight: Flight, result_at: Callable[[float], Result]) -> None:
        flight.told = True
        waiting, flight.waiting = flight.waiting, []
        for scheduled_at, done in waiting:
            _hand_over(done, result_at(scheduled_at))

    def _log_once(self, check: Check[Any], said: Answer | BaseException) -> None:
        """Log an error that nobody expected whole, once for each kind of it in a row."""
        if isinstance(said, Answer) or not is_unexpected(said):
            self._logged.pop(check.name, None)
        elif self._logged.get(check.name) != type(said).__name__:
            self._logged[check.name] = type(said).__name__
            _log.error("check %s failed in a way that is not known", check.name, exc_info=said)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        for flight in self._flights.values():
            flight.told = True
        loop.stop()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped, then close what its probes left open."""
    asyncio.set_event_loop(loop)
    loop.run_forever()
    try:
        loop.run_until_complete(_clean_up())
    finally:
        loop.close()


async def _clean_up() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_SECONDS / 2)
    # Only where a probe has needed them: both bring large libraries.
    for name in ("monitoring.health.multi", "monitoring.health.names"):
        if name in sys.modules:
            await sys.modules[name].close()


def _hand_over(done: Done, result: Result) -> None:
    try:
        done(result)
    except Exception:  # noqa: BLE001 - any code may run there, and the runner must go on
        _log.exception("the result of check %s was not taken", result.check)


def _begin_anew() -> None:
    for runner in _runners:
        runner.begin_anew()


os.register_at_fork(after_in_child=_begin_anew)

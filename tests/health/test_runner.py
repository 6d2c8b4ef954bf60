"""Running probes: exactly one result each, and one that hangs hurts itself alone."""

import asyncio
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from monitoring.health.check import Answer, CheckFailed
from monitoring.health.checks.function import CallableCheck
from monitoring.health.checks.http import HttpCheck
from monitoring.health.runner import Runner
from monitoring.settings.kinds import Duration
from monitoring.status import Cause, Result, Status
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import HangingLibraryCheck, ToldCheck, Waiting, ask, make, plain_settings, settings_of
from tests.support.waiting import until


def told(verb: Callable[[], Awaitable[Answer]], **settings: Any) -> ToldCheck:
    return ToldCheck(plain_settings(**settings), verb)


async def healthy() -> Answer:
    return Answer(details={"a": 1}, phases={"connect": 0.1})


async def forever() -> Answer:
    await asyncio.Event().wait()
    return Answer()


async def stubborn() -> Answer:
    """Hang, and not even let go when cancelled."""
    for _ in range(100):
        try:
            await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            continue
    return Answer()


def test_an_answer_becomes_a_result_with_its_times(runner: Runner) -> None:
    waiting, before = Waiting(), time.time()
    runner.run(told(healthy), 1234.5, waiting)
    result = waiting.wait()[0]
    assert (result.check, result.status, result.scheduled_at) == ("it", Status.HEALTHY, 1234.5)
    assert before <= result.finished_at <= time.time()
    assert result.response_seconds is not None and 0 <= result.response_seconds < 5
    assert (result.details, result.phases, result.cause, result.error) == ({"a": 1}, {"connect": 0.1}, None, None)


def test_a_failure_becomes_a_result_with_its_cause(runner: Runner) -> None:
    async def fail() -> Answer:
        raise CheckFailed(Cause.AUTH, "no entry", {"password": "canary", "tries": 3})

    result = ask(runner, told(fail))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.AUTH, "no entry")
    assert result.response_seconds is None
    assert result.details["tries"] == 3
    assert "canary" not in str(result)


def test_an_unexpected_error_is_logged_whole_once_in_a_row(runner: Runner, caplog: pytest.LogCaptureFixture) -> None:
    async def surprise() -> Answer:
        raise LookupError("surprise")

    for _ in range(3):
        assert ask(runner, told(surprise)).error == "unknown error (LookupError)"
    records = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(records) == 1
    assert records[0].exc_info is not None and "surprise" in str(records[0].exc_info[1])


def test_slow_is_degraded_and_says_how_slow(runner: Runner) -> None:
    async def slow() -> Answer:
        await asyncio.sleep(0.05)
        return Answer()

    result = ask(runner, told(slow, slow_after=Duration(0.02)))
    assert (result.status, result.cause) == (Status.DEGRADED, Cause.TIMEOUT)
    assert result.error is not None and result.error.endswith("s, slower than 0.02 s")
    assert ask(runner, told(slow, slow_after=Duration(4))).status is Status.HEALTHY


@pytest.mark.parametrize("verb", [forever, stubborn])
def test_a_network_check_past_its_deadline_times_out(runner: Runner, verb: Callable[[], Awaitable[Answer]]) -> None:
    result = ask(runner, told(verb, seconds=0.2))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.TIMEOUT, "timed out after 0.2 s")
    assert result.response_seconds is None


def test_a_library_check_that_hangs_times_out_and_is_not_begun_again(runner: Runner) -> None:
    check, waiting = HangingLibraryCheck(plain_settings(seconds=0.2)), Waiting()
    assert ask(runner, check).error == "timed out after 0.2 s"
    threads = threading.active_count()
    for _ in range(5):
        runner.run(check, time.time(), waiting)
    later = waiting.wait(5)
    assert all(result.cause is Cause.TIMEOUT for result in later)
    assert all(str(result.error).startswith("still waiting for the probe begun at 20") for result in later)
    assert (check.begun, threading.active_count()) == (1, threads)
    check.let_go.set()


def test_it_is_asked_again_once_the_old_probe_has_ended(runner: Runner) -> None:
    check = HangingLibraryCheck(plain_settings(seconds=0.2))
    ask(runner, check)
    check.let_go.set()
    until(lambda: ask(runner, check).status is Status.HEALTHY)


def test_a_result_that_comes_after_the_deadline_is_not_handed_over(runner: Runner) -> None:
    check, waiting = HangingLibraryCheck(plain_settings(seconds=0.1)), Waiting()
    runner.run(check, 0, waiting)
    waiting.wait()
    check.let_go.set()
    until(lambda: "probe-it" not in [thread.name for thread in threading.enumerate()])
    ask(runner, told(healthy, name="after"))
    assert len(waiting.results) == 1


def test_a_second_run_shares_the_answer_of_the_first(runner: Runner) -> None:
    check, waiting = HangingLibraryCheck(plain_settings(seconds=5)), Waiting()
    runner.run(check, 1.0, waiting)
    runner.run(check, 2.0, waiting)
    until(lambda: check.begun)
    check.let_go.set()
    assert [(result.scheduled_at, result.status) for result in waiting.wait(2)] == [
        (1.0, Status.HEALTHY),
        (2.0, Status.HEALTHY),
    ]
    assert check.begun == 1


def test_each_run_yields_exactly_one_result(runner: Runner) -> None:
    waiting = Waiting()
    for number in range(300):
        verb = (healthy, forever, stubborn)[number % 3]
        runner.run(told(verb, name=f"c{number}", seconds=0.3), number, waiting)
    waiting.wait(300)
    ask(runner, told(healthy, name="last"))
    assert sorted(result.scheduled_at for result in waiting.results) == list(range(300))


def test_three_hundred_that_hang_delay_nobody(
    runner: Runner, hanging_server: HangingServer, http_server: HttpServer
) -> None:
    url = f"http://127.0.0.1:{hanging_server.port}/"
    stuck, well = Waiting(), Waiting()
    for number in range(300):
        runner.run(make(HttpCheck, name=f"stuck{number}", url=url, timeout="15s"), 0, stuck)
    until(lambda: hanging_server.connections == 300, 15)
    for number in range(20):
        runner.run(make(HttpCheck, name=f"well{number}", url=http_server.url), 0, well)
    assert {result.status for result in well.wait(20, 10)} == {Status.HEALTHY}
    assert stuck.results == []
    assert threading.active_count() < 20


def test_library_checks_that_hang_delay_nobody(runner: Runner, http_server: HttpServer) -> None:
    stuck = [HangingLibraryCheck(plain_settings(f"stuck{number}", seconds=20)) for number in range(50)]
    for check in stuck:
        runner.run(check, 0, Waiting())
    assert ask(runner, make(HttpCheck, url=http_server.url)).status is Status.HEALTHY
    assert ask(runner, CallableCheck(plain_settings("own"), lambda: True)).status is Status.HEALTHY
    for check in stuck:
        check.let_go.set()


def test_a_taker_that_raises_does_not_stop_the_runner(runner: Runner, caplog: pytest.LogCaptureFixture) -> None:
    def raising(_: Result) -> None:
        raise RuntimeError

    runner.run(told(healthy, name="first"), 0, raising)
    assert ask(runner, told(healthy)).status is Status.HEALTHY
    assert "the result of check first was not taken" in caplog.text


def test_a_taker_may_run_the_next_probe(runner: Runner) -> None:
    waiting = Waiting()
    runner.run(told(healthy), 1, lambda _: runner.run(told(healthy), 2, waiting))
    assert waiting.wait()[0].scheduled_at == 2


def test_details_and_errors_are_redacted_and_bounded(runner: Runner) -> None:
    async def leaky() -> Answer:
        details = {"url": "postgres://u:canary@h/d", "api_key": "canary", "when": object()}
        return Answer(
            status=Status.DEGRADED, cause=Cause.CONTENT, error="Bearer canary0123456789 " * 60, details=details
        )

    async def large() -> Answer:
        return Answer(details={"text": "x" * 10_000})

    result = ask(runner, told(leaky))
    assert "canary" not in str(result)
    assert result.error is not None and len(result.error) <= 500
    assert ask(runner, told(large)).details == {"note": "these details were larger than 8 KiB"}


def test_nothing_is_started_before_the_first_run() -> None:
    before = threading.active_count()
    Runner()
    assert threading.active_count() == before


def test_it_stops_within_a_second_whatever_hangs(hanging_server: HangingServer) -> None:
    runner, waiting, others = Runner(), Waiting(), set(threading.enumerate())
    url = f"http://127.0.0.1:{hanging_server.port}/"
    runner.run(make(HttpCheck, name="network", url=url), 0, waiting)
    runner.run(told(stubborn), 0, waiting)
    library = HangingLibraryCheck(plain_settings("library"))
    runner.run(library, 0, waiting)
    until(lambda: library.begun and hanging_server.connections)
    begun = time.monotonic()
    runner.stop()
    assert time.monotonic() - begun < 1.5
    assert "probes" not in [thread.name for thread in set(threading.enumerate()) - others if thread.is_alive()]
    library.let_go.set()
    until(lambda: "probe-library" not in [thread.name for thread in threading.enumerate()])
    runner.run(told(healthy), 0, waiting)
    assert waiting.results == []


def test_a_stop_without_a_start_is_harmless() -> None:
    Runner().stop()


def test_a_forked_process_has_threads_of_its_own(runner: Runner, recwarn: pytest.WarningsRecorder) -> None:
    assert ask(runner, told(healthy)).status is Status.HEALTHY
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        status = Status.UNKNOWN
        try:
            status = ask(runner, told(healthy)).status
        finally:
            theirs.send(str(status))
            os._exit(0)
    assert ours.poll(10)
    assert ours.recv() == "healthy"
    os.waitpid(child, 0)
    assert ask(runner, told(healthy)).status is Status.HEALTHY


def test_settings_of_a_check_are_not_shown_whole() -> None:
    check = make(HttpCheck, url="http://u:canary@h/", headers={"X-Key": "canary"})
    assert "canary" not in repr(check.settings)
    assert "canary" not in repr(settings_of(type(check.settings), url="http://u:canary@h/"))

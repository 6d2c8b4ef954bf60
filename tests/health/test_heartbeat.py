"""Heartbeats: what a job's last calls say at any moment."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from monitoring import clock
from monitoring.health.checks.heartbeat import HeartbeatCheck, HeartbeatSettings, judge
from monitoring.health.registry import build
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.probes import ask, faults_of, settings_of

TOKEN = "nightly-backup-0001"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class Said(msgspec.Struct):
    """The last calls of a job."""

    start_at: float | None = None
    end_at: float | None = None
    failed: bool = False
    exit_code: int | None = None
    seconds: float | None = None
    running: bool = False


def settings(**told: Any) -> HeartbeatSettings:
    told = {"token": TOKEN, **({} if "cron" in told else {"every": "1h"}), **told}
    made: HeartbeatSettings = settings_of(HeartbeatSettings, type="heartbeat", **told)
    assert list(made.faults()) == []
    return made


def verdict(after: float, said: Said, **told: Any) -> tuple[Status, Cause | None, str | None]:
    """What is said so many seconds after noon."""
    answer = judge(settings(**told), said, NOON + after)
    return answer.status, answer.cause, answer.error


HEALTHY = (Status.HEALTHY, None, None)
LATE = (Status.DEGRADED, Cause.TIMEOUT, "late since 2026-11-23T13:00:00.000Z")
MISSING = (Status.UNHEALTHY, Cause.TIMEOUT, "missing since 2026-11-23T13:00:00.000Z")
UNFINISHED = (Status.UNHEALTHY, Cause.TIMEOUT, "begun at 2026-11-23T12:00:00.000Z and not ended since")


@pytest.mark.parametrize(
    ("after", "expected"),
    [(0, HEALTHY), (HOUR, HEALTHY), (HOUR + 1, LATE), (HOUR + 15 * MINUTE, LATE), (HOUR + 15 * MINUTE + 1, MISSING)],
)
def test_a_job_is_well_then_late_then_missing(after: float, expected: object) -> None:
    assert verdict(after, Said(end_at=NOON)) == expected


@pytest.mark.parametrize(("code", "words"), [(3, "the job failed with exit code 3"), (None, "the job failed")])
def test_a_job_that_says_it_failed_has_failed_at_once(code: int | None, words: str) -> None:
    assert verdict(1, Said(end_at=NOON, failed=True, exit_code=code)) == (Status.UNHEALTHY, Cause.STATUS, words)


def test_a_failure_stands_until_the_job_says_otherwise() -> None:
    failed = Said(end_at=NOON, failed=True, exit_code=1)
    assert verdict(30 * DAY, failed)[2] == "the job failed with exit code 1"
    failed.start_at, failed.running = NOON + 60, True
    assert verdict(61, failed)[0] is Status.UNHEALTHY


@pytest.mark.parametrize(("after", "expected"), [(15 * MINUTE, HEALTHY), (15 * MINUTE + 1, UNFINISHED)])
def test_a_job_that_begins_must_end_within_the_grace(after: float, expected: object) -> None:
    assert verdict(after, Said(start_at=NOON, end_at=NOON - MINUTE, running=True)) == expected


def test_a_job_that_has_begun_in_time_is_not_late() -> None:
    begun = Said(start_at=NOON + HOUR + 5, end_at=NOON, running=True)
    assert verdict(HOUR + 10, begun) == HEALTHY
    assert verdict(HOUR + 5 + 15 * MINUTE + 1, begun)[2] == "begun at 2026-11-23T13:00:05.000Z and not ended since"


def test_a_job_that_only_ever_begins_does_not_look_well_after_each_beginning() -> None:
    assert verdict(3 * HOUR + 1, Said(start_at=NOON + 3 * HOUR, end_at=NOON, running=True)) == MISSING


def test_a_job_that_has_begun_and_never_ended_is_not_known_then_down() -> None:
    assert verdict(1, Said(start_at=NOON, running=True))[::2] == (Status.UNKNOWN, "it has never ended yet")
    assert verdict(15 * MINUTE + 1, Said(start_at=NOON, running=True)) == UNFINISHED


def test_an_end_after_a_beginning_ends_it() -> None:
    assert verdict(HOUR, Said(start_at=NOON - 10 * HOUR, end_at=NOON)) == HEALTHY


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"every": "1m"}, 60), ({"every": "10m"}, 150), ({"every": "1d"}, 3600), ({"cron": "0 3 * * *"}, 600),
        ({"every": "1d", "grace": "6h"}, 21600), ({"cron": "0 3 * * *", "grace": "1m"}, 60),
    ],
)  # fmt: skip
def test_the_grace_is_a_quarter_from_a_minute_to_an_hour(told: dict[str, str], seconds: float) -> None:
    assert settings(**told).grace_seconds == seconds


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("cron", "zone", "last", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-11-23T03:00:20+00:00", "2026-11-24T03:00:00+00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-11-23T03:00:20+01:00", "2026-11-24T03:00:00+01:00"),
        ("*/15 * * * *", "UTC", "2026-11-23T12:16:00+00:00", "2026-11-23T12:30:00+00:00"),
        ("0 9 * * MON", "America/New_York", "2026-11-23T09:01:00-05:00", "2026-11-30T09:00:00-05:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-03-28T03:00:20+01:00", "2026-03-29T03:00:00+02:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T02:30:20+01:00", "2026-03-29T03:00:00+02:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:30:20+02:00", "2026-10-26T02:30:00+01:00"),
        ("30 * * * *", "Europe/Berlin", "2026-10-25T02:30:20+02:00", "2026-10-25T02:30:00+01:00"),
    ],
    ids=["daily", "in a zone", "quarters", "weekly", "short day", "left out", "once of two", "each of two"],
)
def test_cron_says_when_the_next_call_is_expected(cron: str, zone: str, last: str, expected: str) -> None:
    assert settings(cron=cron, timezone=zone).expected_after(at(last)) == at(expected)


def test_a_host_whose_clock_is_a_little_ahead_is_not_missing() -> None:
    early = at("2026-11-23T02:59:57+00:00")
    assert settings(cron="0 3 * * *").expected_after(early) == at("2026-11-24T03:00:00+00:00")
    assert settings(cron="0 3 * * *").expected_after(early - 60) == at("2026-11-23T03:00:00+00:00")


def test_details_have_the_last_calls_and_the_next() -> None:
    said = Said(start_at=NOON - 90, end_at=NOON, seconds=90.0, exit_code=0)
    assert judge(settings(), said, NOON).details == {
        "last_call_at": "2026-11-23T12:00:00.000Z",
        "last_start_at": "2026-11-23T11:58:30.000Z",
        "seconds": 90.0,
        "exit_code": 0,
        "expected_at": "2026-11-23T13:00:00.000Z",
    }


def test_a_job_that_never_called_is_not_known(runner: Runner) -> None:
    result = ask(runner, HeartbeatCheck(settings()))
    assert (result.status, result.cause, result.error) == (Status.UNKNOWN, None, "the job has never called")


def test_it_asks_for_the_calls_of_its_own_name_and_the_time_it_takes_is_no_response_time(runner: Runner) -> None:
    said = {"it": Said(end_at=clock.now())}
    result = ask(runner, HeartbeatCheck(settings(slow_after="0.001ms"), said.get))
    assert (result.status, result.response_seconds) == (Status.HEALTHY, None)


def test_calls_that_cannot_be_read_blame_nobody(runner: Runner) -> None:
    def away(_: str) -> None:
        raise ConnectionRefusedError

    result = ask(runner, HeartbeatCheck(settings(), away))
    assert (result.status, result.error) == (Status.UNKNOWN, "refused the connection")


def test_a_reading_that_hangs_blames_nobody(runner: Runner) -> None:
    import threading

    let_go = threading.Event()
    check = HeartbeatCheck(settings(timeout="100ms"), lambda _: let_go.wait(20) and None)
    result = ask(runner, check)
    let_go.set()
    assert result.status is Status.UNKNOWN


def test_a_heartbeat_is_looked_at_often_and_believed_at_once() -> None:
    made = settings()
    assert (made.interval, made.failures_to_confirm, made.successes_to_recover) == (30, 1, 1)


def test_the_registry_hands_the_calls_on(runner: Runner) -> None:
    [check] = build([settings()], heartbeats=lambda name: Said(end_at=clock.now()) if name == "it" else None).all()
    assert ask(runner, check).status is Status.HEALTHY


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ({}, {"every"}),
        ({"every": "1h", "cron": "0 3 * * *"}, {"every"}),
        ({"every": "59s"}, {"every"}),
        ({"every": "367d", "grace": "1h"}, {"every"}),
        ({"every": "1h", "grace": "0s"}, {"grace"}),
        ({"every": "1h", "timezone": "Europe/Berlin"}, {"timezone"}),
        ({"cron": "0 3 * * *", "timezone": "Mars/Olympus"}, {"timezone"}),
        ({"cron": "0 3 * * *", "timezone": "Europe"}, {"timezone"}),
        ({"cron": "0 3 * *"}, {"cron"}),
        ({"cron": "0 0 3 * * *"}, {"cron"}),
        ({"cron": "@daily"}, {"cron"}),
        ({"cron": "0 25 * * *"}, {"cron"}),
        ({"cron": "0 0 31 2 *"}, {"cron"}),
    ],
)
def test_it_refuses_what_cannot_be(told: dict[str, str], keys: set[str]) -> None:
    assert set(faults_of(HeartbeatCheck, token=TOKEN, **told)) == keys


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "x" * 129, "with a space in it", "slash/slash/slash/", f"{TOKEN}\n"]
)
def test_it_refuses_tokens_that_could_be_guessed_or_stand_in_no_address(token: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        settings(token=token)


def test_its_picture_does_not_show_the_token() -> None:
    assert TOKEN not in repr(settings()) and TOKEN not in str(settings())

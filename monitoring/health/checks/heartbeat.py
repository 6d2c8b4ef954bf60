"""A job that calls by itself: the check looks whether its calls come when they should."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import force_setattr

from monitoring import clock
from monitoring.health.check import Answer, LibraryCheck
from monitoring.settings.checks import CheckSettings, Count
from monitoring.settings.kinds import Duration
from monitoring.status import Cause, Status

MINUTE, HOUR = Duration(60), Duration(3600)
LONGEST = Duration(366 * clock.DAY_SECONDS)
CRON_GRACE = Duration(600)
EARLY_SECONDS = 5.0
"""A job's host may be ahead of ours: a call so shortly before its time is that time's call."""

Token = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A[A-Za-z0-9_-]{16,128}\Z",
        description="16 to 128 letters, digits, hyphens and underscores",
        extra={"secret": True},
    ),
]


class HeartbeatSettings(CheckSettings, frozen=True, kw_only=True):
    """A job is expected `every` so often, or when `cron` says so in `timezone`, and may be late by `grace`.

    `grace` defaults to a quarter of `every`, from 1 minute to 1 hour; with `cron` to 10 minutes.
    """

    token: Token
    every: Duration | None = None
    cron: str | None = None
    timezone: str = "UTC"
    grace: Duration | None = None
    interval: Duration = Duration(30)
    failures_to_confirm: Count = 1
    successes_to_recover: Count = 1

    def __post_init__(self) -> None:
        """Fill in what follows from other fields."""
        super().__post_init__()
        if self.grace is None:
            quarter = Duration(min(HOUR, max(MINUTE, (self.every or 0.0) / 4)))
            force_setattr(self, "grace", CRON_GRACE if self.every is None else quarter)

    @property
    def grace_seconds(self) -> float:
        """Return how late a call may be, and how long a job may run."""
        return float(self.grace or 0.0)

    def expected_after(self, at: float) -> float:
        """Return when the call after one at `at` is expected, in Unix seconds."""
        return at + self.every if self.every is not None else next_run(self.cron or "", self.timezone, at)

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if (self.every is None) == (self.cron is None):
            yield "every", "either every or cron"
        if self.every is not None and not MINUTE <= self.every <= LONGEST:
            yield "every", "a duration from 1m to 366d"
        if not 1 <= self.grace_seconds <= LONGEST:
            yield "grace", "a duration from 1s to 366d"
        yield from self._cron_faults()

    def _cron_faults(self) -> Iterator[tuple[str, str]]:
        zone = _zone(self.timezone)
        if zone is None:
            yield "timezone", "a time zone such as Europe/Berlin"
        elif self.cron is None and self.timezone != "UTC":
            yield "timezone", "a cron expression with it: every is the same in all time zones"
        if self.cron is not None and not _is_cron(self.cron):
            yield "cron", 'five fields that some time matches, such as "0 3 * * *"'


class Calls(Protocol):
    """The last calls of a job: Unix seconds, None where none came."""

    @property
    def start_at(self) -> float | None:
        """Return when it last said that it begins."""

    @property
    def end_at(self) -> float | None:
        """Return when it last said that it has ended."""

    @property
    def running(self) -> bool:
        """Return whether it has not ended since it last said that it begins."""

    @property
    def failed(self) -> bool:
        """Return whether it then said that it failed."""

    @property
    def exit_code(self) -> int | None:
        """Return the exit code it ended with, None where it said none."""

    @property
    def seconds(self) -> float | None:
        """Return how long it ran, None where it had not said that it begins."""


LastCalls = Callable[[str], Calls | None]
"""Returns the last calls for the check of a name, None where nobody ever called; it may raise."""


class HeartbeatCheck(LibraryCheck[HeartbeatSettings]):
    """Judges a job by its last calls. Where they cannot be read, nothing is known: the job is not to blame."""

    type = "heartbeat"
    settings_type = HeartbeatSettings
    failure_status = Status.UNKNOWN

    def __init__(self, settings: HeartbeatSettings, last_calls: LastCalls = lambda _: None) -> None:
        super().__init__(settings)
        self._last_calls = last_calls

    def ask(self) -> Answer:
        """Return the verdict of now; whatever the reading of the calls raises."""
        calls = self._last_calls(self.name)
        if calls is None:
            return Answer(status=Status.UNKNOWN, error="the job has never called", timed=False)
        return judge(self.settings, calls, clock.now())


def judge(settings: HeartbeatSettings, calls: Calls, now: float) -> Answer:
    """Return what the last calls say at `now` (Unix seconds); a job is well only after it has said so itself."""
    if calls.end_at is None:
        return _unfinished(settings, calls, now) or _said(calls, None, Status.UNKNOWN, None, "it has never ended yet")
    expected_at = settings.expected_after(calls.end_at)
    if calls.failed:
        code = "" if calls.exit_code is None else f" with exit code {calls.exit_code}"
        return _said(calls, expected_at, Status.UNHEALTHY, Cause.STATUS, f"the job failed{code}")
    unfinished = _unfinished(settings, calls, now, expected_at)
    if unfinished is not None:
        return unfinished
    if now > expected_at and not _begun_in_time(settings, calls, expected_at):
        return _overdue(settings, calls, now, expected_at)
    return _said(calls, expected_at)


def _unfinished(
    settings: HeartbeatSettings, calls: Calls, now: float, expected_at: float | None = None
) -> Answer | None:
    """Return the verdict on a job that began and has not ended within the grace, None where there is no such job."""
    if calls.start_at is None or not calls.running or now <= calls.start_at + settings.grace_seconds:
        return None
    error = f"begun at {clock.iso(calls.start_at)} and not ended since"
    return _said(calls, expected_at, Status.UNHEALTHY, Cause.TIMEOUT, error)


def _overdue(settings: HeartbeatSettings, calls: Calls, now: float, expected_at: float) -> Answer:
    since = clock.iso(expected_at)
    if now <= expected_at + settings.grace_seconds:
        return _said(calls, expected_at, Status.DEGRADED, Cause.TIMEOUT, f"late since {since}")
    return _said(calls, expected_at, Status.UNHEALTHY, Cause.TIMEOUT, f"missing since {since}")


def _begun_in_time(settings: HeartbeatSettings, calls: Calls, expected_at: float) -> bool:
    """Return whether it runs, and began before it was missing: a job that only ever begins must not look well."""
    return calls.running and (calls.start_at or 0.0) <= expected_at + settings.grace_seconds


def _said(
    calls: Calls,
    expected_at: float | None,
    status: Status = Status.HEALTHY,
    cause: Cause | None = None,
    error: str | None = None,
) -> Answer:
    """Return an answer with all that is known; the time it took to read it says nothing about the job."""
    return Answer(status=status, cause=cause, error=error, details=_details(calls, expected_at), timed=False)


def _details(calls: Calls, expected_at: float | None) -> dict[str, Any]:
    last_at = max(each for each in (calls.start_at, calls.end_at) if each is not None)
    return {
        "last_call_at": clock.iso(last_at),
        "last_start_at": None if calls.start_at is None else clock.iso(calls.start_at),
        "seconds": calls.seconds,
        "exit_code": calls.exit_code,
        "expected_at": None if expected_at is None else clock.iso(expected_at),
    }


def next_run(cron: str, timezone: str, at: float) -> float:
    """Return the first time after `at` (Unix seconds) that a cron expression names in a time zone.

    Where clocks are put forward or back, a job at a set hour is expected once, as Debian's cron has it. StopIteration
    where the expression names no time within 50 years.
    """
    from cronsim import CronSim

    begun = datetime.fromtimestamp(at + EARLY_SECONDS, _zone(timezone) or UTC)
    return float(next(CronSim(cron, begun)).timestamp())


def _is_cron(cron: str) -> bool:
    """Return whether an expression has five fields and is ever due."""
    from cronsim import CronSim, CronSimError

    try:
        return len(cron.split()) == 5 and next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))) is not None
    except (CronSimError, StopIteration):
        return False


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # the last: the name of a folder
        return None

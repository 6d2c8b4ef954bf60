"""Words for the public: statuses, causes, durations, shares and times; nothing that names a host or an error."""

from functools import lru_cache
from math import floor

from monitoring import clock, status
from monitoring.clock import DAY_SECONDS, utc
from monitoring.maintenance import Window
from monitoring.overview.ages import reached_step
from monitoring.overview.views import CheckView, Outage, Overview, Span
from monitoring.status import Cause, Status

UNLISTED = "a system not listed here"
"""What strangers read in place of a private check's title."""

STATE_WORDS = {
    Status.HEALTHY: "Operational",
    Status.DEGRADED: "Degraded",
    Status.UNHEALTHY: "Down",
    Status.UNKNOWN: "No data",
}

MAINTENANCE = "maintenance"
"""How a check that is being worked on looks, whatever its state: a fifth look beside those of the states."""
IN_MAINTENANCE = "In maintenance"

CAUSE_WORDS = status.CAUSE_WORDS
duration = clock.duration

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_LONG_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def percent(share: float, digits: int = 2) -> str:
    """Return `share` (0 to 1) in percent, rounded down: 100 % is said of the whole only."""
    if share >= 1:
        return "100 %"
    scale = 10**digits
    # The thousandth of a unit forgives binary fractions: 0.9995 is 99.95 %, not 99.94 %.
    steps = min(floor(share * 100 * scale + 0.001), 100 * scale - 1)
    return f"{max(0, steps) / scale:.{digits}f} %"


def latency(seconds: float | None) -> str:
    """Return a response time, such as `0.8 ms`, `12 ms` or `1.25 s`; `no data` for None."""
    if seconds is None:
        return "no data"
    milliseconds = seconds * 1000
    if milliseconds >= 999.5:
        return f"{seconds:.2f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 9.95 else f"{milliseconds:.1f} ms"


@lru_cache(maxsize=256)
def day(at: float) -> str:
    """Return the UTC day of `at`, such as `Mon 23 Nov 2026`."""
    moment = utc(at)
    return f"{_DAYS[moment.weekday()]} {short_day(at)} {moment.year}"


def short_day(at: float) -> str:
    """Return the UTC day of `at` without its year, such as `23 Nov`."""
    moment = utc(at)
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}"


def month_name(month: str) -> str:
    """Return `2026-11` as `November 2026`."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def clock_time(at: float) -> str:
    """Return the UTC time of day of `at`, such as `12:03`."""
    moment = utc(at)
    return f"{moment.hour:02}:{moment.minute:02}"


def hour(at: float) -> str:
    """Return the UTC hour of `at` and its day, such as `23 Nov, 12:00 UTC`."""
    return f"{short_day(at)}, {clock_time(at)} UTC"


def stamp(at: float) -> str:
    """Return `at` to the second, such as `2026-11-23 12:03:10 UTC`."""
    return f"{utc(at):%Y-%m-%d %H:%M:%S} UTC"


def moment(at: float, until: float) -> str:
    """Return `at` as a reader at `until` says it: `11:21 UTC` of the same day, else `21 Nov, 11:21 UTC`."""
    return f"{clock_time(at)} UTC" if utc(at).date() == utc(until).date() else hour(at)


def present(overview: Overview) -> float:
    """Return the time up to which the page speaks: that of its newest result, so that every worker says the same."""
    return overview.judged_at if overview.data_at is None else overview.data_at


def age_step(overview: Overview) -> int:
    """Return the largest of the steps that the data's age has reached, in seconds; 0 below them all."""
    return reached_step(overview.judged_at - present(overview))


def age(overview: Overview) -> str:
    """Return how old the data is, such as `more than 2 minutes old`; empty while it is fresh."""
    step = age_step(overview)
    for size, unit in _LONG_UNITS:
        if step >= size:
            count = step // size
            return f"more than {count} {unit}{'s' if count > 1 else ''} old"
    return ""


def days_watched(check: CheckView) -> int:
    """Return how many days ago the check was first observed, today counted; 0 when never, at most its days."""
    first = next((index for index, span in enumerate(check.days) if span.observed_seconds > 0), len(check.days))
    return len(check.days) - first


def period(days: int) -> str:
    """Return the span an uptime speaks of: `over 90 days`, or `today` where there is no more."""
    return "today" if days == 1 else f"over {days} days"


def uptime(check: CheckView) -> str:
    """Return the uptime with its span and coverage, such as `99.95 % uptime over 90 days, 98.7 % observed`."""
    if check.uptime is None:
        return "No data over 90 days"
    observed = percent(check.coverage, 1)
    return f"{percent(check.uptime)} uptime {period(days_watched(check))}, {observed} observed"


def look(check: CheckView) -> str:
    """Return the name of a check's icon and colours: its status, or `maintenance`."""
    return MAINTENANCE if check.in_maintenance else check.status.value


def state(check: CheckView) -> str:
    """Return how a check is, in a word or two."""
    return IN_MAINTENANCE if check.in_maintenance else STATE_WORDS[check.status]


def state_since(check: CheckView, until: float) -> str:
    """Return status and age in words: `Down since 11:21 UTC, for 42 min`; of maintenance no age is said."""
    words = state(check)
    if check.since is None or check.in_maintenance:
        return words
    return f"{words} since {moment(check.since, until)}, for {duration(max(0.0, until - check.since))}"


def reason(check: CheckView, overview: Overview) -> str:
    """Return why a check is broken, in public words; empty where nothing is known.

    The title of a private check it depends on is not said.
    """
    words = [CAUSE_WORDS[check.cause]] if check.cause else []
    if check.blamed_on:
        blamed = next((each for each in overview.checks if each.settings.title == check.blamed_on), None)
        title = check.blamed_on if blamed and blamed.settings.public else UNLISTED
        words.append(f"because {title} is {_plainly(blamed)}")
    return ", ".join(words)


def _plainly(blamed: CheckView | None) -> str:
    if blamed is not None and blamed.in_maintenance:
        return IN_MAINTENANCE.lower()
    return plain_state(blamed.status if blamed else Status.UNHEALTHY)


def plain_state(status: Status) -> str:
    """Return what something broken is, in the middle of a sentence."""
    return {Status.DEGRADED: "degraded", Status.UNHEALTHY: "down"}.get(status, "not well")


def outage_duration(outage: Outage, until: float) -> str:
    """Return how long an outage lasted, or has lasted by `until`."""
    words = duration(outage.seconds(until))
    return words if outage.ended_at is not None else f"{words} so far"


def outage_cause(outage: Outage) -> str:
    """Return an outage's cause in public words, with a capital."""
    return CAUSE_WORDS[outage.cause or Cause.UNKNOWN].capitalize()


def outage_story(outage: Outage, until: float) -> str:
    """Return an outage in one line, such as `Down for 42 min, 11:21 to 12:03 UTC: no answer in time`."""
    state, cause = STATE_WORDS[outage.worst], CAUSE_WORDS[outage.cause or Cause.UNKNOWN]
    length, began = duration(outage.seconds(until)), clock_time(outage.started_at)
    if outage.ended_at is None:
        return f"{state} for {length} so far, since {began} UTC: {cause}"
    return f"{state} for {length}, {began} to {moment(outage.ended_at, outage.started_at)}: {cause}"


def window_moments(window: Window) -> tuple[str, str]:
    """Return when a window begins and ends: `Sun 29 Nov 2026, 02:00` and `03:00 UTC`, or `30 Nov, 01:00 UTC`."""
    return f"{day(window.starts_at)}, {clock_time(window.starts_at)}", moment(window.ends_at, window.starts_at)


def day_figures(span: Span, until: float) -> tuple[str, str, str, str, str]:
    """Return a day's uptime, time down, degraded and in maintenance, and the share observed of the rest.

    The day of `until` is judged up to it.
    """
    worked = duration(span.maintenance_seconds) if span.maintenance_seconds > 0 else ""
    if span.uptime is None:
        return ("no data", "", "", worked, "0 %") if not worked else (IN_MAINTENANCE.lower(), "", "", worked, "")
    elapsed = min(DAY_SECONDS, until - span.start) if until > span.start else DAY_SECONDS
    down, degraded = (duration(seconds) for seconds in (span.down_seconds, span.degraded_seconds))
    possible = max(span.observed_seconds, elapsed - span.maintenance_seconds)
    return percent(span.uptime), down, degraded, worked, percent(span.observed_seconds / possible, 1)


def speed(check: CheckView) -> str:
    """Return the latency over 24 hours, such as `24 h: p50 12 ms, p95 40 ms`; a job that calls has none."""
    if check.settings.type == "heartbeat":
        return "A job that calls when it is done"
    if check.p50 is None:
        return "24 h: no answers"
    return f"24 h: p50 {latency(check.p50)}, p95 {latency(check.p95)}"


def summary(check: CheckView) -> str:
    """Return one check in one breath, for those who do not see its row."""
    words = [state(check).lower(), uptime(check)]
    if check.p50 is not None:
        words.append(f"answers in {latency(check.p50)}")
    return "; ".join(words)

"""Time: wall clock for what is stored, monotonic clock for what is waited for.

Every time in Daymark is a float of Unix seconds (UTC by definition), in memory and in the store; names end in `_at`.
Durations are seconds; names end in `_seconds`.
"""

import time
from datetime import UTC, datetime
from itertools import pairwise

HOUR_SECONDS = 3600.0
DAY_SECONDS = 86400.0
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def now() -> float:
    """Return the wall clock in Unix seconds."""
    return time.time()


def monotonic() -> float:
    """Return seconds of a clock that never jumps; only differences mean anything."""
    return time.monotonic()


def utc(at: float) -> datetime:
    """Return `at` (Unix seconds) as an aware datetime."""
    return datetime.fromtimestamp(at, UTC)


def iso(at: float) -> str:
    """Return `at` as RFC 3339 with milliseconds, such as `2026-11-23T12:03:10.123Z`."""
    return utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(at: float) -> str:
    """Return the UTC day of `at`, such as `2026-11-23`."""
    return utc(at).date().isoformat()


def hour_start(at: float) -> int:
    """Return the start of the UTC hour that holds `at`."""
    return int(at // HOUR_SECONDS * HOUR_SECONDS)


def day_start(at: float) -> int:
    """Return the start of the UTC day that holds `at`."""
    return int(at // DAY_SECONDS * DAY_SECONDS)


def duration(seconds: float) -> str:
    """Return `seconds` in its two largest units, such as `1 h 5 min`; from ten minutes on, seconds are not said."""
    if 0 < seconds < 1:
        return "under 1 s"
    whole = int(seconds)
    for (size, unit), (smaller, small_unit) in pairwise(_UNITS):
        if whole >= size:
            rest = 0 if 600 <= whole < 3600 else whole % size // smaller
            return f"{whole // size} {unit} {rest} {small_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"

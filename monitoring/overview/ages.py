"""At which moment a stored version is judged, so that every worker draws the same picture of it. Pure."""

from bisect import bisect_right
from collections.abc import Iterable

from monitoring.clock import DAY_SECONDS

STEPS_SECONDS = (60, 120, 300, 600, 1800, 3600, 3 * 3600, 12 * 3600)
"""Ages of the data at which a page that nothing else changed says so, and after a day each day."""


def judged_at(now: float, data_at: float, changes_at: Iterable[float]) -> float:
    """Return the last moment up to `now` at which something about unchanged data became worth saying.

    `data_at` is the time of the newest result; `changes_at` are other times at which it is to be drawn anew: when a
    check's last result becomes too old to count, when maintenance begins or ends.
    A reader whose clock is behind the writer's judges at `data_at`.
    """
    moments = sorted({data_at, *(data_at + step for step in STEPS_SECONDS), *_days(now, data_at), *changes_at})
    passed = bisect_right(moments, now)
    return max(data_at, moments[passed - 1]) if passed else data_at


def reached_step(age_seconds: float) -> int:
    """Return the largest step that an age has reached, in seconds, or its whole days; 0 below them all."""
    age = age_seconds + 0.001  # a moment that is a step away from another may fall short of it by a binary fraction
    days = int(age // DAY_SECONDS)
    return days * int(DAY_SECONDS) or max((step for step in STEPS_SECONDS if age >= step), default=0)


def _days(now: float, data_at: float) -> Iterable[float]:
    whole = (now - data_at) // DAY_SECONDS
    return (data_at + whole * DAY_SECONDS,) if whole >= 1 else ()

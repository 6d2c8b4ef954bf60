"""Recurrence rules (RFC 5545): which are taken, and when they let a window begin. Pure.

They count in local time: a window at 02:00 stays at 02:00. Where the clocks go forward over that time, it begins with
the offset before, at what is then called 03:00; where it comes twice, it begins at the first: as RFC 5545 has it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from monitoring.clock import DAY_SECONDS

MOST_WINDOWS = 10_000
"""So many windows has a plan at most: 27 years of a daily one."""
_LETTERS = 200
_HORIZON_SECONDS = 32 * DAY_SECONDS
_YEAR_DAY = r"[+-]?(?:0{0,2}[1-9]|0?[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])"
_WEEK = r"(?:0?[1-9]|[1-4]\d|5[0-3])"


def _list_of(item: str) -> str:
    return f"{item}(?:,{item})*"


# The bounds are RFC 5545's own; of numbers beyond them dateutil refuses some, and others only as it counts.
_PARTS = {
    # No more often than once a day, and so no BYHOUR: nobody can plan a window a second.
    "FREQ": "DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYDAY": _list_of(f"(?:[+-]?{_WEEK})?(?:MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTH": _list_of("(?:0?[1-9]|1[0-2])"),
    "BYMONTHDAY": _list_of(r"[+-]?(?:0?[1-9]|[12]\d|3[01])"),
    "BYYEARDAY": _list_of(_YEAR_DAY),
    "BYWEEKNO": _list_of(f"[+-]?{_WEEK}"),
    "BYSETPOS": _list_of(_YEAR_DAY),
    "WKST": "[A-Z]{2}",
}


def canonical(rule: str, zone: ZoneInfo) -> str:
    """Return a rule as every calendar takes it: UNTIL, which people write as a day or in local time, in UTC.

    ValueError for one that is no rule, begins or ends twice, or recurs more often than daily.
    """
    parts = _parts(rule)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    rrulestr(_text(parts), dtstart=datetime(2000, 1, 1, tzinfo=UTC))  # says what else is wrong
    return _text(parts)


def _parts(rule: str) -> dict[str, str]:
    """Return the parts of a rule by name; ValueError for others than those in `_PARTS`."""
    text = rule.strip().upper().removeprefix("RRULE:")
    pairs = [part.partition("=")[::2] for part in text.split(";")]
    parts = dict(pairs)
    known = all(name in _PARTS and re.fullmatch(_PARTS[name], value, re.ASCII) for name, value in pairs)
    if (
        not known
        or len(parts) < len(pairs)
        or len(text) > _LETTERS
        or "FREQ" not in parts
        or {"COUNT", "UNTIL"} <= {*parts}
        or _ordinal(parts) > _most_ordinal(parts)
    ):
        raise ValueError("not a rule that is taken")
    return parts


def _ordinal(parts: dict[str, str]) -> int:
    """Return the largest number before a weekday (the 5 of `-5SU`), 0 where there is none."""
    return max((int(number) for number in re.findall(r"\d+", parts.get("BYDAY", ""))), default=0)


def _most_ordinal(parts: dict[str, str]) -> int:
    """Return how often a weekday can come in what a rule counts it in: a month, a year, or neither."""
    if parts["FREQ"] in ("DAILY", "WEEKLY") or "BYWEEKNO" in parts:
        return 0
    return 5 if parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts else 53


def _text(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _until(value: str, zone: ZoneInfo) -> datetime:
    """Return the last moment of a rule; a day is meant whole."""
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.strptime(value if "T" in value else f"{value}T235959", "%Y%m%dT%H%M%S").replace(tzinfo=zone)


def begins_with(rule: str, first_at: float, zone: ZoneInfo) -> bool:
    """Return whether a canonical rule names `first_at` (Unix seconds) itself, as calendars take for granted.

    A rule that never comes true is searched up to the year 9999. The calendar repeats each 400 years, so the search
    begins in the last year that is like this one, which takes a fifth of a second at most.
    """
    local = _local(first_at, zone)
    late = local.replace(year=local.year + (9999 - local.year) // 400 * 400)
    parts = {name: value for name, value in _parts(rule).items() if name not in ("UNTIL", "COUNT")}
    return next(iter(rrulestr(_text(parts), dtstart=late)), None) == late


def starts(rule: str, first_at: float, zone: ZoneInfo) -> Iterator[float]:
    """Yield when windows begin (Unix seconds), in order, from `first_at` on, at most MOST_WINDOWS."""
    parts, first, last = _parts(rule), _local(first_at, zone), float("-inf")
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone).astimezone(zone).strftime("%Y%m%dT%H%M%S")
    for local in islice(rrulestr(_text(parts), dtstart=first), MOST_WINDOWS):
        # The first may be the second 02:30 of its day; no day that a zone skipped may come twice.
        at = first_at if local == first else local.replace(tzinfo=zone).timestamp()
        if at > last:
            last = at
            yield at


def _local(at: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None, microsecond=0, fold=0)


def starts_until(rule: str, first_at: float, timezone: str, until: float) -> tuple[float, ...]:
    """Return when windows begin, from the first on, up to `until` and a little further."""
    return _starts_until(rule, first_at, timezone, (until // _HORIZON_SECONDS + 1) * _HORIZON_SECONDS)


@lru_cache(maxsize=64)
def _starts_until(rule: str, first_at: float, timezone: str, until: float) -> tuple[float, ...]:
    found = []
    for at in starts(rule, first_at, ZoneInfo(timezone)):
        if at > until:
            break
        found.append(at)
    return tuple(found)

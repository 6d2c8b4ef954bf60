"""Words for admins: counts, shares, money, sizes, times to the second."""

from collections.abc import Callable
from typing import Any

import msgspec
from markupsafe import Markup

from monitoring.clock import utc
from monitoring.logs.redaction import redact, redact_text
from monitoring.metrics.catalogue import Unit, find
from monitoring.web import wording

NOTHING = "\N{EN DASH}"
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def masked(value: Any) -> Any:
    """Return what a template prints with every secret in it masked; markup is our own and stays."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else redact_text(value)


def count(value: float) -> str:
    """Return a count with its thousands apart, such as `12,345`; `0.25` where it is not whole."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.3g}"


def share(part: float, whole: float) -> str:
    """Return `part` of `whole` in percent; what is a little more than nothing is `< 0.01 %`."""
    if whole <= 0:
        return NOTHING
    percent = part / whole * 100
    return "< 0.01 %" if 0 < percent < 0.01 else f"{percent:.2f} %" if percent < 10 else f"{percent:.0f} %"


def milliseconds(value: float | None) -> str:
    """Return a duration in milliseconds, such as `12 ms`, `1.25 s` or `2 min 5 s`; a dash for None."""
    if value is None:
        return NOTHING
    return wording.latency(value / 1000) if value < 60_000 else wording.duration(value / 1000)


def seconds(value: float) -> str:
    """Return a duration in seconds as `milliseconds` does."""
    return milliseconds(value * 1000)


def money(dollars: float) -> str:
    """Return an amount, such as `$1,234.50`; four digits of what is less than a cent."""
    digits = 4 if 0 < abs(dollars) < 0.01 else 2
    return f"${dollars:,.{digits}f}"


def size(value: float) -> str:
    """Return bytes, such as `128 MB`."""
    for unit, name in _SIZES:
        if value >= unit:
            return f"{value / unit:.3g} {name}" if value < 1000 * unit else f"{value / unit:,.0f} {name}"
    return f"{value:.0f} B"


def minute(at: float) -> str:
    """Return the UTC minute of `at`, such as `12:03 UTC`."""
    return f"{wording.clock_time(at)} UTC"


def second(at: float) -> str:
    """Return `at` to the second with its day, such as `23 Nov, 12:03:10`."""
    return f"{wording.short_day(at)}, {utc(at):%H:%M:%S}"


def ago(at: float, now: float) -> str:
    """Return how long ago `at` was, such as `5 min ago`."""
    return f"{wording.duration(max(0.0, now - at))} ago"


def plain(value: Any) -> str:
    """Return a detail as text: a string as it is, anything else as JSON; secrets masked, the keys' own too."""
    shown = redact(value)
    return shown if isinstance(shown, str) else msgspec.json.encode(shown).decode()


def pairs(details: Any) -> list[tuple[str, str]]:
    """Return details as (name, text), secrets masked; one pair without a name where they are no mapping."""
    shown = redact(details)
    if not isinstance(shown, dict):
        return [("", plain(shown))] if shown else []
    return [
        (key, value if isinstance(value, str) else msgspec.json.encode(value).decode()) for key, value in shown.items()
    ]


def figure(name: str, value: float | None) -> str:
    """Return a value of the metric `name` in its unit; a dash for None."""
    if value is None:
        return NOTHING
    found = find(name)
    return _IN_UNIT[found[0].unit](value) if found else count(value)


_IN_UNIT: dict[Unit, Callable[[float], str]] = {
    Unit.NONE: count,
    Unit.MILLISECONDS: milliseconds,
    Unit.BYTES: size,
    Unit.DOLLARS: money,
}


_SAID = frozenset(
    ("timestamp", "level", "message", "stack", "correlation_id", "service", "environment", "hostname", "version")
)


def extra(line: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a log line that say more than where it was written and what its head says."""
    return {key: value for key, value in line.items() if key not in _SAID and value is not None}

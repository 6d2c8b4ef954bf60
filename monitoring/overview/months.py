"""Looking back month by month."""

from collections.abc import Mapping
from datetime import UTC, datetime

from monitoring.clock import DAY_SECONDS, utc
from monitoring.overview.outages import outages_of
from monitoring.overview.views import Month
from monitoring.store import rollups, transitions
from monitoring.store.database import Connection


def month_of(connection: Connection, name: str, titles: Mapping[str, str], now: float) -> Month | None:
    """Return one month of the checks named in `titles`; None where it is no month, or none within reach."""
    months = _months(rollups.first_day(connection, titles.keys()), now)
    if name not in months:
        return None
    start, end = _bounds(name)
    # All changes since, not only the month's: an outage may have ended later.
    outages = outages_of(transitions.between(connection, titles, start, now + DAY_SECONDS), titles)
    return Month(
        name=name,
        months=months,
        outages=tuple(item for item in outages if item.started_at < end and (item.ended_at or now) > start),
        observed=rollups.observed(connection, titles.keys(), start, end) > 0,
    )


def this_month(now: float) -> str:
    """Return the UTC month of `now` as `YYYY-MM`."""
    return utc(now).strftime("%Y-%m")


def _months(first: float | None, now: float) -> tuple[str, ...]:
    month = utc(now)
    oldest = month if first is None else utc(first)
    names = []
    while (month.year, month.month) >= (oldest.year, oldest.month):
        names.append(month.strftime("%Y-%m"))
        month = _before(month)
    return tuple(names)


def _before(month: datetime) -> datetime:
    return datetime(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1, tzinfo=UTC)


def _bounds(name: str) -> tuple[float, float]:
    first = datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC)
    following = datetime(first.year + first.month // 12, first.month % 12 + 1, 1, tzinfo=UTC)
    return first.timestamp(), following.timestamp()

"""Looking back month by month."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from monitoring.clock import DAY_SECONDS, utc
from monitoring.maintenance import Window, covering, windows
from monitoring.overview.outages import outages_of, outside_windows
from monitoring.overview.views import Month, Outage
from monitoring.settings.checks import CheckSettings
from monitoring.store import incidents, maintenances, rollups, transitions
from monitoring.store.database import Connection


def month_of(connection: Connection, name: str, checks: Collection[CheckSettings], now: float) -> Month | None:
    """Return one month of the given checks; None where it is no month, or none within reach."""
    names = [check.name for check in checks]
    months = _months(rollups.first_day(connection, names), now)
    if name not in months:
        return None
    start, end = _bounds(name)
    known = windows(maintenances.current(connection, start), start, now)
    outages = _outages(connection, checks, known, start, now)
    return Month(
        name=name,
        months=months,
        outages=tuple(item for item in outages if item.started_at < end and (item.ended_at or now) > start),
        observed=rollups.observed(connection, names, start, end) > 0,
        incidents=tuple(incidents.between(connection, start, end)),
        windows=tuple(window for window in known if window.starts_at < end),
    )


def _outages(
    connection: Connection, checks: Iterable[CheckSettings], known: Collection[Window], start: float, now: float
) -> list[Outage]:
    """Return the outages since `start` outside maintenance; not only the month's: one may have ended later."""
    titles = {check.name: check.title for check in checks}
    covered = {check.name: covering(known, check.name, check.group) for check in checks}
    found = outages_of(transitions.between(connection, titles, start, now + DAY_SECONDS), titles)
    return outside_windows(found, lambda name: covered[name], now)


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

"""Reading the overview: at most what changed since the last time, from rollup rows only."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.health.aggregate import whole_of
from monitoring.overview.ages import judged_at
from monitoring.overview.memory import DAYS, ReaderMemory, Windows, span, window
from monitoring.overview.outages import outages_of
from monitoring.overview.views import CheckView, History, Overview
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status
from monitoring.store import facts, leases, rollups, transitions
from monitoring.store.database import Database
from monitoring.store.states import StoredState

WEEK_HOURS = 7 * 24


class Reader:
    """Draws the overview from the store. `checks` returns the checks that are to be shown, in their order."""

    def __init__(self, database: Database, checks: Callable[[], Sequence[CheckSettings]]) -> None:
        self._database, self._checks = database, checks
        self._memory = ReaderMemory()
        self._made_up: bool | None = None
        self._last: Overview | None = None

    def refresh(self, now: float) -> Overview:
        """Read what changed and return the overview; any of StoreError where the store is away.

        Where nothing changed it is the same object as the time before.
        """
        with self._database.read() as connection:
            if self._made_up is None:
                self._made_up = facts.get(connection, facts.MADE_UP) is not None
            version = leases.read(connection).version
            if version != self._memory.version:
                self._memory.refresh(connection, version, now)
        return self.overview(now)

    def overview(self, now: float) -> Overview:
        """Return the overview of what was read last, as it is to be judged now."""
        checks = self._checks()
        states = [self._memory.checks[settings.name].state for settings in checks]
        data_at = max((state.last.finished_at for state in states if state), default=None)
        moment = day_start(now) if data_at is None else judged_at(now, data_at, _stale_at(checks, states))
        last = self._last
        if last is None or (last.version, last.judged_at) != (self._memory.version, moment):
            self._last = last = self._drawn(checks, data_at, moment)
        return last

    def _drawn(self, checks: Sequence[CheckSettings], data_at: float | None, moment: float) -> Overview:
        views = [self._view(settings, moment) for settings in checks]
        return Overview(
            version=self._memory.version,
            status=whole_of((view.settings, view.status) for view in views),
            checks=tuple(_blamed(views)),
            data_at=data_at,
            judged_at=moment,
            made_up=bool(self._made_up),
        )

    def history(self, view: CheckView, now: float) -> History:
        """Return a week of hours and 90 days of outages of one check; any of StoreError."""
        name, since = view.settings.name, day_start(now) - (DAYS - 1) * DAY_SECONDS
        with self._database.read() as connection:
            rows = rollups.load(connection, "hour", now - WEEK_HOURS * HOUR_SECONDS, check=name)
            changes = transitions.between(connection, [name], since, now + DAY_SECONDS)
        hours = {start: span(start, row) for (_, start), row in rows.items()}
        outages = [item for item in outages_of(changes, {name: view.settings.title}) if (item.ended_at or now) > since]
        return History(view, window(hours, hour_start(now), HOUR_SECONDS, WEEK_HOURS), tuple(outages))

    def _view(self, settings: CheckSettings, moment: float) -> CheckView:
        seen = self._memory.checks[settings.name]
        windows = seen.windows(day_start(moment), hour_start(moment))
        days, hours = windows.days, windows.hours
        uptime, coverage = _uptime(windows, moment)
        if seen.state is None:
            return CheckView(settings, Status.UNKNOWN, days=days, hours=hours, uptime=uptime, coverage=coverage)
        state, last = seen.state, seen.state.last
        stale = last.finished_at + settings.stale_after_seconds <= moment
        well = state.status is Status.HEALTHY or stale
        return CheckView(
            settings=settings,
            status=Status.UNKNOWN if stale else state.status,
            since=last.finished_at if stale else state.since,
            cause=None if well else state.cause,
            error=last.error,
            checked_at=last.finished_at,
            response_seconds=last.response_seconds,
            details=last.details,
            phases=last.phases,
            days=days,
            hours=hours,
            uptime=uptime,
            coverage=coverage,
            p50=windows.p50,
            p95=windows.p95,
        )


def _stale_at(checks: Iterable[CheckSettings], states: Iterable[StoredState | None]) -> list[float]:
    pairs = zip(checks, states, strict=True)
    return [state.last.finished_at + settings.stale_after_seconds for settings, state in pairs if state]


def _uptime(windows: Windows, moment: float) -> tuple[float | None, float]:
    """Return uptime and coverage, both shares of 0 to 1.

    The first day counts only as far as it was observed: nobody can have looked before the check was there.
    """
    first, observed = windows.first, windows.observed_seconds
    if first is None:
        return None, 0.0
    possible = first.observed_seconds + max(0.0, moment - first.start - DAY_SECONDS)
    return 1 - windows.down_seconds / observed, min(1.0, observed / possible)


def _blamed(views: Sequence[CheckView]) -> Iterable[CheckView]:
    """Name for each check that is not well the first public one it depends on that is not well either."""
    unwell = {view.settings.name: view for view in views if view.status in (Status.DEGRADED, Status.UNHEALTHY)}
    for view in views:
        parents = (unwell.get(name) for name in view.settings.depends_on if view.settings.name in unwell)
        title = next((parent.settings.title for parent in parents if parent and parent.settings.public), None)
        yield replace(view, blamed_on=title) if title else view

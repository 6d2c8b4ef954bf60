"""Reading the overview: at most what changed since the last time, from rollup rows only."""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from monitoring.clock import DAY_SECONDS, HOUR_SECONDS, day_start, hour_start
from monitoring.health.aggregate import whole_of
from monitoring.maintenance import Window, covering, windows
from monitoring.overview.agenda import Agenda, begun_outside
from monitoring.overview.ages import judged_at
from monitoring.overview.memory import DAYS, TOLD_SECONDS, ReaderMemory, Windows, span, window
from monitoring.overview.months import month_of
from monitoring.overview.outages import outages_of, outside_windows
from monitoring.overview.views import CheckView, History, Month, Outage, Overview
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status
from monitoring.store import facts, leases, maintenances, rollups, transitions
from monitoring.store.database import Connection, Database
from monitoring.store.incidents import Incident
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
        first = day_start(now) if data_at is None else data_at
        agenda = Agenda(self._memory.maintenances, first, now)
        moment = judged_at(now, first, [*_stale_at(checks, states), *agenda.borders()])
        last = self._last
        if last is None or (last.version, last.judged_at) != (self._memory.version, moment):
            self._last = last = self._drawn(checks, agenda, data_at, moment)
        return last

    def _drawn(self, checks: Sequence[CheckSettings], agenda: Agenda, data_at: float | None, moment: float) -> Overview:
        views = [self._view(settings, agenda, moment) for settings in checks]
        return Overview(
            version=self._memory.version,
            status=whole_of((view.settings, view.status) for view in views if not view.in_maintenance),
            checks=tuple(_blamed(views)),
            data_at=data_at,
            judged_at=moment,
            made_up=bool(self._made_up),
            incidents=tuple(each for each in self._memory.incidents if _is_told(each, moment)),
            windows=agenda.told(moment),
        )

    def history(self, view: CheckView, now: float) -> History:
        """Return a week of hours and 90 days of outages of one check; any of StoreError."""
        since = day_start(now) - (DAYS - 1) * DAY_SECONDS
        with self._database.read() as connection:
            first = hour_start(now) - (WEEK_HOURS - 1) * HOUR_SECONDS
            recent = rollups.load(connection, "hour", first, check=view.settings.name)
            outages = _outages(connection, view.settings, since, now)
        hours = {start: span(start, row) for (_, start), row in recent.items()}
        week = window(hours, hour_start(now), HOUR_SECONDS, WEEK_HOURS)
        return History(view, week, tuple(outages))

    def month(self, name: str, now: float) -> Month | None:
        """Return one month of the public checks, None where it is none within reach; any of StoreError."""
        public = [settings for settings in self._checks() if settings.public]
        with self._database.read() as connection:
            return month_of(connection, name, public, now)

    def _view(self, settings: CheckSettings, agenda: Agenda, moment: float) -> CheckView:
        seen = self._memory.checks[settings.name]
        covered = agenda.covering(settings)
        past = seen.windows(day_start(moment), hour_start(moment))
        uptime, coverage = _uptime(past, moment)
        view = CheckView(
            settings,
            Status.UNKNOWN,
            days=past.days,
            hours=past.hours,
            uptime=uptime,
            coverage=coverage,
            p50=past.p50,
            p95=past.p95,
            in_maintenance=any(each.holds(moment) for each in covered),
        )
        return view if seen.state is None else _known(view, seen.state, covered, moment)


def _known(view: CheckView, state: StoredState, covered: Sequence[Window], moment: float) -> CheckView:
    """Return a view that says how the check is, as far as its last result still counts at `moment`."""
    last = state.last
    stale = last.finished_at + view.settings.stale_after_seconds <= moment
    well = state.status is Status.HEALTHY or stale
    since = state.since if well else begun_outside(state.since, covered)
    return replace(
        view,
        status=Status.UNKNOWN if stale else state.status,
        since=last.finished_at if stale else since,
        cause=None if well else state.cause,
        error=last.error,
        checked_at=last.finished_at,
        response_seconds=last.response_seconds,
        details=last.details,
        phases=last.phases,
    )


def _is_told(incident: Incident, moment: float) -> bool:
    """Return whether the front page tells of an incident: it lasts, or lasted until lately."""
    return incident.resolved_at is None or incident.resolved_at > moment - TOLD_SECONDS


def _outages(connection: Connection, settings: CheckSettings, since: float, now: float) -> list[Outage]:
    """Return the outages of one check that lasted beyond `since`, as far as they lie outside maintenance."""
    name = settings.name
    changes = transitions.between(connection, [name], since, now + DAY_SECONDS)
    known = windows(maintenances.current(connection, since), since, now)
    outages = outside_windows(
        outages_of(changes, {name: settings.title}), lambda _: covering(known, name, settings.group), now
    )
    return [item for item in outages if (item.ended_at or now) > since]


def _stale_at(checks: Iterable[CheckSettings], states: Iterable[StoredState | None]) -> list[float]:
    pairs = zip(checks, states, strict=True)
    return [state.last.finished_at + settings.stale_after_seconds for settings, state in pairs if state]


def _uptime(windows: Windows, moment: float) -> tuple[float | None, float]:
    """Return uptime and coverage, both shares of 0 to 1.

    The first day counts only as far as it was observed: nobody can have looked before the check was there. Time in
    maintenance is no time that could have been observed.
    """
    first, observed = windows.first, windows.observed_seconds
    if first is None:
        return None, 0.0
    later = moment - first.start - DAY_SECONDS - windows.maintained_seconds
    possible = first.observed_seconds + max(0.0, later)
    return 1 - windows.down_seconds / observed, min(1.0, observed / possible)


def _blamed(views: Sequence[CheckView]) -> Iterable[CheckView]:
    """Name for each check that is not well the first public one it depends on that is not well either."""
    unwell = {view.settings.name: view for view in views if view.status in (Status.DEGRADED, Status.UNHEALTHY)}
    for view in views:
        parents = (unwell.get(name) for name in view.settings.depends_on if view.settings.name in unwell)
        title = next((parent.settings.title for parent in parents if parent and parent.settings.public), None)
        yield replace(view, blamed_on=title) if title else view

"""Incidents and maintenance in the overview, read from the store."""

import pytest

from monitoring.maintenance import Maintenance
from monitoring.overview.agenda import Agenda, begun_outside
from monitoring.overview.memory import MOST_INCIDENTS
from monitoring.overview.reader import Reader
from monitoring.settings import CheckSettings
from monitoring.status import Status
from monitoring.store import incidents, maintenances
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Incident, Stage
from tests.maintenance.plans import work
from tests.support.history import lived, planned
from tests.support.results import HEALTHY, NOON, UNHEALTHY, UNKNOWN, result, settings

API, DB = settings("api", interval=60, timeout=5), settings("db", interval=60, timeout=5, group="Data")
HOUR, DAY = 3600, 86400


def reader(database: Database, *checks: CheckSettings) -> Reader:
    return Reader(database, lambda: checks or (API, DB))


def told(database: Database, **fields: object) -> None:
    base = {"title": "Slow", "stage": Stage.INVESTIGATING, "impact": Impact.MINOR, "created_at": NOON}
    with database.write() as connection:
        incidents.save(connection, Incident(**{**base, "started_at": NOON, "updated_at": NOON, **fields}))


def minutes(*statuses: Status, start: float = NOON, check: str = "api") -> list:
    return [result(status, start + 60 * minute, check) for minute, status in enumerate(statuses)]


def down(database: Database, plans: list[Maintenance]) -> None:
    """Live through half an hour in which the API is down from 12:05 to 12:20, with some work planned."""
    planned(database, *plans)
    lived(database, [API], minutes(*[HEALTHY] * 5, *[UNHEALTHY] * 15, *[HEALTHY] * 10), plans)


def test_a_window_begins_and_ends_without_any_new_result(database: Database) -> None:
    lived(database, [API, DB], [*minutes(HEALTHY), *minutes(HEALTHY, check="db")])
    planned(database, work(NOON + 30, 45, groups=("Data",)))
    here, drawn = reader(database), []
    for now in (NOON + 29, NOON + 31, NOON + 59, NOON + 74, NOON + 76):
        overview = here.refresh(now)
        drawn.append([view.in_maintenance for view in overview.checks])
        assert overview == reader(database).refresh(now)
    assert drawn == [[False, False], *[[False, True]] * 3, [False, False]]
    assert here.refresh(NOON + 77) is here.refresh(NOON + 110)


def test_a_window_begins_where_nothing_was_ever_observed(database: Database) -> None:
    planned(database, work(NOON + 30, 60))
    here = reader(database)
    assert not here.refresh(NOON + 29).checks[0].in_maintenance
    assert here.refresh(NOON + 31).checks[0].in_maintenance


def test_what_is_being_worked_on_does_not_count_in_the_whole(database: Database) -> None:
    lived(database, [API, DB], [*minutes(HEALTHY), *minutes(UNHEALTHY, check="db")])
    assert reader(database).refresh(NOON + 1).status is UNHEALTHY
    planned(database, work(NOON, checks=("db",)))
    assert reader(database).refresh(NOON + 1).status is HEALTHY
    planned(database, work(NOON, id="everythingis"))
    assert reader(database).refresh(NOON + 1).status is UNKNOWN


def test_what_is_in_progress_and_what_is_ahead_for_two_weeks_is_told(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY))
    for name, start in (("over", -HOUR), ("now", -60), ("soon", 13 * DAY), ("late", 15 * DAY), ("cancelled", HOUR)):
        planned(database, work(NOON + start, 3600 if name == "over" else 90, id=name))
    with database.write() as connection:
        maintenances.end(connection, "cancelled", NOON)
    assert [window.id for window in reader(database).refresh(NOON + 1).windows] == ["now", "soon"]


def test_plans_and_incidents_are_read_when_somebody_changes_them(database: Database) -> None:
    here = reader(database)
    assert (here.refresh(NOON).windows, here.refresh(NOON).incidents) == ((), ())
    planned(database, work(NOON, id="abc"))
    told(database, id="one")
    overview = here.refresh(NOON + 1)
    assert [window.id for window in overview.windows] == ["abc"]
    assert [incident.id for incident in overview.incidents] == ["one"]


def test_incidents_are_told_for_a_week_after_they_were_resolved(database: Database) -> None:
    for name, days_ago in (("old", 7.1), ("late", 6.9)):
        told(database, id=name, started_at=NOON - 10 * DAY, resolved_at=NOON - days_ago * DAY)
    told(database, id="lasts", started_at=NOON - 50 * DAY)
    lived(database, [API], minutes(HEALTHY))
    assert {incident.id for incident in reader(database).refresh(NOON + 1).incidents} == {"late", "lasts"}


def test_what_is_not_resolved_is_told_however_much_has_happened_since(database: Database) -> None:
    told(database, id="lasts", started_at=NOON - DAY)
    for number in range(MOST_INCIDENTS):
        told(database, id=f"over{number}", started_at=NOON - 60, resolved_at=NOON)
    incidents_told = reader(database).refresh(NOON + 1).incidents
    assert len(incidents_told) == MOST_INCIDENTS and incidents_told[-1].id == "lasts"


def test_minutes_of_maintenance_are_neither_up_nor_down_nor_missing(database: Database) -> None:
    # A day before, so that there is a first day: what was missed on that does not count against the check.
    lived(database, [API], minutes(HEALTHY, HEALTHY, start=NOON - DAY))
    down(database, [work(NOON + 5 * 60, 15 * 60)])
    [view, _] = reader(database).refresh(NOON + 29 * 60 + 1).checks
    assert (view.uptime, view.days[-1].maintenance_seconds) == (1.0, 15 * 60)
    possible = 60 + NOON % DAY + 29 * 60 + 1 - 15 * 60
    assert view.coverage == pytest.approx((60 + 125 + 14 * 60) / possible, rel=1e-3)


@pytest.mark.parametrize(
    ("starts_at", "seconds", "outages"),
    [
        (5, 15, []),
        (0, 10, [(10, 20)]),
        (10, 30, [(5, 10)]),
        (10, 5, [(15, 20), (5, 10)]),
        (40, 10, [(5, 20)]),
    ],
)
def test_outages_are_what_lies_outside_of_maintenance(
    database: Database, starts_at: float, seconds: float, outages: list[tuple[float, float]]
) -> None:
    down(database, [work(NOON + 60 * starts_at, 60 * seconds)])
    here, now = reader(database), NOON + 29 * 60 + 1
    history, month = here.history(here.refresh(now).checks[0], now), here.month("2026-09", now)
    for found in (history.outages, month.outages):
        assert [((each.started_at - NOON) / 60, (each.ended_at - NOON) / 60) for each in found] == outages
    assert history.check.days[-1].down_seconds == 60 * sum(end - start for start, end in outages)


def test_an_outage_that_outlasts_its_window_began_at_the_end_of_it(database: Database) -> None:
    planned(database, work(NOON, 300))
    lived(database, [API], minutes(*[HEALTHY] * 3, *[UNHEALTHY] * 5))
    here = reader(database)
    view = here.refresh(NOON + 7 * 60 + 1).checks[0]
    assert (view.status, view.in_maintenance, view.since) == (UNHEALTHY, False, NOON + 300)
    assert [each.started_at for each in here.history(view, NOON + 7 * 60 + 1).outages] == [NOON + 300]


def test_a_group_that_is_worked_on_keeps_its_outages_out_of_the_month(database: Database) -> None:
    plans = [work(NOON, HOUR, groups=("Data",))]
    planned(database, *plans)
    found = [*minutes(HEALTHY, *[UNHEALTHY] * 4), *minutes(HEALTHY, *[UNHEALTHY] * 4, check="db")]
    lived(database, [API, DB], found)
    month = reader(database).month("2026-09", NOON + 241)
    assert [each.check for each in month.outages] == ["api"]


def test_a_month_has_the_incidents_and_the_maintenance_that_touch_it(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, start=NOON - 40 * DAY))
    planned(database, work(NOON - 40 * DAY, 60, id="august"), work(NOON + DAY, 60, id="ahead"))
    planned(database, work(NOON - 20 * DAY, 60, rrule="FREQ=WEEKLY", id="weekly"))
    told(database, id="both", started_at=NOON - 40 * DAY, resolved_at=NOON)
    told(database, id="now", started_at=NOON)
    here = reader(database)
    august, september = (here.month(name, NOON + 1) for name in ("2026-08", "2026-09"))
    assert [window.maintenance.id for window in august.windows] == ["august"]
    assert [window.maintenance.id for window in september.windows] == ["weekly"] * 3
    assert [[each.id for each in month.incidents] for month in (august, september)] == [["both"], ["now", "both"]]


def test_the_month_leaves_out_checks_that_are_not_public(database: Database) -> None:
    vault = settings("vault", public=False)
    lived(database, [vault], minutes(HEALTHY, *[UNHEALTHY] * 4, check="vault"))
    assert reader(database, API, vault).month("2026-09", NOON + 241).outages == ()


def test_windows_that_follow_each_other_are_one_in_which_an_outage_may_begin() -> None:
    agenda = Agenda([work(NOON, 60, id="a"), work(NOON + 60, 60, id="b")], NOON, NOON)
    assert begun_outside(NOON + 30, agenda.covering(API)) == NOON + 120
    assert begun_outside(NOON - 1, agenda.covering(API)) == NOON - 1
    assert begun_outside(None, agenda.covering(API)) is None

"""Reading the overview from the store."""

import pytest

from monitoring.overview.months import month_of
from monitoring.overview.reader import Reader
from monitoring.settings import CheckSettings
from monitoring.status import Status
from monitoring.store import facts
from monitoring.store.database import Database
from tests.support.history import lived
from tests.support.results import HEALTHY, NOON, UNHEALTHY, UNKNOWN, result, settings

API = settings("api", interval=60, timeout=5)
DAY = 86400


def reader(database: Database, *checks: CheckSettings) -> Reader:
    return Reader(database, lambda: checks or (API,))


def minutes(*statuses: Status, start: float = NOON, check: str = "api") -> list:
    return [result(status, start + 60 * minute, check) for minute, status in enumerate(statuses)]


def test_an_empty_store_says_that_nothing_is_known(database: Database) -> None:
    overview = reader(database).refresh(NOON)
    [view] = overview.checks
    assert (overview.status, overview.data_at, view.status, view.uptime) == (UNKNOWN, None, UNKNOWN, None)
    assert (len(view.days), len(view.hours), view.coverage) == (90, 24, 0)


def test_it_shows_what_was_observed(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, HEALTHY, *[UNHEALTHY] * 4))
    overview = reader(database).refresh(NOON + 301)
    [view] = overview.checks
    assert (view.status, view.since, view.cause) == (UNHEALTHY, NOON + 120, "refused")
    assert view.uptime == pytest.approx(1 - 180 / 300)
    assert view.days[-1].down_seconds == view.hours[-1].down_seconds == 180
    assert view.p50 == pytest.approx(0.1, rel=0.01)


def test_a_state_nobody_has_looked_at_lately_is_unknown(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, HEALTHY))
    here = reader(database)
    last = NOON + 60.1
    assert here.refresh(last + 124).status is HEALTHY
    stale = here.refresh(last + 126)
    assert (stale.status, stale.checks[0].since) == (UNKNOWN, pytest.approx(last))


def test_unchanged_data_is_the_same_picture(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY))
    here = reader(database)
    first = here.refresh(NOON + 1)
    assert here.refresh(NOON + 59) is first
    assert here.refresh(NOON + 61) is not first


def test_two_readers_draw_the_same_picture_whatever_they_read_before(database: Database) -> None:
    early, late = reader(database), reader(database)
    for start in range(0, 3600, 300):
        lived(database, [API], minutes(HEALTHY, UNHEALTHY, HEALTHY, start=NOON + start))
        early.refresh(NOON + start + 121)
    assert early.refresh(NOON + 3500) == late.refresh(NOON + 3510)


def test_what_left_the_settings_leaves_the_page_and_keeps_its_history(database: Database) -> None:
    other = settings("other")
    lived(database, [API, other], minutes(HEALTHY, HEALTHY) + minutes(UNHEALTHY, UNHEALTHY, check="other"))
    assert [view.settings.name for view in reader(database).refresh(NOON + 61).checks] == ["api"]
    back = reader(database, other).refresh(NOON + 61)
    assert (back.checks[0].status, back.checks[0].days[-1].down_seconds) == (UNHEALTHY, 60)


def test_days_out_of_the_window_are_not_shown(database: Database) -> None:
    for days_ago in (95, 1):
        lived(database, [API], minutes(UNHEALTHY, UNHEALTHY, start=NOON - days_ago * DAY))
    [view] = reader(database).refresh(NOON).checks
    assert sum(day.down_seconds for day in view.days) == 60 + 125  # the second began with a gap: 2 x 60 s + 5 s
    assert view.days[-2].down_seconds == 60 + 125


def test_the_window_moves_on_at_midnight(database: Database) -> None:
    here = reader(database)
    lived(database, [API], minutes(HEALTHY, HEALTHY, start=NOON - 89 * DAY))
    lived(database, [API], minutes(HEALTHY))
    assert here.refresh(NOON).checks[0].days[0].observed_seconds == 60
    lived(database, [API], minutes(HEALTHY, start=NOON + DAY))
    assert here.refresh(NOON + DAY).checks[0].days[0].observed_seconds == 0


def test_a_check_is_blamed_on_what_it_depends_on(database: Database) -> None:
    parent, child = settings("database", title="The database"), settings("api", depends_on=("database",))
    lived(database, [parent, child], minutes(UNHEALTHY) + minutes(UNHEALTHY, check="database"))
    views = reader(database, parent, child).refresh(NOON + 1).checks
    assert [view.blamed_on for view in views] == [None, "The database"]


def test_coverage_counts_from_the_first_day_on(database: Database) -> None:
    midnight = NOON + DAY / 2
    lived(database, [API], minutes(HEALTHY, HEALTHY))
    lived(database, [API], minutes(*[HEALTHY] * 10, start=midnight))
    [view] = reader(database).refresh(midnight + 541).checks
    assert view.coverage == pytest.approx((60 + 125 + 540) / (60 + 125 + 541), abs=0.2)


def test_a_reader_that_was_there_before_and_one_that_was_not_agree_on_old_data(database: Database) -> None:
    old, now = reader(database), NOON + 26 * 3600
    lived(database, [API], minutes(HEALTHY, start=NOON - 20 * 3600))
    old.refresh(NOON - 20 * 3600 + 1)
    lived(database, [API], minutes(HEALTHY, HEALTHY))
    old.refresh(NOON + 61)
    assert old.refresh(now) == reader(database).refresh(now)
    assert old.refresh(now).checks[0].p50 is None


def test_a_result_that_tells_nothing_does_not_make_an_old_state_look_fresh(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, UNKNOWN, UNKNOWN, UNKNOWN))
    [view] = reader(database).refresh(NOON + 181).checks
    assert (view.status, view.checked_at) == (UNKNOWN, pytest.approx(NOON + 0.1))


def test_made_up_data_is_marked(database: Database) -> None:
    with database.write() as connection:
        facts.put_new(connection, facts.MADE_UP, "1")
    assert reader(database).refresh(NOON).made_up


def test_the_history_of_a_check_has_its_outages_and_its_week(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, *[UNHEALTHY] * 3, HEALTHY, HEALTHY, start=NOON - 2 * DAY))
    lived(database, [API], minutes(HEALTHY, *[UNHEALTHY] * 3))
    here = reader(database)
    history = here.history(here.refresh(NOON + 181).checks[0], NOON + 181)
    assert [outage.started_at for outage in history.outages] == [NOON + 60, NOON - 2 * DAY + 60]
    assert [outage.ended_at for outage in history.outages] == [None, NOON - 2 * DAY + 240]
    assert (len(history.week), sum(hour.down_seconds for hour in history.week)) == (168, 180 + 120)


def test_a_month_lists_what_touched_it(database: Database) -> None:
    lived(database, [API], minutes(HEALTHY, *[UNHEALTHY] * 3, HEALTHY, HEALTHY, start=NOON - 40 * DAY))
    lived(database, [API], minutes(HEALTHY))
    with database.read() as connection:
        months = {name: month_of(connection, name, [API], NOON) for name in ("2026-08", "2026-09", "2026-01")}
    assert [len(months[name].outages) for name in ("2026-08", "2026-09")] == [1, 0]
    assert months["2026-08"].months == ("2026-09", "2026-08")
    assert months["2026-08"].observed
    assert months["2026-01"] is None

"""What a reader keeps between two readings: it must never show more, or less, than the store has."""

from monitoring.overview.memory import Seen, window
from monitoring.overview.reader import Reader
from monitoring.overview.views import Span
from monitoring.store.database import Database
from tests.support.history import lived
from tests.support.results import HEALTHY, NOON, UNHEALTHY, result, settings

API, OTHER = settings("api", interval=60, timeout=5), settings("other", interval=60, timeout=5)
HOUR, DAY = 3600, 86400


def reader(database: Database) -> Reader:
    return Reader(database, lambda: (API, OTHER))


def test_a_reader_that_has_watched_for_days_draws_what_a_new_one_draws(database: Database) -> None:
    watching, at = reader(database), NOON
    for step, gap in enumerate((0, 60, HOUR, HOUR, 30 * HOUR, 60, 5 * HOUR, 95 * DAY, 60)):
        at += gap
        taken = [result(HEALTHY, at + each, response_seconds=0.1 * (each + step + 1)) for each in range(3)]
        lived(database, [API, OTHER], [*taken, result(UNHEALTHY, at, "other")] if step % 2 else taken)
        assert watching.refresh(at + 10) == reader(database).refresh(at + 10)


def test_what_is_booked_late_to_an_hour_that_is_over_is_read_too(database: Database) -> None:
    watching, turn = reader(database), NOON + HOUR
    lived(database, [API], [result(HEALTHY, turn - 60), result(UNHEALTHY, turn), result(UNHEALTHY, turn + 60)])
    assert watching.refresh(turn + 61).checks[0].hours[-2].down_seconds == 0
    late = [result(HEALTHY, turn - 30, response_seconds=4.0)] * 9
    lived(database, [API], [result(UNHEALTHY, turn + 120), *late])
    seen = watching.refresh(turn + 121)
    assert seen == reader(database).refresh(turn + 121)
    assert seen.checks[0].p50 > 1


def test_what_is_booked_late_to_a_day_that_is_over_is_read_too(database: Database) -> None:
    watching, midnight = reader(database), NOON + DAY / 2
    lived(
        database, [API], [result(HEALTHY, midnight - 60), result(UNHEALTHY, midnight - 30), result(UNHEALTHY, midnight)]
    )
    assert watching.refresh(midnight + 1).checks[0].days[-2].down_seconds == 0
    lived(database, [API], [result(UNHEALTHY, midnight + 30)])
    seen = watching.refresh(midnight + 31)
    assert seen == reader(database).refresh(midnight + 31)
    assert seen.checks[0].days[-2].down_seconds == 30


def test_spans_of_a_check_that_did_not_change_are_the_same_objects(database: Database) -> None:
    lived(database, [API, OTHER], [result(HEALTHY, NOON), result(HEALTHY, NOON, "other")])
    watching = reader(database)
    before = watching.refresh(NOON + 1).checks
    lived(database, [API, OTHER], [result(HEALTHY, NOON + 60)])
    after = watching.refresh(NOON + 61).checks
    assert after[1].days is before[1].days
    assert after[0].days is not before[0].days


def test_windows_move_with_the_clock() -> None:
    seen = Seen(days={0: Span(0, 60.0), DAY: Span(DAY, 30.0, down_seconds=10.0)}, hours={})
    today, tomorrow = seen.windows(DAY, DAY), seen.windows(2 * DAY, 2 * DAY)
    assert (today.days[-1].down_seconds, tomorrow.days[-2].down_seconds, tomorrow.days[-1]) == (10, 10, Span(2 * DAY))
    assert (today.observed_seconds, today.down_seconds, today.first) == (90, 10, Span(0, 60.0))


def test_a_window_has_its_length_whatever_is_known() -> None:
    assert [span.start for span in window({HOUR: Span(HOUR, 1.0)}, 2 * HOUR, HOUR, 3)] == [0, HOUR, 2 * HOUR]

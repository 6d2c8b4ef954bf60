"""When planned work is done, in its own zone, and what time lies outside."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.maintenance import Window, covering, parted, windows
from monitoring.maintenance.recurrence import MOST_WINDOWS, starts
from tests.maintenance.plans import BERLIN, at, work

DAY = 86400.0
YEAR = 366 * DAY


def local(found: list[Window], zone: str = BERLIN) -> list[str]:
    return [f"{datetime.fromtimestamp(window.starts_at, ZoneInfo(zone)):%d %H:%M}" for window in found]


def nightly(first: str, **fields: object) -> list[Window]:
    """Return five nights' windows from `first` on, Berlin time."""
    begins = at(first, BERLIN)
    return windows([work(begins, 600, rrule="FREQ=DAILY", timezone=BERLIN, **fields)], begins, begins + 4.5 * DAY)


def test_what_is_done_once_has_one_window_under_its_own_id() -> None:
    planned = work(1000.0, 60)
    assert windows([planned], 0, 5000) == [Window(planned.id, planned, 1000, 1060)]


@pytest.mark.parametrize(("start", "end", "touched"), [(0, 1000, 0), (0, 1001, 1), (1059, 2000, 1), (1060, 2000, 0)])
@pytest.mark.parametrize("rule", [None, "FREQ=DAILY"])
def test_a_window_that_only_borders_on_a_span_does_not_touch_it(
    start: float, end: float, touched: int, rule: str | None
) -> None:
    assert len(windows([work(1000.0, 60, rrule=rule)], start, end)) == touched


def test_a_window_at_two_stays_at_two_when_the_clocks_change() -> None:
    assert local(nightly("2026-03-27 02:00")) == ["27 02:00", "28 02:00", "29 03:00", "30 02:00", "31 02:00"]
    assert local(nightly("2026-10-23 02:00")) == ["23 02:00", "24 02:00", "25 02:00", "26 02:00", "27 02:00"]


def test_a_time_that_does_not_exist_is_the_one_with_the_offset_before() -> None:
    [window] = [each for each in nightly("2026-03-27 02:30") if local([each])[0].startswith("29")]
    assert window.starts_at == at("2026-03-29 01:30")  # what would have been 02:30 is 03:30
    assert window.ends_at - window.starts_at == 600


def test_a_time_that_comes_twice_is_the_first() -> None:
    [window] = [each for each in nightly("2026-10-23 02:30") if local([each])[0].startswith("25")]
    assert window.starts_at == at("2026-10-25 00:30")


def test_work_planned_for_the_second_of_two_equal_times_begins_at_the_second() -> None:
    second = at("2026-10-25 01:30")  # 02:30 in Berlin, for the second time
    found = windows([work(second, 600, rrule="FREQ=DAILY", timezone=BERLIN)], second - DAY, second + 1.5 * DAY)
    assert [window.starts_at for window in found] == [second, at("2026-10-26 01:30")]


def test_a_day_that_a_zone_skipped_does_not_come_twice() -> None:
    # Samoa had no 30 December 2011.
    planned = work(at("2011-12-29 02:00", "Pacific/Apia"), 600, rrule="FREQ=DAILY", timezone="Pacific/Apia")
    found = windows([planned], planned.starts_at, planned.starts_at + 3 * DAY)
    assert local(found, "Pacific/Apia") == ["29 02:00", "31 02:00", "01 02:00"]


@pytest.mark.parametrize("until", ["20261126", "20261126T020000", "20261126T010000Z"])
def test_the_last_window_is_that_of_until_however_it_is_written(until: str) -> None:
    begins = at("2026-11-23 02:00", BERLIN)
    planned = work(begins, rrule=f"FREQ=DAILY;UNTIL={until}", timezone=BERLIN)
    assert local(windows([planned], begins, begins + YEAR))[-1] == "26 02:00"


def test_a_rule_may_say_how_many_there_are() -> None:
    assert len(windows([work(0.0, rrule="FREQ=MONTHLY;COUNT=5")], 0, YEAR)) == 5


def test_each_window_of_a_rule_keeps_its_own_id_whatever_span_is_asked_for() -> None:
    planned = work(at("2026-01-04 02:00"), rrule="FREQ=WEEKLY;BYDAY=SU")
    year = windows([planned], planned.starts_at, planned.starts_at + YEAR)
    [again] = windows([planned], year[30].starts_at, year[30].ends_at)
    assert again == year[30]
    assert len({window.id for window in year}) == len(year) == 53
    assert all(len(window.id) == 12 and window.id.isalnum() and window.id.islower() for window in year)


def test_what_was_ended_early_ends_there_and_has_no_further_window() -> None:
    planned = work(1000.0, 600, rrule="FREQ=DAILY", ended_at=1000 + DAY + 60)
    assert [(each.starts_at, each.ends_at) for each in windows([planned], 0, YEAR)] == [
        (1000, 1600),
        (1000 + DAY, 1060 + DAY),
    ]


@pytest.mark.parametrize("ended_at", [500.0, 1000.0])
def test_what_was_cancelled_before_it_began_never_was(ended_at: float) -> None:
    assert windows([work(1000.0, ended_at=ended_at)], 0, YEAR) == []


def test_a_plan_has_an_end_even_where_its_rule_has_none() -> None:
    assert len(list(starts("FREQ=DAILY", 0.0, ZoneInfo("UTC")))) == MOST_WINDOWS


def test_windows_of_all_plans_come_in_order() -> None:
    both = [work(5000.0), work(100.0, rrule="FREQ=DAILY", id="bbbbbbbbbbbb")]
    found = [window.starts_at for window in windows(both, 0, 2 * DAY)]
    assert found == sorted(found) and len(found) == 3


def test_it_covers_its_checks_and_its_groups_and_with_neither_everything() -> None:
    some, everything = work(0.0, checks=("api",), groups=("Data",)), work(0.0)
    given = windows([some, everything], 0, 10)
    covered = {name: len(covering(given, name, group)) for name, group in (("api", "Web"), ("db", "Data"), ("x", "Y"))}
    assert covered == {"api": 2, "db": 2, "x": 1}


rules = st.sampled_from(
    ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=SU,WE", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY"]
)
zones = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
moments = st.floats(at("2020-01-01 00:00"), at("2030-01-01 00:00"))


@settings(deadline=None)
@given(rules, zones, moments, st.floats(60, 30 * DAY), st.floats(0, 5 * YEAR), st.floats(1, YEAR))
def test_what_is_asked_for_in_pieces_is_what_is_asked_for_at_once(
    rule: str, zone: str, first: float, seconds: float, after: float, length: float
) -> None:
    planned = work(float(int(first)), seconds, rrule=rule, timezone=zone)
    start, middle, end = first + after, first + after + length / 2, first + after + length
    whole = windows([planned], start, end)
    assert {each.id: each for each in whole} == {
        each.id: each for piece in ((start, middle), (middle, end)) for each in windows([planned], *piece)
    }
    assert all(each.starts_at < end and each.ends_at > start for each in whole)
    assert all(first.starts_at < then.starts_at for first, then in pairwise(whole))


@settings(deadline=None)
@given(zones, moments, st.integers(0, 2000))
def test_every_window_has_the_time_of_day_of_the_first_unless_the_clocks_leap_over_it(
    zone: str, first: float, nth: int
) -> None:
    planned = work(float(int(first)), 60, rrule="FREQ=DAILY", timezone=zone)
    near = planned.starts_at + nth * DAY
    for window in windows([planned], near - DAY, near + DAY):
        then, begun = (datetime.fromtimestamp(each, ZoneInfo(zone)) for each in (window.starts_at, planned.starts_at))
        meant = then.replace(hour=begun.hour, minute=begun.minute, second=begun.second, fold=0)
        leaped = meant.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != meant.replace(tzinfo=None)
        assert then.time() == begun.time() or leaped or abs((then - meant).total_seconds()) == DAY


spans = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 40)), max_size=6)


@given(st.integers(0, 100), st.integers(0, 60), spans)
def test_time_is_parted_without_loss_or_overlap(start: int, length: int, given_spans: list[tuple[int, int]]) -> None:
    given_windows = [Window("w", work(0.0), begin, begin + lasts) for begin, lasts in given_spans]
    outside, inside = parted(start, start + length, given_windows)
    assert sum(end - begin for begin, end in outside + inside) == length
    pieces = sorted(outside + inside)
    assert all(first[1] == then[0] for first, then in pairwise(pieces))
    for second in range(start, start + length):
        held = any(window.holds(second) for window in given_windows)
        assert held == any(begin <= second < end for begin, end in inside)

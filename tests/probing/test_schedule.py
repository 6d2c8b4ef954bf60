"""When checks are due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.probing.schedule import Schedule
from tests.probing.fakes import Local
from tests.support.results import settings


def checks(*intervals: float) -> list[Local]:
    return [Local(settings(f"c{index}", interval=each)) for index, each in enumerate(intervals)]


def names(taken: list) -> list[str]:
    return [check.name for check, _ in taken]


@given(st.lists(st.integers(1, 120), min_size=1, max_size=200))
def test_all_are_asked_once_within_their_interval(intervals: list[int]) -> None:
    schedule = Schedule(checks(*intervals), 0.0)
    first = {}
    for tick in range(600):
        for check, due in schedule.take(tick * 0.2):
            first.setdefault(check.name, due)
    assert all(first[f"c{index}"] < each for index, each in enumerate(intervals))


def test_first_runs_are_spread_evenly() -> None:
    due = [at for _, at in Schedule(checks(60, 60, 60), 100.0).take(999)]
    assert due == [100.0, 100.25, 100.5]


def test_the_rhythm_is_kept() -> None:
    schedule = Schedule(checks(60), 0.0)
    assert [schedule.take(at) != [] for at in (0.1, 59.9, 60.1, 119.9, 120.0)] == [True, False, True, False, True]


def test_missed_slots_are_not_made_up_for() -> None:
    schedule = Schedule(checks(10), 0.0)
    schedule.take(0.0)
    assert len(schedule.take(95.0)) == 1
    assert schedule.take(99.9) == []
    assert len(schedule.take(100.0)) == 1


def test_a_check_is_asked_sooner_and_then_in_its_interval() -> None:
    schedule = Schedule(checks(60), 0.0)
    schedule.take(0.0)
    schedule.sooner("c0", 15.0)
    assert names(schedule.take(15.0)) == ["c0"]
    assert schedule.take(74.9) == []
    assert names(schedule.take(75.0)) == ["c0"]


def test_sooner_never_means_later() -> None:
    schedule = Schedule(checks(10), 0.0)
    schedule.take(0.0)
    schedule.sooner("c0", 15.0)
    assert [at for _, at in schedule.take(15.0)] == [pytest.approx(10.0)]

"""Spikes begin once and end once."""

from hypothesis import given
from hypothesis import strategies as st

from monitoring.errors.spikes import WINDOW_SECONDS, Change, judge
from tests.support.results import NOON

KIND = "ValueError"


def errors(count: int, at: float = NOON) -> dict[str, list[float]]:
    return {KIND: [at + number for number in range(count)]}


def test_eleven_errors_are_a_spike_since_the_eleventh() -> None:
    assert judge({}, errors(11), NOON + 60) == [Change(KIND, True, NOON + 10, 11)]


def test_ten_errors_are_none() -> None:
    assert judge({}, errors(10), NOON + 60) == []


def test_errors_of_different_types_do_not_add_up() -> None:
    assert judge({}, {"A": [NOON] * 10, "B": [NOON] * 10}, NOON) == []


def test_errors_that_are_five_minutes_old_count_no_more() -> None:
    assert judge({}, errors(11), NOON + WINDOW_SECONDS) == []


def test_a_spike_that_lasts_is_told_once() -> None:
    assert judge({KIND: NOON + 10}, errors(40), NOON + 60) == []


def test_it_ends_when_the_eleventh_newest_error_leaves_the_window() -> None:
    assert judge({KIND: NOON + 10}, errors(11), NOON + 305) == [Change(KIND, False, NOON + 300, 5)]


def test_it_ends_now_where_nobody_remembers_its_errors() -> None:
    assert judge({KIND: NOON}, {}, NOON + 9999) == [Change(KIND, False, NOON + 9999, 0)]


def test_a_clock_that_runs_ahead_elsewhere_moves_nothing_into_the_future() -> None:
    [change] = judge({}, errors(11, NOON + 50), NOON)
    assert change.at == NOON


@given(st.lists(st.floats(0, 2000), max_size=60))
def test_a_spike_lasts_just_while_there_are_more_than_ten(offsets: list[float]) -> None:
    spiking: dict[str, float] = {}
    last = 0.0
    for step in range(0, 2400, 10):
        now = NOON + step
        seen = sorted(NOON + offset for offset in offsets if offset <= step)
        for change in judge(spiking, {KIND: seen}, now):
            assert change.began == (KIND not in spiking)
            assert last <= change.at <= now
            last = change.at
            spiking = {KIND: change.at} if change.began else {}
        assert (KIND in spiking) == (sum(at > now - WINDOW_SECONDS for at in seen) > 10)
    assert not spiking

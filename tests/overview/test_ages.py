"""When unchanged data is drawn anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.overview.ages import judged_at, reached_step

STALE = (1125.0,)


@pytest.mark.parametrize(
    ("now", "moment"),
    [(900, 1000), (1000, 1000), (1059, 1000), (1060, 1060), (1119, 1060), (1120, 1120), (1126, 1125), (1299, 1125)],
)
def test_the_picture_changes_at_steps_of_age_and_when_a_check_goes_stale(now: float, moment: float) -> None:
    assert judged_at(now, 1000, STALE) == moment


def test_from_a_day_on_it_changes_daily() -> None:
    assert judged_at(1000 + 3.5 * 86400, 1000, ()) == 1000 + 3 * 86400


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e6), max_size=5))
def test_the_moment_is_never_ahead_and_never_runs_back(age: float, stale: list[float]) -> None:
    moment = judged_at(1000 + age, 1000, [1000 + each for each in stale])
    assert 1000 <= moment <= 1000 + age
    assert moment <= judged_at(1000 + age + 50, 1000, [1000 + each for each in stale])


@pytest.mark.parametrize(("age", "step"), [(0, 0), (59.9, 0), (60, 60), (119.9999, 120), (7200, 3600), (2e5, 172800)])
def test_the_age_is_said_in_steps(age: float, step: int) -> None:
    assert reached_step(age) == step

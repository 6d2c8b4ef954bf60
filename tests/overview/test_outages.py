"""What lies between the transitions."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.maintenance import Window
from monitoring.overview.outages import outages_of, outside_windows
from monitoring.overview.views import Outage
from monitoring.status import Cause, Status
from monitoring.store.transitions import Transition
from tests.maintenance.plans import work
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN

TITLES = {"api": "The API"}


def story(*statuses: Status, check: str = "api") -> list[Transition]:
    return [
        Transition(check=check, previous=before, status=now, at=at, confirmed_at=at + 1, cause=Cause.TIMEOUT)
        for at, (before, now) in enumerate(pairwise((UNKNOWN, *statuses)))
    ]


def test_an_outage_lasts_from_leaving_healthy_to_coming_back() -> None:
    [outage] = outages_of(story(HEALTHY, UNHEALTHY, HEALTHY), TITLES)
    assert (outage.title, outage.started_at, outage.ended_at, outage.cause) == ("The API", 1, 2, "timeout")


def test_getting_worse_is_the_same_outage() -> None:
    [outage] = outages_of(story(HEALTHY, DEGRADED, UNHEALTHY, DEGRADED, HEALTHY), TITLES)
    assert (outage.worst, outage.started_at, outage.ended_at) == (UNHEALTHY, 1, 4)


def test_one_that_lasts_has_no_end() -> None:
    [outage] = outages_of(story(UNHEALTHY), TITLES)
    assert outage.ended_at is None
    assert outage.seconds(until=10) == 10


def test_the_newest_comes_first_whatever_the_check() -> None:
    both = story(HEALTHY, UNHEALTHY, HEALTHY) + story(UNHEALTHY, check="b")
    assert [outage.check for outage in outages_of(both, TITLES)] == ["api", "b"]


@given(st.lists(st.sampled_from([HEALTHY, DEGRADED, UNHEALTHY]), max_size=40))
def test_outages_never_overlap(statuses: list[Status]) -> None:
    changes = [now for before, now in pairwise([None, *statuses]) if now is not before]
    outages = list(reversed(outages_of(story(*changes), TITLES)))
    assert all(first.ended_at is not None and first.ended_at < then.started_at for first, then in pairwise(outages))
    assert len(outages) == sum(
        now is not HEALTHY and before in (None, HEALTHY) for before, now in pairwise([None, *changes])
    )


def covering(*spans: tuple[float, float]) -> Callable[[str], list[Window]]:
    """Return a function that says which windows cover `api`."""
    known = [Window("w", work(start), start, end) for start, end in spans]
    return lambda check: known if check == "api" else []


def lasting(start: float, end: float | None, check: str = "api") -> Outage:
    return Outage(check, "API", start, end, UNHEALTHY, Cause.TIMEOUT, None)


@pytest.mark.parametrize(
    ("outage", "left"),
    [
        ((10, 20), [(10, 20)]),
        ((45, 55), []),
        ((40, 60), []),
        ((55, 70), [(60, 70)]),
        ((30, 50), [(30, 40)]),
        ((30, 70), [(60, 70), (30, 40)]),
        ((55, None), [(60, None)]),
        ((30, None), [(60, None), (30, 40)]),
        ((10, 60), [(10, 40)]),
    ],
)
def test_what_fails_inside_a_window_is_no_outage(outage: tuple, left: list[tuple]) -> None:
    found = outside_windows([lasting(*outage)], covering((40, 60)), until=100)
    assert [(each.started_at, each.ended_at) for each in found] == left


def test_an_outage_that_lasts_into_maintenance_ended_where_that_began() -> None:
    [outage] = outside_windows([lasting(10, None)], covering((40, 200)), until=100)
    assert (outage.started_at, outage.ended_at) == (10, 40)
    assert outside_windows([lasting(50, None)], covering((40, 200)), until=100) == []


def test_maintenance_ahead_does_not_end_an_outage() -> None:
    [outage] = outside_windows([lasting(10, None)], covering((140, 200)), until=100)
    assert outage.ended_at is None


def test_other_checks_keep_their_outages() -> None:
    other = lasting(45, 55, "other")
    assert outside_windows([lasting(45, 55), other], covering((40, 60)), until=100) == [other]


def test_an_outage_that_a_slow_clock_has_not_reached_stays() -> None:
    assert outside_windows([lasting(50, None)], covering((40, 60)), until=45) == [lasting(50, None)]

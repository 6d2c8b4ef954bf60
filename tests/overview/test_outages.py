"""What lies between the transitions."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitoring.overview.outages import outages_of
from monitoring.status import Cause, Status
from monitoring.store.transitions import Transition
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

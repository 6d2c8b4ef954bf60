"""Which time a result makes observed, and under which state it is booked."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.hysteresis import Change
from monitoring.probing.judge import Booking, Memory, judge
from monitoring.status import Status
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN, result, settings

EVERY_MINUTE = settings(interval=60, timeout=5)
LIMIT = 125


def run(*seen: tuple[float, Status]) -> tuple[Memory, list[Change], list[Booking]]:
    """Return what results at given times come to."""
    memory, changes, bookings = Memory(), [], []
    for at, status in seen:
        judgement = judge(memory, result(status, at), EVERY_MINUTE)
        memory = judgement.memory
        bookings += judgement.bookings
        changes += [judgement.change] if judgement.change else []
    return memory, changes, bookings


def each_minute(*statuses: Status) -> list[tuple[float, Status]]:
    return [(60.0 * minute, status) for minute, status in enumerate(statuses)]


def seconds(bookings: list[Booking]) -> Counter[Status]:
    total: Counter[Status] = Counter()
    for start, end, status in bookings:
        total[status] += end - start
    return total


def test_a_first_result_stands_for_no_time() -> None:
    assert run((0, HEALTHY))[2] == []


def test_a_result_stands_for_the_time_since_the_one_before() -> None:
    assert run((0, HEALTHY), (60, HEALTHY))[2] == [(0, 60, HEALTHY)]


def test_a_gap_is_observed_only_as_far_as_a_result_reaches_back() -> None:
    assert run((0, HEALTHY), (1000, HEALTHY))[2] == [(1000 - LIMIT, 1000, HEALTHY)]


def test_seconds_down_are_exactly_those_of_the_outage() -> None:
    down = each_minute(HEALTHY, HEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY, HEALTHY, HEALTHY, HEALTHY)
    _, [_, broken, mended], bookings = run(*down)
    assert seconds(bookings)[UNHEALTHY] == mended.at - broken.at == 240
    assert seconds(bookings)[HEALTHY] == 240


def test_a_refuted_blip_was_up() -> None:
    memory, _, bookings = run(*each_minute(HEALTHY, UNHEALTHY, UNHEALTHY, HEALTHY))
    assert seconds(bookings) == {HEALTHY: 180}
    assert memory.pending == ()


def test_undecided_time_is_pending() -> None:
    memory, _, bookings = run(*each_minute(HEALTHY, UNHEALTHY, UNHEALTHY))
    assert bookings == [(0, 60, HEALTHY)]
    assert memory.pending == ((60, 120),)


def test_an_unknown_result_leaves_its_time_unobserved() -> None:
    assert seconds(run(*each_minute(HEALTHY, UNKNOWN, HEALTHY, HEALTHY))[2]) == {HEALTHY: 120}


def test_a_clock_set_back_books_nothing() -> None:
    assert run((1000, HEALTHY), (400, HEALTHY), (460, HEALTHY))[2] == [(400, 460, HEALTHY)]


def test_time_that_contradicts_the_new_state_already_stays_pending() -> None:
    memory, changes, bookings = run(*each_minute(HEALTHY, UNHEALTHY, DEGRADED, UNHEALTHY, UNHEALTHY))
    assert [change.status for change in changes] == [HEALTHY, DEGRADED]
    assert seconds(bookings) == {HEALTHY: 60, DEGRADED: 120}
    assert memory.pending == ((180, 240),)


@given(st.lists(st.tuples(st.floats(0.1, 400), st.sampled_from(list(Status))), max_size=60))
def test_no_second_is_booked_twice_or_lost(steps: list[tuple[float, Status]]) -> None:
    at, seen = 0.0, []
    for wait, status in steps:
        at += wait
        seen.append((at, status))
    memory, _, bookings = run(*seen)
    pieces = sorted([(start, end) for start, end, _ in bookings] + list(memory.pending))
    assert all(first[1] <= second[0] for first, second in pairwise(pieces))
    known, observed = False, 0.0
    for (before, earlier), (now, status) in pairwise(seen):
        known = known or earlier is not UNKNOWN
        if status is not UNKNOWN and known:
            observed += min(now - before, LIMIT)
    assert sum(end - start for start, end in pieces) == pytest.approx(observed)


@given(st.lists(st.sampled_from([HEALTHY, DEGRADED, UNHEALTHY]), min_size=1, max_size=80))
def test_booked_time_agrees_with_the_transitions(seen: list[Status]) -> None:
    memory, changes, bookings = run(*each_minute(*seen))
    decided = memory.state.run[0].at if memory.state.run else 60.0 * (len(seen) - 1)
    truth: Counter[Status] = Counter()
    for change, until in zip(changes, [later.at for later in changes[1:]] + [decided], strict=True):
        truth[change.status] += max(0.0, until - change.at)
    assert +seconds(bookings) == +truth

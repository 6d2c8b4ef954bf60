"""When a contradicting result is believed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.hysteresis import Change, State, step
from monitoring.status import Status
from tests.support.results import DEGRADED, HEALTHY, UNHEALTHY, UNKNOWN, result

statuses = st.lists(st.sampled_from(list(Status)), max_size=60)


def walk(*seen: Status, start: Status = HEALTHY, failures: int = 3, successes: int = 2) -> tuple[State, list[Change]]:
    """Return the state after results at 1, 2, 3 … and the changes on the way."""
    state, changes = State(start, 0.0), []
    for at, status in enumerate(seen, start=1):
        state, change = step(state, result(status, at), failures, successes)
        if change is not None:
            changes.append(change)
    return state, changes


@pytest.mark.parametrize("first", [HEALTHY, DEGRADED, UNHEALTHY])
def test_the_first_result_is_taken_at_once(first: Status) -> None:
    state, [change] = walk(first, start=UNKNOWN)
    assert (state.status, state.since, change.previous) == (first, 1, UNKNOWN)


def test_two_failures_are_not_enough() -> None:
    state, changes = walk(UNHEALTHY, UNHEALTHY)
    assert (state.status, len(state.run), changes) == (HEALTHY, 2, [])


def test_three_failures_confirm_an_outage_from_the_first_on() -> None:
    state, [change] = walk(HEALTHY, UNHEALTHY, UNHEALTHY, UNHEALTHY)
    assert (state.status, state.since, state.run) == (UNHEALTHY, 2, ())
    assert (change.at, change.confirmed_at) == (2, 4.1)


def test_a_success_in_between_resets_the_run() -> None:
    state, changes = walk(UNHEALTHY, UNHEALTHY, HEALTHY, UNHEALTHY, UNHEALTHY)
    assert (state.status, len(state.run), changes) == (HEALTHY, 2, [])


def test_the_mildest_of_a_mixed_run_is_confirmed() -> None:
    state, [change] = walk(UNHEALTHY, DEGRADED, UNHEALTHY)
    assert (state.status, change.at) == (DEGRADED, 1)
    assert [item.status for item in state.run] == [UNHEALTHY]


def test_it_gets_worse_when_the_worse_goes_on() -> None:
    state, changes = walk(DEGRADED, UNHEALTHY, UNHEALTHY, UNHEALTHY)
    assert [(change.status, change.at) for change in changes] == [(DEGRADED, 1), (UNHEALTHY, 2)]
    assert state.status is UNHEALTHY


def test_two_successes_end_an_outage_from_the_first_on() -> None:
    state, [change] = walk(UNHEALTHY, HEALTHY, HEALTHY, start=UNHEALTHY)
    assert (state.status, change.at) == (HEALTHY, 2)


def test_one_lucky_answer_never_ends_an_outage() -> None:
    state, changes = walk(*[HEALTHY, UNHEALTHY] * 20, start=UNHEALTHY)
    assert (state.status, changes) == (UNHEALTHY, [])


def test_an_unknown_result_neither_counts_nor_resets() -> None:
    state, [change] = walk(UNHEALTHY, UNKNOWN, UNHEALTHY, UNKNOWN, UNHEALTHY)
    assert (state.status, change.at) == (UNHEALTHY, 1)


def test_one_failure_is_enough_where_that_is_set() -> None:
    state, _ = walk(UNHEALTHY, failures=1)
    assert state.status is UNHEALTHY


def test_the_change_carries_the_cause_of_what_it_confirms() -> None:
    _, [change] = walk(UNHEALTHY, UNHEALTHY, UNHEALTHY)
    assert change.cause == "refused"


@given(statuses, st.integers(1, 5), st.integers(1, 5))
def test_whatever_comes_a_state_is_never_contradicted_by_itself(seen: list[Status], fails: int, wins: int) -> None:
    state, changes = walk(*seen, failures=fails, successes=wins)
    assert state.status not in [item.status for item in state.run]
    assert len(state.run) < fails * wins + fails
    assert all(before.status is after.previous for before, after in pairwise(changes))


@given(statuses, st.integers(1, 5), st.integers(1, 5))
def test_nothing_is_confirmed_without_enough_results_that_say_so(seen: list[Status], fails: int, wins: int) -> None:
    for change in walk(*seen, failures=fails, successes=wins)[1]:
        since = [status for at, status in enumerate(seen, 1) if at >= change.at and at <= change.confirmed_at]
        needed = wins if change.status is HEALTHY else fails
        assert sum(status is not UNKNOWN for status in since) >= needed

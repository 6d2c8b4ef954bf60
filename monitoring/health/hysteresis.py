"""When a contradicting result is believed. Pure: no clock, no store."""

import msgspec
from msgspec.structs import replace

from monitoring.status import Cause, Result, Status, mildest_of


class Contradiction(msgspec.Struct, frozen=True):
    """One result that was not what the confirmed state says; `at` is when it was scheduled (Unix seconds)."""

    status: Status
    at: float
    cause: Cause | None = None
    error: str | None = None


class State(msgspec.Struct, frozen=True):
    """A check's confirmed status, since when and why, and the run of results that contradict it so far."""

    status: Status = Status.UNKNOWN
    since: float | None = None
    cause: Cause | None = None
    run: tuple[Contradiction, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """One state becoming another. It began `at` (the first result that showed it) and was confirmed later."""

    previous: Status
    status: Status
    at: float
    confirmed_at: float
    cause: Cause | None = None
    error: str | None = None


def step(
    state: State, result: Result, failures_to_confirm: int, successes_to_recover: int
) -> tuple[State, Change | None]:
    """Return the state after `result`, and the change if that result confirmed one.

    From unknown the first result is taken at once; an unknown result neither counts nor resets; a result equal
    to the state ends the run that contradicted it.
    """
    if result.status is Status.UNKNOWN:
        return state, None
    if result.status is state.status:
        return (replace(state, run=()) if state.run else state), None
    run = (*state.run, Contradiction(result.status, result.scheduled_at, result.cause, result.error))
    deciding = run if state.status is Status.UNKNOWN else _deciding(run, failures_to_confirm, successes_to_recover)
    if not deciding:
        return replace(state, run=run), None
    return _confirm(state, run, deciding, result.finished_at)


def _deciding(run: tuple[Contradiction, ...], failures: int, successes: int) -> tuple[Contradiction, ...]:
    """Return the part of a run that is enough to confirm, if any.

    Healthy needs its own unbroken row of successes, so one lucky answer among failures never ends an outage.
    """
    row = run[_last_failing(run) + 1 :]
    if len(row) >= successes:
        return row
    failing = tuple(item for item in run if item.status is not Status.HEALTHY)
    return failing if len(failing) >= failures else ()


def _last_failing(run: tuple[Contradiction, ...]) -> int:
    return max((i for i, item in enumerate(run) if item.status is not Status.HEALTHY), default=-1)


def _confirm(
    state: State, run: tuple[Contradiction, ...], deciding: tuple[Contradiction, ...], at: float
) -> tuple[State, Change]:
    """Confirm the mildest of the deciding results; what follows its last occurrence contradicts the new state."""
    status = mildest_of(item.status for item in deciding)
    first, last = deciding[0], max(i for i, item in enumerate(run) if item.status is status)
    change = Change(state.status, status, first.at, at, run[last].cause, run[last].error)
    return State(status, first.at, change.cause, run[last + 1 :]), change

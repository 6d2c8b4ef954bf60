"""Judging results: what each says about its check's state, and which time it makes observed. No I/O, no clock."""

import math
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from monitoring.health.hysteresis import Change, State, step
from monitoring.settings.checks import CheckSettings
from monitoring.status import Result, Status

Piece = tuple[float, float]
Booking = tuple[float, float, Status]


class Memory(msgspec.Struct, frozen=True):
    """What judging the next result of a check needs to know.

    `last_at` is when the last result was scheduled; `pending` is observed time since the first contradicting
    result, which is booked once that is confirmed or refuted; `spent` is what paid probes cost on `spent_day`.
    """

    state: State = State()
    last_at: float | None = None
    pending: tuple[Piece, ...] = ()
    spent_day: str = ""
    spent: float = 0.0


class Judgement(msgspec.Struct, frozen=True):
    """What one result came to."""

    memory: Memory
    change: Change | None
    bookings: tuple[Booking, ...]

    @property
    def contradicted(self) -> bool:
        """Return whether the check should be asked again soon."""
        return bool(self.memory.state.run)


def judge(memory: Memory, result: Result, settings: CheckSettings) -> Judgement:
    """Judge one result against what is known of its check.

    A result stands for the time since the one before it, at most 2 x interval + timeout. That time is booked to
    the confirmed state; from the first contradicting result on it is pending until the contradiction is decided,
    so that the seconds down are exactly those of the outage.
    """
    before = memory.state
    state, change = step(before, result, settings.failures_to_confirm, settings.successes_to_recover)
    piece = _observed(memory, result, settings.stale_after_seconds)
    if piece is None or before.run:
        bookings, pending = [], _extended(memory.pending, piece)
    else:
        bookings, pending = [(*piece, before.status)], ()
    if change is not None or not state.run:
        decided_until = state.run[0].at if state.run else math.inf
        border = change.at if change is not None else math.inf
        bookings += _booked(pending, before.status, state.status, border, decided_until)
        pending = tuple(rest for _, rest in _cut(pending, decided_until) if rest is not None)
    memory = replace(memory, state=state, last_at=result.scheduled_at, pending=pending)
    return Judgement(memory, change, tuple(bookings))


def _observed(memory: Memory, result: Result, limit_seconds: float) -> Piece | None:
    """Return the time that `result` makes observed.

    There is none for a first result, an unknown one, one that ends an unknown state, or a clock set back.
    """
    last_at, at = memory.last_at, result.scheduled_at
    if last_at is None or at <= last_at or Status.UNKNOWN in (result.status, memory.state.status):
        return None
    return max(last_at, at - limit_seconds), at


def _extended(pending: tuple[Piece, ...], piece: Piece | None) -> tuple[Piece, ...]:
    if piece is None:
        return pending
    if pending and pending[-1][1] == piece[0]:
        return (*pending[:-1], (pending[-1][0], piece[1]))
    return (*pending, piece)


def _booked(pending: Iterable[Piece], old: Status, new: Status, border: float, until: float) -> Iterator[Booking]:
    """Book what was pending up to `until`: to the old state before the border, to the new one after."""
    for decided, _ in _cut(pending, until):
        if decided is None:
            continue
        for status, piece in zip((old, new), next(iter(_cut((decided,), border))), strict=True):
            if piece is not None:
                yield (*piece, status)


def _cut(pieces: Iterable[Piece], at: float) -> Iterator[tuple[Piece | None, Piece | None]]:
    """Yield each piece as what lies before and what lies after `at`."""
    for start, end in pieces:
        border = min(max(at, start), end)
        yield ((start, border) if start < border else None), ((border, end) if border < end else None)

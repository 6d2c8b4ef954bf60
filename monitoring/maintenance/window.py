"""Planned work, and the windows in which it is done. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from monitoring.maintenance.letters import derived_id
from monitoring.maintenance.recurrence import starts_until

Piece = tuple[float, float]


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """Planned work: once from `starts_at` (Unix seconds) for `seconds`, or again as `rrule` (RFC 5545) says.

    The rule counts in `timezone` (IANA), so a window at 02:00 stays at 02:00 when the clocks change. It covers the
    `checks` and all checks of the `groups`; with neither it covers every check. From `ended_at` on, when somebody
    cancelled or ended it, nothing of it counts. `body` is Markdown.
    """

    id: str
    title: str
    body: str = ""
    starts_at: float
    seconds: float
    rrule: str | None = None
    timezone: str = "UTC"
    checks: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    created_at: float
    created_by: str
    updated_at: float
    ended_at: float | None = None

    def covers(self, check: str, group: str) -> bool:
        """Return whether a check of that name and group is worked on."""
        return self.covers_all or check in self.checks or group in self.groups

    @property
    def covers_all(self) -> bool:
        """Return whether every check is worked on."""
        return not self.checks and not self.groups


class Window(msgspec.Struct, frozen=True):
    """One time at which planned work is done: [starts_at, ends_at), Unix seconds. `id` is stable."""

    id: str
    maintenance: Maintenance
    starts_at: float
    ends_at: float

    def holds(self, at: float) -> bool:
        """Return whether it is in progress at `at`."""
        return self.starts_at <= at < self.ends_at


def windows(maintenances: Iterable[Maintenance], start: float, end: float) -> list[Window]:
    """Return the windows that touch [start, end), in order of their start."""
    found = [window for each in maintenances for window in _windows_of(each, start, end)]
    return sorted(found, key=lambda window: (window.starts_at, window.id))


def _windows_of(work: Maintenance, start: float, end: float) -> Iterator[Window]:
    for at in _starts(work, start, end):
        ends_at = min(at + work.seconds, math.inf if work.ended_at is None else work.ended_at)
        if at < end and ends_at > max(at, start):
            yield Window(_id(work, at), work, at, ends_at)


def _starts(work: Maintenance, start: float, end: float) -> Sequence[float]:
    if work.rrule is None:
        return (work.starts_at,)
    known = starts_until(work.rrule, work.starts_at, work.timezone, end)
    return known[bisect_right(known, start - work.seconds) : bisect_left(known, end)]


def _id(work: Maintenance, at: float) -> str:
    return work.id if work.rrule is None else derived_id(f"{work.id}:{at:.0f}")


def covering(given: Iterable[Window], check: str, group: str) -> list[Window]:
    """Return those of the windows in which a check of that name and group is worked on."""
    return [window for window in given if window.maintenance.covers(check, group)]


def parted(start: float, end: float, given: Iterable[Window]) -> tuple[list[Piece], list[Piece]]:
    """Return the parts of [start, end) that lie outside all windows, and those inside one, each in order.

    Together they are the whole, and no two overlap, also where windows do.
    """
    outside: list[Piece] = []
    inside: list[Piece] = []
    for window in sorted(given, key=lambda window: window.starts_at):
        begins, ends = max(start, window.starts_at), min(end, window.ends_at)
        if begins >= ends:
            continue
        if start < begins:
            outside.append((start, begins))
        inside.append((begins, ends))
        start = ends
    return ([*outside, (start, end)] if start < end else outside), inside

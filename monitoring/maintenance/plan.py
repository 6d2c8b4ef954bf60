"""Planning work: what somebody asks for, what is wrong with it, and what it becomes. Pure, but for the new id."""

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import msgspec

from monitoring.clock import DAY_SECONDS
from monitoring.logs.redaction import redact_text
from monitoring.maintenance.letters import random_id
from monitoring.maintenance.recurrence import begins_with, canonical, starts
from monitoring.maintenance.window import Maintenance

LATE_SECONDS = 60
LEAST_SECONDS, MOST_SECONDS = 60, 30 * DAY_SECONDS
_TITLE_LETTERS, _BODY_LETTERS = 200, 20_000
_YEARS_SECONDS = 5 * 366 * DAY_SECONDS
"""So far ahead a first window may lie, and so long recurring ones are looked at for overlaps."""

Fault = tuple[str, str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for; the fields are those of `Maintenance`."""

    title: str
    body: str = ""
    starts_at: float
    seconds: float
    rrule: str | None = None
    timezone: str = "UTC"
    checks: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def faults(self, now: float, known_checks: Collection[str], known_groups: Collection[str]) -> Iterator[Fault]:
        """Yield (field, what was expected) for all that is wrong with it at `now` (Unix seconds)."""
        yield from self._word_faults()
        timing = [*self._timing_faults(now)]
        yield from timing
        unknown = [name for name in self.checks if name not in known_checks]
        if unknown:
            yield "checks", f"names of checks, unlike {unknown[0][:64]!r}"
        unknown = [name for name in self.groups if name not in known_groups]
        if unknown:
            yield "groups", f"names of groups, unlike {unknown[0][:64]!r}"
        if self.rrule and not timing:
            yield from self._rule_faults(self.rrule, ZoneInfo(self.timezone))

    def _word_faults(self) -> Iterator[Fault]:
        title = self.title.strip()
        if not 0 < len(title) <= _TITLE_LETTERS or not title.isprintable():
            yield "title", f"a line of 1 to {_TITLE_LETTERS} letters"
        if len(self.body) > _BODY_LETTERS:
            yield "body", f"at most {_BODY_LETTERS} letters"

    def _timing_faults(self, now: float) -> Iterator[Fault]:
        if not now - LATE_SECONDS <= self.starts_at <= now + _YEARS_SECONDS:
            yield "starts_at", "a time such as 2030-12-01T02:00 that is not over, within five years"
        if not LEAST_SECONDS <= self.seconds <= MOST_SECONDS:
            yield "seconds", "1 minute to 30 days, such as 90m"
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            yield "timezone", "an IANA time zone such as Europe/Berlin"

    def _rule_faults(self, written: str, zone: ZoneInfo) -> Iterator[Fault]:
        try:
            rule = canonical(written, zone)
        except ValueError:
            yield "rrule", "a rule of RFC 5545 that recurs daily or less often, such as FREQ=WEEKLY;BYDAY=SU"
            return
        if not begins_with(rule, self._first_at, zone):
            yield "starts_at", f"a time that the rule names, in {self.timezone}"
            return
        until = self._first_at + _YEARS_SECONDS
        known = list(takewhile(lambda at: at < until, starts(rule, self._first_at, zone)))
        if not known:
            yield "rrule", "an UNTIL that is not before the start"
        if any(then - at < self.seconds for at, then in pairwise(known)):
            yield "seconds", "windows that end before the next one begins"

    @property
    def _first_at(self) -> float:
        return float(int(self.starts_at))


def moment(text: str, timezone: str) -> float:
    """Return the Unix seconds of a time such as `2026-12-01T02:00`; without an offset it is one of `timezone` (IANA).

    KeyError, ValueError, OSError or OverflowError where it is no time, or that no time zone.
    """
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=ZoneInfo(timezone))).timestamp()


def planned(plan: Plan, author: str, now: float) -> Maintenance:
    """Return what a plan without faults becomes at `now` (Unix seconds); times are of whole seconds.

    A secret that slipped into its words is not stored: strangers read them.
    """
    return Maintenance(
        id=random_id(),
        title=redact_text(plan.title.strip()),
        body=redact_text(plan.body),
        starts_at=float(int(plan.starts_at)),
        seconds=plan.seconds,
        rrule=canonical(plan.rrule, ZoneInfo(plan.timezone)) if plan.rrule else None,
        timezone=plan.timezone,
        checks=tuple(dict.fromkeys(plan.checks)),
        groups=tuple(dict.fromkeys(plan.groups)),
        created_at=now,
        created_by=author,
        updated_at=now,
    )

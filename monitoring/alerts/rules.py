"""Who wants to be told what. Pure."""

from collections.abc import Iterable, Sequence

import msgspec

from monitoring.alerts.subject import Subject
from monitoring.settings.rules import RuleSettings
from monitoring.status import Status


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[rules]]` table. Empty `checks` and `groups`: every check; `events` names other kinds (`spike`, `budget`,
    `slow`, `leader`), which no rule means by default. Told on `channels`, once it has lasted `for_seconds`, and again
    every `repeat_seconds` until somebody acknowledges it (None: once).

    A rule that names events only means those and no check.
    """

    checks: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    severities: tuple[Status, ...] = (Status.DEGRADED, Status.UNHEALTHY)
    channels: tuple[str, ...]
    for_seconds: float = 0.0
    repeat_seconds: float | None = None

    def means(self, subject: Subject, status: Status) -> bool:
        """Return whether somebody wants to be told that `subject` is in that state."""
        if status not in self.severities:
            return False
        if subject.kind != "check":
            return subject.kind in self.events
        everything = not self.checks and not self.groups and not self.events
        return everything or subject.name in self.checks or subject.group in self.groups


class Terms(msgspec.Struct, frozen=True):
    """How long a state must have lasted before a channel is told, and how often it is told again (None: once)."""

    for_seconds: float = 0.0
    repeat_seconds: float | None = None


def rules_of(settings: Iterable[RuleSettings], channel_names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules that are in force; where none is set, every channel is told of every check."""
    return tuple(_rule(each) for each in settings) or (Rule(channels=tuple(channel_names)),)


def terms(rules: Iterable[Rule], subject: Subject, status: Status) -> dict[str, Terms]:
    """Return the channels that want to be told that `subject` is in that state, and their terms.

    Where several rules name a channel, the shortest wait and the shortest repeat count.
    """
    found: dict[str, Terms] = {}
    for rule in rules:
        if rule.means(subject, status):
            asked = Terms(rule.for_seconds, rule.repeat_seconds)
            found.update({channel: _shortest(found.get(channel, asked), asked) for channel in rule.channels})
    return found


def _rule(settings: RuleSettings) -> Rule:
    return Rule(
        checks=settings.checks,
        groups=settings.groups,
        events=settings.events,
        severities=tuple(Status(each) for each in settings.severities),
        channels=settings.channels,
        for_seconds=float(settings.delay),
        repeat_seconds=None if settings.repeat is None else float(settings.repeat),
    )


def _shortest(one: Terms, other: Terms) -> Terms:
    repeats = [each for each in (one.repeat_seconds, other.repeat_seconds) if each is not None]
    return Terms(min(one.for_seconds, other.for_seconds), min(repeats, default=None))

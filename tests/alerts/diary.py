"""What a desk would remember between decisions, kept in memory, and a short way to make things happen."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from monitoring.alerts.deciding import Decision, Past, decide
from monitoring.alerts.message import Message
from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Situation, Standing, Subject
from monitoring.status import Cause, Status
from monitoring.store.alerts import Alert, Delivery
from monitoring.store.transitions import Transition

SETTLE_SECONDS = 125.0
CONFIRMED_AFTER = 2.0
"""Seconds between a state's begin and its confirmation, where a test does not say otherwise."""


def subject(name: str, *parents: str, group: str = "") -> Subject:
    """Return a check that people call by its name in upper case."""
    return Subject(name=name, title=name.upper(), group=group, parents=parents, settle_seconds=SETTLE_SECONDS)


def everything(*channels: str, **fields: Any) -> Rule:
    """Return a rule about every check."""
    return Rule(channels=channels or ("chat",), **fields)


class Diary:
    """Decides as time goes on. `heard` is what each channel was told, as (channel, message), in order of positions."""

    def __init__(self, *subjects: Subject, rules: Sequence[Rule] = (), channels: Sequence[str] = ("chat",)) -> None:
        self.subjects = {each.name: each for each in subjects or (subject("db"),)}
        self.rules = list(rules) or [everything(*channels)]
        self.channels = list(channels)
        self.standings = {name: Standing(Status.HEALTHY) for name in self.subjects}
        self.in_maintenance: set[str] = set()
        self.maintenance_ended_at: dict[str, float] = {}
        self.keyless: frozenset[str] = frozenset()
        self.alerts: dict[tuple[str, str, float], Alert] = {}
        self.changes: list[Transition] = []
        self.deliveries: dict[str, Delivery] = {}
        self.last = Decision()

    @property
    def heard(self) -> list[Message]:
        """Return every message, in order of positions."""
        ordered = sorted(self.deliveries.values(), key=lambda each: each.position)
        return [msgspec.json.decode(each.body, type=Message) for each in ordered]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Return (event, check, status) of every message."""
        return [(each.event.value, each.check, each.status.value) for each in self.heard]

    def told_on(self, channel: str) -> list[tuple[str, str]]:
        """Return (event, status) of every message to one channel."""
        mine = sorted((d for d in self.deliveries.values() if d.channel == channel), key=lambda each: each.position)
        read = [msgspec.json.decode(each.body, type=Message) for each in mine]
        return [(each.event.value, each.status.value) for each in read]

    def change(self, check: str, status: Status, at: float, confirmed_at: float | None = None) -> Transition:
        """Return the transition of a check from how it stands to `status`, and let it stand so."""
        previous = self.standings.get(check, Standing(Status.HEALTHY)).status
        self.standings[check] = Standing(status)
        return Transition(
            check=check,
            previous=previous,
            status=status,
            at=at,
            confirmed_at=at + CONFIRMED_AFTER if confirmed_at is None else confirmed_at,
            cause=None if status is Status.HEALTHY else Cause.REFUSED,
        )

    def becomes(self, check: str, status: Status, at: float) -> Decision:
        """Let a check change, and decide as soon as that is confirmed."""
        return self.decide(at + CONFIRMED_AFTER, self.change(check, status, at))

    def suspect(self, check: str, suspected: bool = True) -> None:
        """Say that results contradict how a check stands, or that this was refuted."""
        self.standings[check] = Standing(self.standings[check].status, suspected)

    def decide(self, now: float, *transitions: Transition) -> Decision:
        """Decide, and remember what followed as a store would: a delivery that is there already stays as it is."""
        self.last = decide(self.past(now), transitions, self.situation(now))
        self.alerts.update({(each.channel, each.check, each.began_at): each for each in self.last.alerts})
        self.deliveries = {each.id: each for each in self.last.deliveries} | self.deliveries
        self.changes += transitions
        return self.last

    def until(self, now: float) -> None:
        """Let time pass, deciding whenever it was asked for."""
        while (next_at := self.last.next_at) is not None and next_at <= now:
            later = self.decide(next_at).next_at
            assert later is None or later > next_at, "it would be decided again and again"
        self.decide(now)

    def past(self, now: float) -> Past:
        """Return what is remembered, as far back as it is asked for."""
        return Past(
            alerts=[each for each in self.alerts.values() if each.closed_at is None],
            changes=[each for each in self.changes if each.confirmed_at >= now - 1800],
            deliveries=[each for each in self.deliveries.values() if each.created_at >= now - 90],
            position=max((each.position for each in self.deliveries.values()), default=0),
        )

    def situation(self, now: float) -> Situation:
        """Return how things stand."""
        return Situation(
            now=now,
            subjects=self.subjects,
            standings=dict(self.standings),
            in_maintenance=frozenset(self.in_maintenance),
            maintenance_ended_at=dict(self.maintenance_ended_at),
            channels=self.channels,
            rules=self.rules,
            keyless=self.keyless,
        )

    def acknowledge(self, at: float) -> None:
        """Let somebody acknowledge every alert."""
        self.alerts = {
            key: replace(each, acknowledged_at=at, acknowledged_by="ops") for key, each in self.alerts.items()
        }

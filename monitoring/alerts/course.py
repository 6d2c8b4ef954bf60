"""What becomes of an alert as time passes. Pure."""

import math
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from monitoring.alerts.changes import CALM_SECONDS
from monitoring.alerts.ledger import Ledger
from monitoring.alerts.parents import HOLD_SECONDS, Parents
from monitoring.alerts.rules import Terms, terms
from monitoring.alerts.sayings import Sayings
from monitoring.alerts.situation import Situation
from monitoring.status import Status
from monitoring.store.alerts import Alert, Event

Step = tuple[float, Callable[[Alert], Alert]]
"""When something is to be done about an alert (Unix seconds), and what: it returns the alert as it is then."""


class Course:
    """Knows what is to be done next about an alert though its check's state does not change, and does it."""

    def __init__(self, situation: Situation, parents: Parents, ledger: Ledger, sayings: Sayings) -> None:
        self._situation = situation
        self._parents = parents
        self._ledger = ledger
        self._sayings = sayings
        self._wanted: dict[tuple[str, Status], dict[str, Terms]] = {}

    def wanted(self, check: str, status: Status) -> Mapping[str, Terms]:
        """Return the configured channels that want to be told that a check is in that state, and their terms."""
        key = check, status
        if key not in self._wanted:
            found = terms(self._situation.rules, self._situation.subject(check), status)
            self._wanted[key] = {name: each for name, each in found.items() if name in self._situation.channels}
        return self._wanted[key]

    def may_speak_at(self, alert: Alert) -> float:
        """Return when more may be said about what was told: later in maintenance, never to a channel that is gone."""
        if alert.channel not in self._situation.channels:
            return math.inf
        if alert.check in self._situation.in_maintenance:
            return self._situation.now + HOLD_SECONDS
        return -math.inf

    def next(self, alert: Alert, at: float) -> Step:
        """Return the next step of an open alert, as seen at `at` (Unix seconds; never, where there is none)."""
        if not self._situation.watches(alert.check):
            return -math.inf, self._retire
        if alert.told_at is None:
            return self._telling(alert, at)
        if alert.flapping:
            return self._calming(alert)
        return self._repeating(alert)

    def flap(self, alert: Alert) -> Alert:
        """Say that the state keeps changing, and nothing more until it is calm."""
        return self._say(replace(alert, flapping=True), Event.REMINDER)

    def resolve(self, alert: Alert) -> Alert:
        """Say that an outage is over, with which the alert is closed."""
        return self._say(replace(self.close(alert), flapping=False), Event.RESOLVE)

    def close(self, alert: Alert) -> Alert:
        """Return the alert closed, without a word."""
        return replace(alert, closed_at=self._situation.now)

    def _telling(self, alert: Alert, at: float) -> Step:
        if alert.channel not in self.wanted(alert.check, alert.status):
            return -math.inf, self.close
        held = self.may_speak_at(alert), self._parents.not_before(alert.check, at)
        return max(alert.due_at, *held), self._trigger

    def _calming(self, alert: Alert) -> Step:
        calm_at = alert.changed_at + CALM_SECONDS
        if alert.ended_at is not None:
            return calm_at, self.resolve
        return max(calm_at, self.may_speak_at(alert)), self._calm

    def _repeating(self, alert: Alert) -> Step:
        said_at, may_speak_at = alert.said_at or 0.0, self.may_speak_at(alert)
        worse = alert.status is Status.UNHEALTHY and alert.changed_at > said_at
        if worse and alert.channel in self.wanted(alert.check, alert.status):
            return may_speak_at, self._remind
        if alert.repeat_seconds is None or alert.acknowledged_at is not None:
            return math.inf, self._remind
        return max(said_at + alert.repeat_seconds, may_speak_at), self._remind

    def _trigger(self, alert: Alert) -> Alert:
        flapping = alert.flapping and self._situation.now < alert.changed_at + CALM_SECONDS
        return self._say(replace(alert, told_at=self._situation.now, flapping=flapping), Event.TRIGGER)

    def _remind(self, alert: Alert) -> Alert:
        return self._say(alert, Event.REMINDER)

    def _calm(self, alert: Alert) -> Alert:
        return self._say(replace(alert, flapping=False), Event.REMINDER)

    def _retire(self, alert: Alert) -> Alert:
        """Close the alert of a check that nobody looks at any more: whether it is well, nobody will ever know."""
        closed = self.close(replace(alert, ended_at=alert.ended_at or self._situation.now, flapping=False))
        return closed if alert.told_at is None else self._sayings.say(closed, Event.RESOLVE, Status.UNKNOWN)

    def _say(self, alert: Alert, event: Event) -> Alert:
        status = alert.status if alert.ended_at is None else Status.HEALTHY
        return self._sayings.say(alert, event, status, self._affected(alert))

    def _affected(self, alert: Alert) -> tuple[str, ...]:
        """Return the titles of the checks that are down with this one, and are not told of on its channel."""
        if alert.status is not Status.UNHEALTHY:
            return ()
        names = self._parents.affected(alert.check)
        untold = [name for name in names if not self._is_told(name, alert.channel)]
        return tuple(self._situation.subject(name).title for name in untold)

    def _is_told(self, check: str, channel: str) -> bool:
        mine = [alert for alert in self._ledger.open_of(check) if alert.channel == channel]
        told = any(alert.told_at is not None for alert in mine)
        return told or check in self._situation.in_maintenance

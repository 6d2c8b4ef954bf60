"""Who is told what now. Pure: no clock, no store, no channel."""

import math
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from monitoring.alerts.changes import Changes
from monitoring.alerts.course import Course
from monitoring.alerts.keys import dedup_key
from monitoring.alerts.ledger import Ledger
from monitoring.alerts.parents import Parents
from monitoring.alerts.rules import Terms, terms
from monitoring.alerts.sayings import Sayings
from monitoring.alerts.situation import Situation
from monitoring.status import Status
from monitoring.store.alerts import Alert, Delivery, Event
from monitoring.store.transitions import Transition


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What was there before: the alerts that are not closed, the changes of at least the last 30 minutes (those that
    are being decided about not among them), the deliveries of the last 90 seconds, and the position of the last
    delivery.
    """

    alerts: Sequence[Alert] = ()
    changes: Sequence[Transition] = ()
    deliveries: Sequence[Delivery] = ()
    position: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What follows: alerts that are new or other than they were, deliveries that are new, and when it is to be
    decided again though nothing changes (Unix seconds; None: never).
    """

    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    next_at: float | None = None


def decide(past: Past, transitions: Sequence[Transition], situation: Situation) -> Decision:
    """Return what follows from transitions (in order of time; none: from time passing). Deciding twice is harmless:
    what is there already is left as it is.
    """
    deciding = _Deciding(past, transitions, situation)
    for change in deciding.changes.fresh:
        deciding.take(change)
    next_at = min(map(deciding.pass_time, deciding.ledger.open()), default=math.inf)
    return Decision(
        alerts=deciding.ledger.changed(),
        deliveries=tuple(deciding.sayings.deliveries),
        next_at=None if next_at == math.inf else next_at,
    )


def orphan_resolves(situation: Situation, check: str, at: float, position: int) -> tuple[Delivery, ...]:
    """Return a resolve under the check's keyless key for each channel that wants to know when it is unhealthy.

    For the store's own check, by whoever takes over after a gap at `at` (Unix seconds): the alert may have been told
    by somebody whose memory of it is gone. `position` is that of the last delivery.
    """
    sayings = Sayings(situation, (), position)
    for channel in terms(situation.rules, situation.subject(check), Status.UNHEALTHY):
        if channel in situation.channels:
            sayings.say(_orphan(situation, channel, check, at), Event.RESOLVE, Status.HEALTHY)
    return tuple(sayings.deliveries)


class _Deciding:
    """One decision in the making."""

    def __init__(self, past: Past, transitions: Sequence[Transition], situation: Situation) -> None:
        self._situation = situation
        self.changes = Changes(past.changes, transitions, situation.now)
        self.ledger = Ledger(past.alerts)
        self.sayings = Sayings(situation, past.deliveries, past.position)
        self._course = Course(situation, Parents(situation, self.changes), self.ledger, self.sayings)

    def take(self, change: Transition) -> None:
        """Bring a check's alerts up to a change of its state, and open those that it calls for."""
        for alert in self.ledger.open_of(change.check):
            if self._concerns(change, alert):
                self.ledger.put(self._after(self._caught_up(alert, change), change))
        if change.status is not Status.HEALTHY:
            self._open(change)

    def _concerns(self, change: Transition, alert: Alert) -> bool:
        """Return whether a change says anything about an outage; one that began before it usually comes again.

        But where the check has recovered, and stands so, the clock was set back: else nobody would hear of it.
        """
        recovered = change.status is Status.HEALTHY and alert.ended_at is None
        stands = self._situation.standing(change.check).status
        return change.at >= alert.began_at or (recovered and stands is Status.HEALTHY)

    def pass_time(self, alert: Alert) -> float:
        """Do what is due about an alert, and return when there is more to do (Unix seconds)."""
        now = self._situation.now
        due_at, act = self._course.next(alert, now)
        if due_at > now:
            return due_at
        alert = act(alert)
        self.ledger.put(alert)
        return math.inf if alert.closed_at is not None else self._course.next(alert, now)[0]

    def _caught_up(self, alert: Alert, change: Transition) -> Alert:
        """Do what was due before a change: an outage that lasted long enough is told, though it is over by now."""
        untold_end = alert.told_at is None and change.status is Status.HEALTHY
        if untold_end or (alert.told_at is not None and alert.flapping):
            due_at, act = self._course.next(alert, change.confirmed_at)
            return act(alert) if due_at < change.confirmed_at else alert
        return alert

    def _after(self, alert: Alert, change: Transition) -> Alert:
        if alert.closed_at is not None:
            return alert
        if change.status is Status.HEALTHY:
            return self._ended(alert, change)
        if change.status is alert.status and alert.ended_at is None:
            return alert
        return self._gone_on(alert, change)

    def _ended(self, alert: Alert, change: Transition) -> Alert:
        ended = replace(alert, ended_at=change.at, changed_at=change.confirmed_at)
        if alert.told_at is None:
            return self._course.close(ended)
        if alert.flapping:
            return ended
        return self._course.flap(ended) if self._flaps(alert, change) else self._course.resolve(ended)

    def _gone_on(self, alert: Alert, change: Transition) -> Alert:
        wanted = self._course.wanted(alert.check, change.status).get(alert.channel)
        changed = replace(
            alert,
            status=change.status,
            cause=change.cause,
            error=change.error,
            changed_at=change.confirmed_at,
            repeat_seconds=alert.repeat_seconds if wanted is None else wanted.repeat_seconds,
            ended_at=None,
        )
        if alert.told_at is None:
            due_at = alert.due_at if wanted is None else _due_at(alert, change, wanted)
            return replace(changed, due_at=due_at, flapping=alert.flapping or self._flaps(alert, change))
        return self._course.flap(changed) if self._flaps(alert, change) and not alert.flapping else changed

    def _flaps(self, alert: Alert, change: Transition) -> bool:
        """Return whether the check begins to flap; what it did while it was worked on does not count."""
        since = self._situation.maintenance_ended_at.get(change.check, -math.inf)
        may_speak = self._course.may_speak_at(alert) == -math.inf
        return may_speak and self.changes.flaps(change.check, change.confirmed_at, since)

    def _open(self, change: Transition) -> None:
        mine = self.ledger.open_of(change.check)
        began_at, taken = self._began_at(change, mine), {alert.channel for alert in mine}
        for channel, wanted in self._course.wanted(change.check, change.status).items():
            if channel not in taken:
                alert = _new(self._situation, channel, change, began_at, wanted)
                self.ledger.put(replace(alert, flapping=self._flaps(alert, change)))

    def _began_at(self, change: Transition, alerts: Sequence[Alert]) -> float:
        """Return the start of the outage that a change belongs to (Unix seconds), as far as anything knows it."""
        first = self.changes.first_of_outage(change)
        if first.previous is Status.HEALTHY:
            return first.at
        return min((alert.began_at for alert in alerts), default=first.at)


def _due_at(alert: Alert, change: Transition, wanted: Terms) -> float:
    """Return when an untold alert is due after its state got worse (no later than before), or better."""
    if change.status is Status.UNHEALTHY:
        return min(alert.due_at, change.confirmed_at + wanted.for_seconds)
    return alert.confirmed_at + wanted.for_seconds


def _new(situation: Situation, channel: str, change: Transition, began_at: float, wanted: Terms) -> Alert:
    doubt_seconds = situation.subject(change.check).doubt_seconds if change.previous is Status.UNKNOWN else 0.0
    key_at = None if change.check in situation.keyless else began_at
    return Alert(
        channel=channel,
        check=change.check,
        began_at=began_at,
        dedup_key=dedup_key(situation.origin, change.check, key_at),
        status=change.status,
        cause=change.cause,
        error=change.error,
        confirmed_at=change.confirmed_at,
        changed_at=change.confirmed_at,
        due_at=change.confirmed_at + max(wanted.for_seconds, doubt_seconds),
        repeat_seconds=wanted.repeat_seconds,
    )


def _orphan(situation: Situation, channel: str, check: str, at: float) -> Alert:
    return Alert(
        channel=channel,
        check=check,
        began_at=at,
        dedup_key=dedup_key(situation.origin, check, None),
        status=Status.UNHEALTHY,
        confirmed_at=at,
        changed_at=at,
        due_at=at,
        ended_at=at,
    )

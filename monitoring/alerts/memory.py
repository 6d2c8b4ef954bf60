"""What the desk knows without asking the store: the past as it read it last, and what it decided since."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from monitoring.alerts.changes import CALM_SECONDS
from monitoring.alerts.deciding import Decision, Past
from monitoring.alerts.message import Message
from monitoring.store import alerts, deliveries
from monitoring.store.alerts import Alert, Numbered
from monitoring.store.database import Connection
from monitoring.store.deliveries import Delivery
from monitoring.store.transitions import Transition

DELIVERIES_SECONDS = 90.0
EARLY_LIMIT = 10_000

_read_message = msgspec.json.Decoder(Message).decode


class Memory:
    """`past` is what the next decision starts from, `number` that of the last stored transition decided about.

    It reaches back 30 minutes, or as long as it may take to notice that a parent is back (`settle_seconds`).
    Transitions may be decided about early: before they are read from the store, which may never get them.
    """

    def __init__(self, settle_seconds: float = 0.0) -> None:
        self._reach_seconds = max(CALM_SECONDS, settle_seconds)
        self.past, self.number = Past(), 0
        self._unsaved: dict[tuple[str, str, float], Alert] = {}
        self._early: dict[str, Transition] = {}

    def load(self, connection: Connection, now: float) -> None:
        """Read where the last leader left off."""
        self.number = alerts.cursor(connection, now)
        self.past = self.read(connection, now)

    def read(self, connection: Connection, now: float) -> Past:
        """Return the past as the store has it, and what was decided early."""
        stored = alerts.changes(connection, self.number, now - self._reach_seconds)
        known = {each.key: each for each in [*stored, *self._early.values()]}
        recent = deliveries.recent(connection, now - DELIVERIES_SECONDS)
        # Only leaders add deliveries, so the whole table is asked once.
        position = self.past.position or deliveries.last_position(connection)
        return Past(
            alerts=alerts.open_alerts(connection),
            changes=_in_order(known.values()),
            deliveries=recent,
            position=max([position, *(each.position for each in recent)]),
        )

    def fresh(self, rows: Sequence[Numbered], early: Sequence[Transition]) -> list[Transition]:
        """Return what is to be decided about of stored rows, and of changes that the store does not have."""
        known = {each.transition.key: each.transition for each in rows} | {each.key: each for each in early}
        return _in_order(each for key, each in known.items() if key not in self._early)

    def decided(self, past: Past, fresh: Sequence[Transition], decision: Decision, now: float) -> None:
        """Take a decision into the past, from which the next one starts."""
        self.past = followed(past, fresh, decision, now, self._reach_seconds)

    def decided_early(self, changes: Sequence[Transition]) -> None:
        """Remember that changes were decided about, until they are read from the store."""
        self._early.update((each.key, each) for each in changes)
        for key in list(self._early)[: max(0, len(self._early) - EARLY_LIMIT)]:
            del self._early[key]

    def passed(self, rows: Sequence[Numbered]) -> None:
        """Note that stored rows have been decided about."""
        for each in rows:
            self._early.pop(each.transition.key, None)
            self.number = each.number

    def keep(self, changed: Sequence[Alert]) -> None:
        """Keep alerts that the store could not take."""
        self._unsaved.update((_key(each), each) for each in changed)

    def unsaved(self) -> list[Alert]:
        """Return the alerts that the store has yet to get."""
        return list(self._unsaved.values())

    def saved(self, number: int) -> None:
        """Note that the store has got them, and how far it is: the answer to the last commit may have been lost."""
        self._unsaved.clear()
        self.number = max(self.number, number)


def followed(past: Past, fresh: Sequence[Transition], decision: Decision, now: float, reach_seconds: float) -> Past:
    """Return the past of whoever decides after a decision; its changes are those of the last `reach_seconds`."""
    known = {_key(each): each for each in [*past.alerts, *decision.alerts]}
    changes = {each.key: each for each in [*past.changes, *fresh]}
    sent = [*past.deliveries, *decision.deliveries]
    return Past(
        alerts=[each for each in known.values() if each.closed_at is None],
        changes=[each for each in _in_order(changes.values()) if each.confirmed_at >= now - reach_seconds],
        deliveries=[each for each in sent if each.created_at >= now - DELIVERIES_SECONDS],
        position=max([past.position, *(each.position for each in decision.deliveries)]),
    )


def with_runs(decision: Decision, runs: Mapping[str, str]) -> Decision:
    """Return a decision whose new alerts, and the messages about them, name the runs (by check) that led to them."""
    named = {_key(each): _named(each, runs) for each in decision.alerts}
    told = {(each.channel, each.dedup_key): each.correlation_id for each in named.values()}
    bodies = [_with_run(each, told.get((each.channel, each.dedup_key))) for each in decision.deliveries]
    return replace(decision, alerts=tuple(named.values()), deliveries=tuple(bodies))


def _named(alert: Alert, runs: Mapping[str, str]) -> Alert:
    if alert.correlation_id is not None or alert.ended_at is not None:
        return alert
    return replace(alert, correlation_id=runs.get(alert.check))


def _with_run(delivery: Delivery, run: str | None) -> Delivery:
    message = _read_message(delivery.body)
    if run is None or message.correlation_id is not None:
        return delivery
    return replace(delivery, body=msgspec.json.encode(replace(message, correlation_id=run)).decode())


def _key(alert: Alert) -> tuple[str, str, float]:
    return alert.channel, alert.check, alert.began_at


def _in_order(changes: Iterable[Transition]) -> list[Transition]:
    return sorted(changes, key=lambda each: (each.confirmed_at, each.at))

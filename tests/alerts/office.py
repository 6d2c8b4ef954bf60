"""A desk, the channels it tells, and the changes that it is told of."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import requests

from monitoring import clock
from monitoring.alerts.channel import Channel, Undelivered
from monitoring.alerts.desk import Briefing, Desk
from monitoring.alerts.dispatch import Dispatch
from monitoring.alerts.message import Message
from monitoring.alerts.rules import Rule
from monitoring.alerts.situation import Planned, Standing, Subject
from monitoring.status import Cause, Status
from monitoring.store import alerts, deliveries, leases, transitions
from monitoring.store.database import Database
from monitoring.store.deliveries import Delivery, Event
from monitoring.store.transitions import Transition
from tests.support.hooks import Listener

HEALTHY, UNHEALTHY = Status.HEALTHY, Status.UNHEALTHY


class Post:
    """Posts the messages it is given as one JSON array."""

    digests: ClassVar[bool] = True

    def __init__(self, listener: Listener, name: str = "chat", longest_seconds: float = 5.0) -> None:
        self.name, self.longest_seconds, self._url = name, longest_seconds, listener.url

    def send(self, messages: Sequence[Message]) -> str:
        try:
            answer = requests.post(self._url, data=msgspec.json.encode(messages), timeout=self.longest_seconds)
        except requests.RequestException as error:
            raise Undelivered(type(error).__name__) from None
        if answer.status_code >= 300:
            asked = answer.headers.get("Retry-After")
            raise Undelivered(f"answered {answer.status_code}", float(asked) if asked else None)
        return f"answered {answer.status_code}"


class SinglePost(Post):
    """Posts one message at a time."""

    digests: ClassVar[bool] = False


class Inbox:
    """A channel within this process: `messages` is what it has got."""

    digests: ClassVar[bool] = False
    longest_seconds = 1.0

    def __init__(self, name: str = "chat") -> None:
        self.name = name
        self.messages: list[Message] = []

    def send(self, messages: Sequence[Message]) -> str:
        self.messages += messages
        return "taken"


def told(listener: Listener) -> list[tuple[str, str]]:
    """Return (event, check) of each message that was taken, in order."""
    return [(each["event"], each["check"]) for heard in listener.taken for each in heard.json]


def lead(database: Database, owner: str = "me") -> int:
    """Make `owner` the leader and return the fence."""
    with database.write() as connection:
        fence = leases.claim(connection, leases.read(connection), owner)
    assert fence is not None
    return fence


def change(check: str = "api", status: Status = UNHEALTHY, at: float | None = None, **more: Any) -> Transition:
    """Return a change that was confirmed just now, or at `at`."""
    now = clock.now() if at is None else at
    previous = UNHEALTHY if status is HEALTHY else HEALTHY
    given = {"at": now - 60, "confirmed_at": now, "cause": None if status is HEALTHY else Cause.REFUSED, **more}
    return Transition(check=check, previous=previous, status=status, **given)


def store(database: Database, *changes: Transition) -> None:
    """Store changes, as the writer does."""
    with database.write() as connection:
        transitions.add(connection, changes)


def delivery(number: int, **fields: Any) -> Delivery:
    """Return a message about an outage of its own, or of `dedup_key`, that is due."""
    now = clock.now()
    key = fields.get("dedup_key", f"daymark:{number}")
    times = {"began_at": now, "confirmed_at": now, "at": now}
    body = Message(event=Event.TRIGGER, dedup_key=key, check=key, title=key, status=UNHEALTHY, **times)
    given = {"channel": "chat", "dedup_key": key, "event": Event.TRIGGER, "position": number, "created_at": now}
    known = {**given, "send_at": now - 1, "body": msgspec.json.encode(body).decode(), **fields}
    return Delivery(id=f"{known['channel']}-{number}", **known)


def rows(database: Database) -> list[Delivery]:
    """Return all deliveries of the store."""
    with database.read() as connection:
        return deliveries.recent(connection, 0)


class Office:
    """Desks over one database, of which the last one leads; all are ended with the test."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.standings: dict[str, Standing] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.worked_on: frozenset[str] = frozenset()
        self.desks: list[Desk] = []
        self.rule: dict[str, Any] = {}
        self.keyless: frozenset[str] = frozenset()

    def desk(self, *channels: Channel, owner: str = "me", after_gap: frozenset[str] = frozenset()) -> Desk:
        """Return the desk of a new leader, which has not begun."""
        dispatch = Dispatch(self.database, channels, owner, lead(self.database, owner))
        names = [each.name for each in channels]
        subjects = {
            name: Subject(name=name, title=name.upper(), parents=self.parents.get(name, ())) for name in ("api", "db")
        }
        rules = [Rule(channels=(*names, "old"), **self.rule)]
        briefing = Briefing(subjects=subjects, rules=rules, channels=names, keyless=self.keyless)
        desk = Desk(dispatch, briefing, lambda: self.standings, lambda _now: Planned(self.worked_on), after_gap)
        with self.database.read() as connection:
            desk.load(connection)
        self.desks.append(desk)
        return desk

    def open(self, *channels: Channel, **more: Any) -> Desk:
        """Return the same, at work."""
        desk = self.desk(*channels, **more)
        desk.start()
        return desk

    def close(self) -> None:
        """End all desks."""
        for desk in self.desks:
            desk.abandon()
            desk.stop(10)  # waits for the threads: the database is closed next

    def cursor(self) -> int:
        """Return how far it has been decided."""
        with self.database.read() as connection:
            return alerts.cursor(connection, 0)

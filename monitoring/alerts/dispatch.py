"""All channels of one reign: what was decided goes to each one's thread, and none waits for another."""

from collections.abc import Iterable, Sequence

from monitoring import clock
from monitoring.alerts.channel import Channel
from monitoring.alerts.line import Line
from monitoring.alerts.mandate import Mandate
from monitoring.alerts.sending import Sender
from monitoring.alerts.tray import HELD, Tray
from monitoring.logs import log
from monitoring.store import deliveries
from monitoring.store.database import Connection, Database
from monitoring.store.deliveries import Delivery


class Dispatch:
    """Delivers for as long as `owner` holds the lease of this `fence`; `line` tells whether the store answers."""

    def __init__(self, database: Database, channels: Sequence[Channel], owner: str, fence: int) -> None:
        self.line, self.mandate = Line(), Mandate(database, owner, fence)
        self._senders = {each.name: Sender(self.mandate, each, self.line, self.abandon) for each in channels}
        self._nowhere = Tray(digests=False)
        self._trays = [*(each.tray for each in self._senders.values()), self._nowhere]

    def start(self) -> None:
        """Start a thread for each channel."""
        for sender in self._senders.values():
            sender.start()

    def put(self, batch: Iterable[Delivery], stored: bool) -> None:
        """Take deliveries to their channels' threads; what is here already is left as it is."""
        by_channel: dict[str, list[Delivery]] = {}
        for each in batch:
            by_channel.setdefault(each.channel, []).append(each)
        for name, mine in by_channel.items():
            self._put(name, mine, stored)

    def _put(self, name: str, batch: Sequence[Delivery], stored: bool) -> None:
        sender = self._senders.get(name)
        tray = self._nowhere if sender is None else sender.tray
        refused = tray.add([] if stored and sender is None else batch, stored)
        if refused and not stored:
            log.error("Alerts are lost: too many wait for the store", channel=name, count=refused)
        if sender is not None:
            sender.wake()

    def load(self, connection: Connection) -> list[Delivery]:
        """Return what the store has for these channels and nobody has delivered; to be given to `put`."""
        return [each for name in self._senders for each in deliveries.unfinished(connection, name, HELD + 1)]

    def unsaved(self) -> list[Delivery]:
        """Return what the store has never seen, with what has become of it so far."""
        return [each for tray in self._trays for each in tray.unsaved()]

    def save(self, connection: Connection, unsaved: Sequence[Delivery]) -> None:
        """Write what `unsaved` returned, and how far each has got, into the caller's transaction."""
        deliveries.add(connection, unsaved)
        # The answer to the commit that wrote them may have been lost: then they are there, but not how they ended.
        deliveries.record(connection, self.mandate.claimant, [each for each in unsaved if each.attempts])

    def saved(self, batch: Sequence[Delivery]) -> None:
        """Note that the transaction of `save` has been committed."""
        for tray in self._trays:
            tray.recorded(batch)
        self.wake()

    def wake(self) -> None:
        """Have each channel look after what it has."""
        for sender in self._senders.values():
            sender.wake()

    def stop(self, timeout_seconds: float) -> None:
        """Send what is due and can be sent in this time, and end the threads."""
        until = clock.monotonic() + timeout_seconds
        for sender in self._senders.values():
            sender.stop(timeout_seconds)
        for sender in self._senders.values():
            sender.join(max(0.0, until - clock.monotonic()))

    def abandon(self) -> None:
        """Send nothing more: another process leads."""
        for sender in self._senders.values():
            sender.abandon()

"""What one channel has yet to send: in which order, what may go together, and what the store knows of it."""

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import msgspec

from monitoring.store.deliveries import Delivery

HELD = 10_000
"""Deliveries held at a time; the store keeps what is beyond."""


class _Entry(msgspec.Struct):
    """A delivery as it stands, and as the store has it (None: not yet). `not_before` is Unix seconds."""

    delivery: Delivery
    stored: Delivery | None
    not_before: float = 0.0


class Round(NamedTuple):
    """What may be sent now, in order, each a message or a digest; and when there will be more (None: not by itself)."""

    units: list[list[Delivery]]
    next_at: float | None


class Tray:
    """The deliveries of one channel, filled by the desk and emptied by the channel's thread.

    What was decided while the store was away is here only; the desk takes it from here to the store, as it then
    stands. A delivery that is done leaves the tray once the store knows.
    """

    def __init__(self, digests: bool) -> None:
        self._digests = digests
        self._entries: dict[str, _Entry] = {}
        self._tried: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self.overflown = False

    def add(self, batch: Iterable[Delivery], stored: bool) -> int:
        """Take in what is not here yet; return how many there was no room for, which are lost unless they are stored.

        Once some are in the store alone, so are all that follow, until it is asked for them: their order counts.
        """
        with self._lock:
            return sum(not self._add(each, stored) for each in batch)

    def _add(self, delivery: Delivery, stored: bool) -> bool:
        if delivery.id in self._entries:
            return True
        if len(self._entries) >= HELD or (stored and self.overflown):
            self.overflown |= stored
            return False
        self._entries[delivery.id] = _Entry(delivery, delivery if stored else None)
        return True

    def ready(self, now: float) -> Round:
        """Return what may be sent at `now`: of each dedup key the first that is unfinished, or those of its digest."""
        heads: dict[str, Delivery] = {}
        units: dict[str, list[Delivery]] = {}
        chosen, later = set[str](), list[float]()
        for entry in self._pending():
            delivery = entry.delivery
            head = heads.setdefault(delivery.dedup_key, delivery)
            if head is not delivery and not self._together(head, delivery, chosen):
                continue
            due_at = self._due_at(entry)
            if due_at > now:
                later.append(due_at)
                continue
            chosen.add(delivery.id)
            units.setdefault(self._unit(delivery), []).append(delivery)
        return Round(list(units.values()), min(later, default=None))

    def _due_at(self, entry: _Entry) -> float:
        """Return when it may be sent: where nothing is gathered, a digest is not waited for."""
        delivery = entry.delivery
        waits = self._digests or delivery.attempts or delivery.digest is None
        return max(delivery.send_at, entry.not_before) if waits else entry.not_before

    def _pending(self) -> list[_Entry]:
        with self._lock:
            pending = [entry for entry in self._entries.values() if entry.delivery.outcome is None]
        return sorted(pending, key=lambda entry: entry.delivery.position)

    def _together(self, head: Delivery, delivery: Delivery, chosen: Collection[str]) -> bool:
        return head.id in chosen and self._unit(head) == self._unit(delivery)

    def _unit(self, delivery: Delivery) -> str:
        """Return what those have in common that are sent as one."""
        return delivery.digest if self._digests and delivery.digest else delivery.id

    def settle(self, batch: Iterable[Delivery]) -> None:
        """Note how deliveries stand after they were tried."""
        with self._lock:
            for each in batch:
                entry = self._entries[each.id]
                entry.delivery = each
                self._tried[each.id] = entry

    def hold_back(self, ids: Iterable[str], until: float) -> None:
        """Leave what somebody else has claimed alone until then (Unix seconds)."""
        with self._lock:
            for each in ids:
                if each in self._entries:
                    self._entries[each].not_before = until

    def discard(self, ids: Iterable[str]) -> None:
        """Forget what is done by somebody else."""
        with self._lock:
            for each in ids:
                self._entries.pop(each, None)

    def known_to_store(self, batch: Iterable[Delivery]) -> set[str]:
        """Return the ids of those of a batch that are in the store."""
        with self._lock:
            return {each.id for each in batch if self._entries[each.id].stored is not None}

    def unsaved(self) -> list[Delivery]:
        """Return what the store has never seen, as it stands."""
        with self._lock:
            return [entry.delivery for entry in self._entries.values() if entry.stored is None]

    def unrecorded(self) -> list[Delivery]:
        """Return what was tried, of what the store knows, and it does not know yet how that went."""
        with self._lock:
            return [entry.delivery for entry in self._tried.values() if entry.stored is not None]

    def recorded(self, batch: Sequence[Delivery]) -> None:
        """Note that the store knows deliveries as they are here; what is done and has not changed since leaves."""
        with self._lock:
            for each in batch:
                if each.id in self._entries:
                    self._recorded(self._entries[each.id], each)

    def _recorded(self, entry: _Entry, delivery: Delivery) -> None:
        entry.stored = delivery
        if entry.delivery is delivery:
            self._tried.pop(delivery.id, None)
            if delivery.outcome is not None:
                del self._entries[delivery.id]

    @property
    def empty(self) -> bool:
        """Return whether nothing is left to be sent or recorded."""
        return not self._entries

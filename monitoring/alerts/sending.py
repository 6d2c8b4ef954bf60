"""One channel's thread: it claims what is due, sends it, and notes what became of it."""

import random
import threading
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from monitoring import clock, correlation
from monitoring.alerts.channel import Channel, Undelivered
from monitoring.alerts.line import Line
from monitoring.alerts.mandate import Mandate
from monitoring.alerts.message import Message
from monitoring.alerts.tray import HELD, Tray
from monitoring.clock import DAY_SECONDS
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.store import deliveries
from monitoring.store.database import StoreError
from monitoring.store.deliveries import Delivery, Outcome
from monitoring.store.leases import Deposed

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 600.0
LONGEST_REST_SECONDS = 3600.0
"""The most that is granted to a channel which says when it wants to be asked again."""
GIVE_UP_SECONDS = DAY_SECONDS
MARGIN_SECONDS = 10.0
HELD_BACK_SECONDS = 2.0
IDLE_SECONDS = 30.0

_read_message = msgspec.json.Decoder(Message).decode


class Sender:
    """Sends what is in `tray` over one channel, in a thread of its own, for as long as this process leads.

    `on_deposed()` is called when another process turns out to do so. The store is not needed to send: where it does
    not answer, messages go unclaimed, under keys that anyone derives.
    """

    def __init__(self, mandate: Mandate, channel: Channel, line: Line, on_deposed: Callable[[], None]) -> None:
        self.tray = Tray(channel.digests)
        self._mandate, self._channel, self._line, self._on_deposed = mandate, channel, line, on_deposed
        self._rests_until = 0.0
        self._give_up_at: float | None = None
        self._abandoned = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"daymark-channel-{channel.name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there is something new."""
        self._wake.set()

    def stop(self, timeout_seconds: float) -> None:
        """Let the thread send what is due for so long, and no more; what it is sending then is left to its claim."""
        self._give_up_at = clock.monotonic() + timeout_seconds
        self._wake.set()

    def abandon(self) -> None:
        """Let the thread send nothing more: another process leads."""
        self._abandoned = True
        self._wake.set()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the thread's end, at most so long."""
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        next_at = 0.0
        while not self._over():
            self._wake.wait(max(0.0, min(next_at - clock.now(), IDLE_SECONDS)))
            self._wake.clear()
            with correlation.bind():
                next_at = self._guarded_round()
            if self._give_up_at is not None and not self._ready():
                break
        self._record()

    def _over(self) -> bool:
        return self._abandoned or (self._give_up_at is not None and clock.monotonic() >= self._give_up_at)

    def _guarded_round(self) -> float:
        try:
            return self._round()
        except Exception:  # noqa: BLE001 - a fault of ours must not end the thread that tells people
            log.error("A channel's messages could not be looked after", channel=self._channel.name, exc_info=True)
            return clock.now() + FIRST_WAIT_SECONDS

    def _round(self) -> float:
        """Send everything that is due; return when there will be more (Unix seconds)."""
        self._record()
        while not self._over() and (units := self._ready() or self._refilled()):
            self._send_each(units)
            self._record()
        if self._rests():
            return self._rests_until
        return self.tray.ready(clock.now()).next_at or clock.now() + IDLE_SECONDS

    def _send_each(self, units: Sequence[Sequence[Delivery]]) -> None:
        for unit in units:
            if self._over() or self._rests():
                return
            self._send(unit)

    def _rests(self) -> bool:
        return clock.now() < self._rests_until

    def _ready(self) -> list[list[Delivery]]:
        return [] if self._rests() else self.tray.ready(clock.now()).units

    def _send(self, unit: Sequence[Delivery]) -> None:
        claimed = self._claimed(unit)
        if not claimed:
            return
        try:
            answer = self._channel.send([_read_message(each.body) for each in claimed])
        except Undelivered as error:
            self._failed(claimed, str(error), error.retry_after_seconds)
        except Exception as error:  # noqa: BLE001 - a channel's own fault must not end its thread; its words may be secret
            self._failed(claimed, f"unexpected {type(error).__name__}", None)
        else:
            self._sent(claimed, answer)

    def _claimed(self, unit: Sequence[Delivery]) -> list[Delivery]:
        """Return what may be sent of a unit; all of it where the store does not know it, or does not answer."""
        known = self.tray.known_to_store(unit)
        if self._line.away or not known:
            return list(unit)
        try:
            taken = self._claim(known)
        except Deposed:
            self._on_deposed()
            return []
        except StoreError as error:
            self._line.lost(error)
            return list(unit)
        return [each for each in unit if each.id not in known or each.id in taken]

    def _claim(self, ids: set[str]) -> frozenset[str]:
        """Claim deliveries, in the transaction in which those that were tried before are recorded."""
        now, tried = clock.now(), self.tray.unrecorded()
        until = now + self._channel.longest_seconds + MARGIN_SECONDS
        with self._mandate.write() as connection:
            deliveries.record(connection, self._mandate.claimant, tried)
            claimed = deliveries.claim(connection, ids, self._mandate.claimant, now, until)
        self.tray.recorded(tried)
        self.tray.hold_back(claimed.held, now + HELD_BACK_SECONDS)
        self.tray.discard(ids - claimed.mine - claimed.held)
        return claimed.mine

    def _record(self) -> None:
        """Write what became of what was tried; what cannot be written waits for the store."""
        tried = self.tray.unrecorded()
        if self._line.away or not tried:
            return
        try:
            with self._mandate.database.write() as connection:
                deliveries.record(connection, self._mandate.claimant, tried)
            self.tray.recorded(tried)
        except StoreError as error:
            self._line.lost(error)

    def _refilled(self) -> list[list[Delivery]]:
        """Take in what the store has beyond what there was room for, once there is room again; return what is due."""
        if not self.tray.overflown or not self.tray.empty or self._line.away:
            return []
        try:
            with self._mandate.database.read() as connection:
                rest = deliveries.unfinished(connection, self._channel.name, HELD + 1)
        except StoreError as error:
            self._line.lost(error)
            return []
        self.tray.overflown = False
        self.tray.add(rest, stored=True)
        return self._ready()

    def _sent(self, unit: Sequence[Delivery], answer: str) -> None:
        done = {"outcome": Outcome.SENT, "done_at": clock.now(), "answer": answer}
        self.tray.settle([replace(each, attempts=each.attempts + 1, **done) for each in unit])
        metrics.increment("alerts.sent", len(unit), {"channel": self._channel.name})
        log.info("Alert sent", channel=self._channel.name, alerts=_names(unit), answer=answer)

    def _failed(self, unit: Sequence[Delivery], words: str, retry_after_seconds: float | None) -> None:
        now, rest = clock.now(), min(retry_after_seconds or 0.0, LONGEST_REST_SECONDS)
        self._rests_until = now + rest
        wait = max(rest, wait_seconds(max(each.attempts for each in unit) + 1))
        tried = [_tried(each, words, now, wait) for each in unit]
        self.tray.settle(tried)
        metrics.increment("alerts.failed", len(unit), {"channel": self._channel.name})
        log.warn("An alert was not taken", channel=self._channel.name, alerts=_names(unit), answer=words)
        self._say_given_up([each for each in tried if each.outcome is Outcome.GIVEN_UP])

    def _say_given_up(self, unit: Sequence[Delivery]) -> None:
        if unit:
            metrics.increment("alerts.given_up", len(unit), {"channel": self._channel.name})
            log.error("An alert was given up", channel=self._channel.name, alerts=_names(unit), answer=unit[0].answer)


def _names(unit: Sequence[Delivery]) -> list[str]:
    """Return what deliveries are about, for the log."""
    return [f"{each.event} {each.dedup_key}" for each in unit]


def wait_seconds(attempts: int) -> float:
    """Return how long to wait after so many attempts in vain: twice as long each time, up to half as much by chance."""
    # https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/: many that failed together part.
    grown = FIRST_WAIT_SECONDS * float(2 ** min(attempts - 1, 20)) * random.uniform(1.0, 1.5)  # noqa: S311 - no secret
    return min(grown, LONGEST_WAIT_SECONDS)


def _tried(delivery: Delivery, words: str, now: float, wait: float) -> Delivery:
    """Return how a delivery stands after an attempt in vain."""
    gives_up_at = delivery.created_at + GIVE_UP_SECONDS
    tried = replace(delivery, attempts=delivery.attempts + 1, answer=words)
    if now >= gives_up_at:
        return replace(tried, outcome=Outcome.GIVEN_UP, done_at=now)
    return replace(tried, send_at=min(now + wait, gives_up_at))

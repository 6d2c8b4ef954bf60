"""Who probes: one process of all workers and hosts, by a lease that no clock but one's own decides."""

import os
import secrets
import socket
import threading
from collections.abc import Callable

import msgspec

from monitoring import clock, correlation
from monitoring.logs import log
from monitoring.store import leases
from monitoring.store.database import Database, StoreError
from monitoring.store.leases import Lease

RENEW_SECONDS = 3.0
WATCH_SECONDS = 1.0
RETRY_SECONDS = 0.5
SILENCE_SECONDS = 10.0
"""How long the row must stand still before a rival claims it, and how long a leader may not run before it stops."""
PROMPT_SECONDS = 0.5
GRACE_SECONDS = 1.5
"""A claim that had to wait for a lock says nothing about the leader, which waited too: it gets this long to renew."""


class Tenure(msgspec.Struct, frozen=True):
    """One process's time as the leader: what its transactions are written under.

    `took_over_at` is when it replaced one that had not stepped down (Unix seconds), None where the lease was free.
    """

    owner: str
    fence: int
    took_over_at: float | None = None


class _Late(Exception):
    """A claim had to wait for a lock; it is rolled back."""


class Keeper:
    """Claims the lease, renews it and gives it back, in a thread and on connections of its own.

    `on_lead(tenure)` is called in that thread when this process becomes the leader; if it raises, the lease is given
    back. `on_deposed()` is called when it no longer is.
    """

    def __init__(self, database: Database, on_lead: Callable[[Tenure], None], on_deposed: Callable[[], None]) -> None:
        self.owner = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database, self._on_lead, self._on_deposed = database, on_lead, on_deposed
        self._fence: int | None = None
        self._seen: Lease | None = None
        self._still_since = 0.0
        self._ran_at = 0.0
        self._away = False
        self._stopping = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.Thread(target=self._run, name="daymark-lease", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and give the lease back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(SILENCE_SECONDS)
        fence, self._fence = self._fence, None
        if fence is not None:
            self._release(fence)

    @property
    def leads(self) -> bool:
        """Return whether this process leads and has been running lately: a stopped one that wakes up does not."""
        return self._fence is not None and clock.monotonic() - self._ran_at < SILENCE_SECONDS

    def step_down(self, why: str) -> None:
        """Stop leading at once."""
        with self._lock:
            if self._fence is None:
                return
            self._fence, self._seen = None, None
        log.warn("No longer the leader", why=why, owner=self.owner)
        self._on_deposed()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with correlation.bind():
                self._guarded_turn()
            self._stopping.wait(self._pause())

    def _pause(self) -> float:
        if self._away:
            return RETRY_SECONDS
        return WATCH_SECONDS if self._fence is None else RENEW_SECONDS

    def _guarded_turn(self) -> None:
        try:
            self.turn()
        except Exception:  # noqa: BLE001 - a fault of ours must not end the thread that keeps one process leading
            self._away = True
            log.error("The lease could not be looked after", exc_info=True)

    def turn(self) -> None:
        """Renew the lease, or watch it; one step of the thread."""
        if self._fence is not None and not self.leads:
            self.step_down(f"this process did not run for {SILENCE_SECONDS:g} s")
        elif self._fence is not None:
            self._renew(self._fence)
        else:
            self._watch()

    def _renew(self, fence: int) -> None:
        began = clock.monotonic()
        try:
            with self._database.write() as connection:
                renewed = leases.renew(connection, self.owner, fence)
        except StoreError as error:
            # Nobody else can claim a store that answers nobody, so the leader goes on probing and judging.
            self._ran_at = clock.monotonic()
            self._say_away(error)
            return
        self._ran_at, self._away = began, False
        if not renewed:
            self.step_down("another process claimed the lease")

    def _watch(self) -> None:
        try:
            with self._database.read() as connection:
                row = leases.read(connection)
            self._away = False
            if self._may_claim(row):
                self._claim(row)
        except StoreError as error:
            self._seen = None
            self._say_away(error)

    def _may_claim(self, row: Lease) -> bool:
        now = clock.monotonic()
        watched = (row.owner, row.fence, row.renewal)
        if self._seen is None or watched != (self._seen.owner, self._seen.fence, self._seen.renewal):
            self._seen, self._still_since = row, now
        return not row.owner or now - self._still_since >= SILENCE_SECONDS

    def _claim(self, row: Lease) -> None:
        began = clock.monotonic()
        try:
            with self._database.write() as connection:
                fence = leases.claim(connection, row, self.owner)
                if row.owner and clock.monotonic() - began > PROMPT_SECONDS:
                    raise _Late
        except _Late:
            self._still_since = clock.monotonic() - SILENCE_SECONDS + GRACE_SECONDS
            return
        if fence is not None:
            self._fence, self._ran_at = fence, began
            self._lead(Tenure(self.owner, fence, clock.now() if row.owner else None))

    def _lead(self, tenure: Tenure) -> None:
        log.info("This process leads", owner=self.owner, fence=tenure.fence)
        try:
            self._on_lead(tenure)
        except Exception:
            self._fence, self._seen = None, None
            self._release(tenure.fence)
            raise

    def _release(self, fence: int) -> None:
        try:
            with self._database.write() as connection:
                leases.release(connection, self.owner, fence)
        except StoreError as error:
            log.warn("The lease could not be given back; another process takes over in a while", error=str(error))

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            log.warn("The store does not answer", error=str(error), leads=self._fence is not None)
        self._away = True

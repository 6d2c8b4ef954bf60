"""What happened in this process and must get into the store once: it waits here, and a thread writes it."""

import itertools
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import Connection

from monitoring import clock
from monitoring.costs import Cost
from monitoring.errors.occurrence import Occurrence
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.performance.operation import SlowOperation
from monitoring.store import audit, costs, errors, slow_operations
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database, StoreError, UnwritableError
from monitoring.store.entries import Origin
from monitoring.store.processes import OfProcess

Entry = Cost | SlowOperation | Occurrence | AuditEntry
Batch = list[tuple[int, Entry]]

WRITERS: Mapping[type, Callable[[Connection, Origin, Any], None]] = {
    Cost: costs.add,
    SlowOperation: slow_operations.add,
    Occurrence: errors.add,
    AuditEntry: audit.add,
}
"""Which function writes which kind of entry. Each leaves what is there already as it stands."""

WAITING = 10_000
WAITING_BESIDES_COSTS = 9_000
"""From here on only costs are taken in: a storm of errors must not cost money its record."""
BATCH = 500
"""Fewer than the errors kept of one type, so that a batch written before can be told from one that was not."""
GATHER_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0


class Outbox(OfProcess):
    """Takes entries from any thread; `dropped` counts those that were one too many or that the store refused.

    They count in `daymark.metrics.dropped` as well, reason `outbox`.

    While the store is away they wait. A batch whose commit may or may not have happened is written again unchanged:
    entries are numbered, so none is there twice.
    """

    def __init__(self, database: Database, instance: str, service: str) -> None:
        self._database, self._service = database, service[:64]
        super().__init__(instance)

    def begin(self) -> None:
        """Start with nothing, and without a thread."""
        self.dropped = 0
        self._waiting: deque[Entry] = deque()
        self._sending: Batch = []
        self._broken_up: deque[tuple[int, Entry]] = deque()
        self._numbers = itertools.count(1)
        self._failures = 0
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake, self._turned = threading.Event(), threading.Event()

    def put(self, entry: Entry) -> None:
        """Take one entry in. Never waits and never raises: beyond 10,000 it is dropped, beyond 9,000 if no cost."""
        if len(self._waiting) >= (WAITING if isinstance(entry, Cost) else WAITING_BESIDES_COSTS):
            self._drop()
            return
        self._waiting.append(entry)
        if self._thread is None:
            self._start()

    def flush(self, timeout_seconds: float) -> bool:
        """Write what waits; False if that could not be done in time, and it goes on waiting."""
        deadline = clock.monotonic() + timeout_seconds
        while self._thread is not None and (self._waiting or self._sending or self._broken_up):
            self._turned.clear()
            self._wake.set()
            if not self._turned.wait(max(0.0, deadline - clock.monotonic())):
                return False
        return True

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            return  # another thread is at it
        with suppress(RuntimeError):  # the interpreter ends, or there are too many threads: the next entry tries again
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="daymark-outbox", daemon=True)
                thread.start()
                self._thread = thread
        self._starting.release()

    def _run(self) -> None:
        while True:
            self._wake.wait(min(GATHER_SECONDS * float(2**self._failures), LONGEST_RETRY_SECONDS))
            self._wake.clear()
            self._turn()
            self._turned.set()

    def _turn(self) -> None:
        """Write everything that waits; a batch that could not be written waits for the next turn."""
        while batch := self._next():
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001 - no entry may end the thread that keeps costs
                if isinstance(error, StoreError) and not isinstance(error, UnwritableError):
                    self._failed(error)
                    return
                self._break_up(batch, error)
            else:
                self._done()

    def _next(self) -> Batch:
        if not self._sending and self._broken_up:
            self._sending = [self._broken_up.popleft()]
        elif not self._sending:
            count = min(len(self._waiting), BATCH)
            self._sending = [(next(self._numbers), self._waiting.popleft()) for _ in range(count)]
        return self._sending

    def _write(self, batch: Batch) -> None:
        by_kind: dict[type, Batch] = defaultdict(list)
        for entry in batch:
            by_kind[type(entry[1])].append(entry)
        origin = Origin(self.instance, self._service)
        with self._database.write() as connection:
            for kind, entries in by_kind.items():
                WRITERS[kind](connection, origin, entries)

    def _break_up(self, batch: Batch, error: Exception) -> None:
        """Have the entries of a batch that is refused written one by one, so that none is lost for another's sake."""
        self._sending = []
        if len(batch) > 1:
            self._broken_up.extend(batch)
            return
        self._drop()
        log.error("The store refuses an entry; it is lost", kind=type(batch[0][1]).__name__, error=str(error))

    def _drop(self) -> None:
        self.dropped += 1
        metrics.dropped("outbox")

    def _done(self) -> None:
        self._sending = []
        if self._failures:
            log.info("The store is back; entries that waited have been written", dropped=self.dropped)
        self._failures = 0

    def _failed(self, error: Exception) -> None:
        if not self._failures:
            log.warn("Entries cannot be stored; they wait in memory", error=str(error))
        self._failures = min(self._failures + 1, 10)

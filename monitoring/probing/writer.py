"""The one thread that writes results: it drains what was judged into one transaction at a time."""

import threading
from collections.abc import Callable

from monitoring import clock, correlation
from monitoring.logs import log
from monitoring.probing.batch import Batch
from monitoring.probing.judge import Judgement
from monitoring.probing.leader import Tenure
from monitoring.status import Result
from monitoring.store import leases, retention
from monitoring.store.database import Database, StoreError, UnwritableError
from monitoring.store.leases import Refused

GATHER_SECONDS = 0.2
RETRY_SECONDS = 0.5
BATCH_LIMIT_SECONDS = 30.0
"""What waited through a long outage is one large batch."""


class Writer:
    """Stores batches under one fence. While the store is away they wait, the first as it was, the rest merged.

    A batch whose commit may or may not have happened is tried again unchanged: its number tells. `on_deposed` is
    called, once, when another process turns out to lead; `on_stored` after each batch with
    transitions that is in the store; `new_batch` makes an empty one.
    """

    def __init__(
        self,
        database: Database,
        tenure: Tenure,
        on_deposed: Callable[[], None],
        on_stored: Callable[[], object] = lambda: None,
        new_batch: Callable[[], Batch] = Batch,
    ) -> None:
        self._database, self._tenure, self._on_deposed = database, tenure, on_deposed
        self._on_stored, self._new_batch = on_stored, new_batch
        self._number = 1
        self._sending: Batch | None = None
        self._open = new_batch()
        self._lock = threading.Lock()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._patience = threading.Event()  # never set: what is away is not asked without a pause
        self._give_up_at = 0.0
        self._prune_wanted = False
        self._away = False
        self._deposed = False
        self._thread = threading.Thread(target=self._run, name="daymark-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, result: Result, judgement: Judgement, last: Result) -> None:
        """Take in one judged result, and the last that tells how the check is; never blocks on the store."""
        with self._lock:
            self._open.add(result, judgement, last)
        self._wake.set()

    def prune(self) -> None:
        """Ask the thread to delete rows that have lived long enough."""
        self._prune_wanted = True
        self._wake.set()

    def stop(self, timeout_seconds: float) -> None:
        """Write what waits, if the store takes it within the time, and end the thread."""
        self._give_up_at = clock.monotonic() + timeout_seconds
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_seconds)

    def abandon(self) -> None:
        """End the thread without writing: another process leads."""
        self._deposed = True
        self.stop(0)

    def _run(self) -> None:
        while not self._deposed:
            self._wake.wait()
            if self._away:
                self._patience.wait(RETRY_SECONDS)
            else:
                self._stopping.wait(GATHER_SECONDS)
            self._wake.clear()
            with correlation.bind():
                self._turn()
            if self._stopping.is_set() and (not self._next() or clock.monotonic() >= self._give_up_at):
                return

    def _turn(self) -> None:
        """Write everything that waits; what could not be written waits for the next turn."""
        try:
            while not self._deposed and self._next():
                self._write()
            self._prune()
        except StoreError as error:
            self._failed(error)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the thread that stores results
            log.error("A batch of results could not be written and is lost", exc_info=True)
            self._sending = None

    def _next(self) -> Batch | None:
        with self._lock:
            if self._sending is None and self._open:
                self._sending, self._open = self._open, self._new_batch()
            return self._sending

    def _write(self) -> None:
        batch = self._sending
        assert batch is not None  # noqa: S101 - _next said so
        with self._database.write(BATCH_LIMIT_SECONDS) as connection:
            version = leases.begin_batch(connection, self._tenure.owner, self._tenure.fence, self._number)
            if not isinstance(version, Refused):
                batch.store(connection, version)
        if version is Refused.DEPOSED:
            self._depose()
        else:
            self._done(batch)

    def _done(self, batch: Batch) -> None:
        self._sending = None
        self._number += 1
        if self._away:
            log.info("The store is back; what waited has been written", raw_results_dropped=batch.dropped)
        self._away = False
        if batch.changed:
            self._on_stored()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, UnwritableError):
            log.error("The store refuses a batch of results; it is lost", error=str(error))
            self._sending = None
        elif not self._away:
            self._away = True
            log.warn("The store cannot be written to; results wait in memory", error=str(error))
        self._wake.set()

    def _depose(self) -> None:
        self._deposed = True
        self._on_deposed()

    def _prune(self) -> None:
        if self._prune_wanted:
            with self._database.write() as connection:
                self._prune_wanted = retention.prune(connection, clock.now())
            if self._prune_wanted:
                self._wake.set()

"""How a batch reaches a sink, so that one that hangs or fails is alone in it."""

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from monitoring.metrics.cell import Cell
from monitoring.metrics.sinks.base import Sink

WAITING_BATCHES = 4
MOST_WORDS = 300
Lost = Callable[[str, int, str | None], None]
"""Is told of a sink's name, how many entries it lost, and why; None while nothing but that has happened since."""


class Outlet(ABC):
    """Gives batches to one sink."""

    def __init__(self, sink: Sink, lost: Lost) -> None:
        self.sink, self._lost = sink, lost
        self._failing = False

    @abstractmethod
    def offer(self, cells: Sequence[Cell]) -> None:
        """Give the sink a batch; never raises."""

    @abstractmethod
    def finish(self, seconds: float) -> None:
        """Wait at most `seconds` for what was offered."""

    def forked(self) -> None:
        """Begin anew in a child process."""
        self.sink.forked()

    def _give(self, cells: Sequence[Cell]) -> None:
        try:
            self.sink.take(cells)
        except Exception as error:  # noqa: BLE001 - a sink's failure is its own
            self._lose(cells, f"{type(error).__name__}: {error}"[:MOST_WORDS])
        else:
            self._failing = False

    def _lose(self, cells: Sequence[Cell], reason: str) -> None:
        known, self._failing = self._failing, True
        self._lost(self.sink.name, entries_of(cells), None if known else reason)


class Direct(Outlet):
    """Gives in the thread that flushes."""

    def offer(self, cells: Sequence[Cell]) -> None:
        """Give, and return when the sink has taken."""
        self._give(cells)

    def finish(self, seconds: float) -> None:
        """Return at once."""


class Queued(Outlet):
    """Gives in a thread of its own, started with the first batch; at most a few batches wait."""

    def __init__(self, sink: Sink, lost: Lost) -> None:
        super().__init__(sink, lost)
        self._thread: threading.Thread | None = None
        self._batches: queue.Queue[Sequence[Cell] | None] = queue.Queue(WAITING_BATCHES)

    def offer(self, cells: Sequence[Cell]) -> None:
        """Let the batch wait for the sink's thread; it is lost where too many wait."""
        try:
            self._ensure_running()
            self._batches.put_nowait(cells)
        except queue.Full:
            self._lose(cells, "it takes too long")
        except RuntimeError:
            self._lose(cells, "no further thread is to be had")

    def finish(self, seconds: float) -> None:
        """Wait for the batches that were offered, then let the thread end."""
        deadline = time.monotonic() + seconds
        with self._batches.all_tasks_done:
            while self._batches.unfinished_tasks and (left := deadline - time.monotonic()) > 0:
                self._batches.all_tasks_done.wait(left)
        if self._thread is not None and not self._batches.unfinished_tasks:
            self._batches.put(None)
            self._thread.join(max(0.0, deadline - time.monotonic()))
            self._thread = None

    def forked(self) -> None:
        """Begin anew: the parent's thread and what waited for it are not here."""
        self._thread = None
        self._batches = queue.Queue(WAITING_BATCHES)
        super().forked()

    def _ensure_running(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=f"metrics-{self.sink.name}", daemon=True)
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        batches = self._batches
        while True:
            cells = batches.get()
            try:
                if cells is None:
                    return
                self._give(cells)
            finally:
                batches.task_done()


def outlet_for(sink: Sink, lost: Lost) -> Outlet:
    """Return the outlet that suits the sink."""
    return Direct(sink, lost) if sink.synchronous else Queued(sink, lost)


def entries_of(cells: Sequence[Cell]) -> int:
    """Return how many entries a batch holds."""
    return sum(len(cell.values) for cell in cells)

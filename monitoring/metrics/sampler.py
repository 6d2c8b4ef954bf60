"""Figures that nobody but a thread would record: those of the process itself, every half minute."""

import threading
from collections.abc import Callable

SAMPLE_SECONDS = 30.0


class Sampler:
    """Calls `record` when started and every 30 s from then on; `failed` is told what it raises."""

    def __init__(
        self, record: Callable[[], None], failed: Callable[[Exception], object], seconds: float = SAMPLE_SECONDS
    ) -> None:
        self._record, self._failed, self._seconds = record, failed, seconds
        self._stopping: threading.Event | None = None

    def start(self) -> None:
        """Start the thread, in the process that serves; a second call does nothing."""
        if self._stopping is None:
            self._stopping = threading.Event()
            threading.Thread(target=self._run, args=(self._stopping,), name="system-metrics", daemon=True).start()

    def stop(self) -> None:
        """Let the thread end."""
        if self._stopping is not None:
            self._stopping.set()
            self._stopping = None

    def _run(self, stopping: threading.Event) -> None:
        while True:
            try:
                self._record()
            except Exception as error:  # noqa: BLE001 - the next figures may be there again
                self._failed(error)
            if stopping.wait(self._seconds):
                return

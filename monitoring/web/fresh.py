"""Values that are made anew at most once a second, and never make a visitor wait for a broken store."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from monitoring import clock
from monitoring.logs import log

T = TypeVar("T")
AGE_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
FIRST_PATIENCE_SECONDS = 3.0


class Fresh(Generic[T]):
    """The last good value of `make`, at most a second old while it can be made.

    One caller at a time has it made anew, in a thread of its own, since the store may hang; it waits up to a second,
    or three for the first value. Everybody else is served the last good value meanwhile.
    """

    def __init__(self, make: Callable[[], T], empty: T) -> None:
        self._make, self.value = make, empty
        self._good = False
        self._tried_at = float("-inf")
        self._done: threading.Event | None = None
        self._lock = threading.Lock()

    def get(self) -> T:
        """Return the value; `empty` where none could be made yet."""
        done = self._begin()
        if done is not None:
            done.wait(PATIENCE_SECONDS if self._good else FIRST_PATIENCE_SECONDS)
        return self.value

    def _begin(self) -> threading.Event | None:
        """Return what to wait for, if anything."""
        with self._lock:
            if self._done is not None and not self._done.is_set():
                return None if self._good else self._done
            if clock.monotonic() - self._tried_at < AGE_SECONDS:
                return None
            self._tried_at = clock.monotonic()
            done = self._done = threading.Event()
        threading.Thread(target=self._run, args=(done,), name="daymark-reader", daemon=True).start()
        return done

    def _run(self, done: threading.Event) -> None:
        try:
            self.value = self._make()
            self._good = True
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, readers get the last good value
            log.warn("The overview could not be read; the last one is shown", error=str(error))
        finally:
            done.set()

"""Values that are made anew at most once a second, and never make a visitor wait for a broken store."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from monitoring import clock
from monitoring.logs import log
from monitoring.store.database import StoreError

T = TypeVar("T")
AGE_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
FIRST_PATIENCE_SECONDS = 3.0


class Fresh(Generic[T]):
    """A value made from the store, at most a second old while it can be made.

    `make` and `spare` get the value before: `make` returns the next one or raises, `spare` returns what is served
    where it raised, such as the same value with its age. `empty` is served before there was any.
    One caller at a time has it made anew, in a thread of its own, since the store may hang; it waits up to a second,
    or three for the first value. Everybody else is served the last value meanwhile.
    """

    def __init__(self, make: Callable[[T], T], spare: Callable[[T], T], empty: T) -> None:
        self._make, self._spare, self._value = make, spare, empty
        self._good = False
        self._failing = False
        self._tried_at = float("-inf")
        self._done: threading.Event | None = None
        self._lock = threading.Lock()

    def get(self) -> T:
        """Return the value; `empty` where none could be made yet."""
        done = self._begin()
        if done is not None:
            patience = PATIENCE_SECONDS if self._good else FIRST_PATIENCE_SECONDS
            done.wait(max(0.0, self._tried_at + patience - clock.monotonic()))
        return self._value

    def _begin(self) -> threading.Event | None:
        """Return what to wait for, if anything."""
        with self._lock:
            if self._done is not None and not self._done.is_set():
                return None if self._good else self._done
            if clock.monotonic() - self._tried_at < AGE_SECONDS:
                return None
            self._tried_at = clock.monotonic()
            done = self._done = threading.Event()
        try:
            threading.Thread(target=self._run, args=(done,), name="daymark-reader", daemon=True).start()
        except RuntimeError:  # the system gives no more threads; in a second it may
            done.set()
        return done

    def _run(self, done: threading.Event) -> None:
        try:
            self._value, self._good, self._failing = self._make(self._value), True, False
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the store, readers get what was read last
            self._say(error)
            self._value = self._spare(self._value)
        finally:
            done.set()

    def _say(self, error: Exception) -> None:
        """Log the first failure of a row, whole where it is none that a store is known for."""
        if not self._failing:
            unexpected = None if isinstance(error, StoreError) else error
            log.warn("The store cannot be read; what was read last is shown", error=str(error), exc_info=unexpected)
        self._failing = True

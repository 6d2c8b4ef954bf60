"""Ending transactions that hang: a server that is stopped keeps its connections open and answers nothing.

libpq has no read timeout, and the kernel of a stopped server goes on acknowledging, so neither keepalives nor
`tcp_user_timeout` notice. The watchdog shuts the socket down; the driver then fails as if the line had been cut.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from monitoring import clock


class Watchdog:
    """One thread a process, started at first use, that looks once a second."""

    def __init__(self) -> None:
        self._begin_anew()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, tuple[float, Any]] = {}
        self._some = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, connection: Any, seconds: float) -> Iterator[None]:
        """Cut a psycopg connection off if the work inside takes longer than `seconds`."""
        with self._lock:
            self._watched[id(connection)] = (clock.monotonic() + seconds, connection)
            self._some.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="daymark-watchdog", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(id(connection), None)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._some.wait()
            pause.wait(1.0)
            with self._lock:
                self._cut_off(clock.monotonic())
                if not self._watched:
                    self._some.clear()

    def _cut_off(self, now: float) -> None:
        for key, (deadline, connection) in list(self._watched.items()):
            if now >= deadline:
                del self._watched[key]
                with suppress(Exception):  # it may be closed by now, which is all that is wanted
                    _shut_down(connection)


def _shut_down(connection: Any) -> None:
    if not connection.closed:
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


watchdog = Watchdog()

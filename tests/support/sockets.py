"""Addresses at which nobody, or nobody useful, is at home."""

import socket
from types import TracebackType

from tests.support.waiting import free_port


def refusing_port() -> int:
    """Return a port on which nothing listens."""
    return free_port()


class BlackHole:
    """A port whose queue is full: the kernel drops every further SYN, so that connecting hangs."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port = self._listener.getsockname()[1]
        self._fillers = [self._fill() for _ in range(4)]

    def __enter__(self) -> "BlackHole":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for filler in (*self._fillers, self._listener):
            filler.close()

    def _fill(self) -> socket.socket:
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", self.port))
        return filler

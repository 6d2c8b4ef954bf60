"""Waiting by deadline: tests never sleep for a fixed time."""

import random
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_used: set[int] = set()
_random = random.SystemRandom()


def until(predicate: Callable[[], T], seconds: float = 10.0, *, every: float = 0.01) -> T:
    """Return the first true value of `predicate`; AssertionError when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not (value := predicate()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds:g} s: {predicate}")
        pause.wait(every)
    return value


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def free_port() -> int:
    """Return a port below the ephemeral range, so that no client's own port can take it meanwhile."""
    for _ in range(1000):
        port = _random.randrange(20000, 32768)
        if port not in _used and _bindable(port):
            _used.add(port)
            return port
    raise AssertionError("no free port")


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

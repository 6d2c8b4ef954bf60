"""No sending takes longer than it may, whatever the other side does."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

from monitoring.alerts.channel import Undelivered

MARGIN_SECONDS = 1.0
"""What starting and ending a sending may take besides its time limit."""


def within(seconds: float, send: Callable[[], str], cut: Callable[[], object]) -> str:
    """Return what `send` returns, or raise what it raises, after `seconds` at the latest.

    It runs in a thread of its own, since looking a name up and shaking hands have no limit that a socket's would
    cover. When time is up, `cut` ends its connection, so that the thread ends as well; Undelivered is raised then.
    """
    answer: Future[str] = Future()
    threading.Thread(target=_run, args=(send, answer), name="daymark-sending", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():  # its own timeout, not ours
            raise
        cut()
        raise Undelivered(f"no answer within {seconds:g} s") from None


def hang_up(connection: socket.socket | None) -> None:
    """End a connection that another thread reads from; a TLS socket's own way of it would wait for that thread."""
    if connection is not None:
        try:
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself


def _run(send: Callable[[], str], answer: Future[str]) -> None:
    try:
        answer.set_result(send())
    except BaseException as error:  # noqa: BLE001 - whatever it is, the one that waits is to raise it
        answer.set_exception(error)

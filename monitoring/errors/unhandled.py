"""Errors that nobody caught: of the process, of threads, of asyncio's tasks, of scheduled jobs, of requests.

Each is watched only where it is asked for. What was installed before is still called, after the capture.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol

Capture = Callable[[BaseException, Mapping[str, Any] | None], object]
"""`capture_error` of a tracker."""

FLUSH_SECONDS = 2.0


class Signal(Protocol):
    """A signal of blinker's, such as Flask's `got_request_exception`."""

    def connect(self, receiver: Callable[..., Any], sender: Any = ..., weak: bool = ...) -> Any:
        """Call `receiver` whenever `sender` sends."""


class _ProcessHook:
    """Stands in for `sys.excepthook`; the interpreter goes on to exit with 1."""

    def __init__(self, capture: Capture, flush: Callable[[], object]) -> None:
        self._capture, self._flush, self._before = capture, flush, sys.excepthook

    def __call__(self, kind: type[BaseException], error: BaseException, stack: TracebackType | None) -> None:
        if isinstance(error, Exception):  # not of an interrupt from the keyboard
            self._capture(error.with_traceback(stack), {"operation": "process"})
            _bounded(self._flush)
        self._before(kind, error, stack)


class _ThreadHook:
    """Stands in for `threading.excepthook`."""

    def __init__(self, capture: Capture) -> None:
        self._capture, self._before = capture, threading.excepthook

    def __call__(self, told: threading.ExceptHookArgs, /) -> None:
        if isinstance(told.exc_value, Exception):
            name = told.thread.name if told.thread else None
            self._capture(told.exc_value, {"operation": "thread", "thread": name})
        self._before(told)


class _LoopHook:
    """Stands in for the exception handler of one event loop."""

    def __init__(self, capture: Capture, loop: asyncio.AbstractEventLoop) -> None:
        self._capture, self._before = capture, loop.get_exception_handler()

    def __call__(self, loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        error = told.get("exception")
        if isinstance(error, Exception):
            self._capture(error, {"operation": "asyncio", "asyncio_message": told.get("message")})
        if self._before is None:
            loop.default_exception_handler(told)
        else:
            self._before(loop, told)


class _AsyncioFilter:
    """Sees what the exception handler of any loop says; a filter, since a handler would keep the last resort away."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if record.levelno >= logging.ERROR and isinstance(error, Exception):
            message = record.getMessage().partition("\n")[0]
            self._capture(error, {"operation": "asyncio", "asyncio_message": message})
        return True


def watch_process(capture: Capture, flush: Callable[[], object]) -> None:
    """Capture what ends this process, and `flush`, for at most 2 s, before it ends; a second call does nothing."""
    if not isinstance(sys.excepthook, _ProcessHook):
        sys.excepthook = _ProcessHook(capture, flush)


def watch_threads(capture: Capture) -> None:
    """Capture what ends a thread; a second call does nothing."""
    if not isinstance(threading.excepthook, _ThreadHook):
        threading.excepthook = _ThreadHook(capture)


def watch_loop(capture: Capture, loop: asyncio.AbstractEventLoop) -> None:
    """Capture the errors of tasks that nobody awaits; a second call for one loop does nothing."""
    if not isinstance(loop.get_exception_handler(), _LoopHook):
        loop.set_exception_handler(_LoopHook(capture, loop))


def watch_loops(capture: Capture) -> None:
    """Capture what the loops of this process log of errors that nobody took; a second call does nothing.

    A loop whose exception handler does not go on to asyncio's own needs `watch_loop`.
    """
    logger = logging.getLogger("asyncio")
    if not any(isinstance(each, _AsyncioFilter) for each in logger.filters):
        logger.addFilter(_AsyncioFilter(capture))


def watch_scheduler(capture: Capture, scheduler: Any) -> None:
    """Capture the errors of the jobs of an APScheduler."""
    from apscheduler.events import EVENT_JOB_ERROR

    def failed(event: Any) -> None:
        capture(event.exception, {"operation": "job", "job": event.job_id})

    scheduler.add_listener(failed, EVENT_JOB_ERROR)


def watch_requests(
    capture: Capture, signal: Signal, app: Any, context: Callable[[], Mapping[str, Any]] | None = None
) -> None:
    """Capture what `signal` tells of `app`; `context` returns what is known of the request."""

    def failed(_sender: Any, *, exception: BaseException, **_more: Any) -> None:
        capture(exception, context() if context else None)

    signal.connect(failed, app, weak=False)


def _bounded(flush: Callable[[], object]) -> None:
    """Give `flush` 2 s: a sink that hangs must not keep a dead process."""
    thread = threading.Thread(target=flush, name="flush", daemon=True)
    thread.start()
    thread.join(FLUSH_SECONDS)

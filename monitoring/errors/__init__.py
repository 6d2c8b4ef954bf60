"""Errors: `capture_error(error, context)` from anywhere; `install()` takes those that nobody catches."""

import asyncio
from collections.abc import Callable
from typing import Any

from monitoring.errors import unhandled
from monitoring.errors.occurrence import Occurrence
from monitoring.errors.tracker import ErrorStats, Tracker
from monitoring.metrics import metrics

__all__ = [
    "ErrorStats",
    "Occurrence",
    "Tracker",
    "capture_error",
    "capture_message",
    "get_error_stats",
    "install",
    "tracker",
    "watch_loop",
    "watch_scheduler",
]

tracker = Tracker()
capture_error = tracker.capture_error
capture_message = tracker.capture_message
get_error_stats = tracker.get_error_stats


def install(flush: Callable[[], object] | None = None) -> None:
    """Capture what ends a thread, a task of asyncio that nobody awaits, or this process.

    Before a process ends, metrics and reports are flushed, and `flush` is called, for at most 2 s in all.
    """
    unhandled.watch_threads(capture_error)
    unhandled.watch_loops(capture_error)
    unhandled.watch_process(capture_error, lambda: _flush(flush))


def watch_loop(loop: asyncio.AbstractEventLoop | None = None) -> None:
    """Capture the errors of tasks that nobody awaits, in `loop`, by default the one running here.

    `install` does so for all loops but those with an exception handler of their own.
    """
    unhandled.watch_loop(capture_error, loop or asyncio.get_running_loop())


def watch_scheduler(scheduler: Any) -> None:
    """Capture the errors of the jobs of an APScheduler."""
    unhandled.watch_scheduler(capture_error, scheduler)


def _flush(more: Callable[[], object] | None) -> None:
    metrics.flush()
    tracker.flush()
    if more is not None:
        more()

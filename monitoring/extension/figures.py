"""What this process uses (memory, processor, files, threads), every half minute from its first request on."""

import os
import threading
from typing import Any

from flask import Flask, request_finished

from monitoring.application import app_metrics
from monitoring.logs import log
from monitoring.metrics.sampler import Sampler


class Figures:
    """One sampler for all applications of a process; its thread starts with the first request that is finished."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew: in a forked child neither the thread nor whoever holds the lock is there."""
        self._begun = False
        self._starting = threading.Lock()
        self._sampler = Sampler(app_metrics.record_system_metrics, _failed)

    def begin(self, *_: Any, **__: Any) -> None:
        """Start the thread, unless it is running; where none is to be had the next request tries again."""
        if self._begun:
            return
        with self._starting:
            try:
                self._sampler.start()
                self._begun = True
            except RuntimeError:
                self._sampler.stop()


def watch(app: Flask) -> None:
    """Record them while `app` serves."""
    request_finished.connect(figures.begin, app, weak=False)


def _failed(error: Exception) -> None:
    log.warn("System figures failed", exc_info=error)


figures = Figures()
os.register_at_fork(after_in_child=figures.renew)

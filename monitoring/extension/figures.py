"""What this process uses (memory, processor, files, threads), every half minute from its first request on."""

import os
import threading
from typing import Any
from weakref import WeakSet

from flask import Flask, request_finished

from monitoring.application import app_metrics
from monitoring.logs import log
from monitoring.metrics.sampler import Sampler


class Figures:
    """One sampler for all applications of a process; its thread starts with the first request that is finished.

    It listens no longer than that: Flask's signal costs every request a dozen microseconds while anybody does.
    """

    def __init__(self) -> None:
        self._apps: WeakSet[Flask] = WeakSet()
        self.renew()

    def watch(self, app: Flask) -> None:
        """Record them while `app` serves."""
        self._apps.add(app)
        if not self._begun:
            request_finished.connect(self.begin, app)

    def renew(self) -> None:
        """Begin anew: in a forked child neither the thread nor whoever holds the lock is there."""
        self._begun = False
        self._starting = threading.Lock()
        self._sampler = Sampler(app_metrics.record_system_metrics, _failed)
        for app in self._apps:
            request_finished.connect(self.begin, app)

    def begin(self, *_: Any, **__: Any) -> None:
        """Start the thread, unless it is running; where none is to be had the next request tries again."""
        with self._starting:
            if self._begun:
                return
            try:
                self._sampler.start()
                self._begun = True
            except RuntimeError:
                self._sampler.stop()
                return
        # From all applications at once: blinker would keep looking for a receiver that left one by one.
        request_finished.disconnect(self.begin)


def _failed(error: Exception) -> None:
    log.warn("System figures failed", exc_info=error)


figures = Figures()
watch = figures.watch
os.register_at_fork(after_in_child=figures.renew)

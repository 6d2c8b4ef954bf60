"""What becomes of a measured time: a histogram always; a line, a counter and an entry where it was too long."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from monitoring import clock, correlation
from monitoring.logs import log
from monitoring.logs.redaction import redact
from monitoring.metrics import Stats, Total, metrics
from monitoring.metrics.stats import merged
from monitoring.performance.measuring import Measurement
from monitoring.performance.operation import SlowOperation
from monitoring.performance.thresholds import Thresholds
from monitoring.performance.timers import Timers

T = TypeVar("T")
Metadata = Mapping[str, Any] | None

SLOW_MILLISECONDS = 1000.0


class Performance:
    """Times operations. Nothing that fails in here reaches the caller; `failures` counts it.

    `deliver` takes each operation that was over its threshold; the application sets it. Metadata goes to the log and
    to `deliver`, never into labels.
    """

    def __init__(self) -> None:
        self.deliver: Callable[[SlowOperation], object] | None = None
        self.failures = 0
        self.timers = Timers()
        self._thresholds = Thresholds()

    def start_timer(self, name: str, metadata: Metadata = None) -> str:
        """Return the id of a new timer; at most 10,000 are open, beyond that the oldest is dropped and counted."""
        timer_id, dropped = self.timers.start(name, metadata)
        if dropped:
            metrics.increment("performance.timers_dropped")
        return timer_id

    def end_timer(self, timer_id: str) -> float:
        """Return the milliseconds since that timer's start; 0, and a warning, where no such timer is open."""
        ended = self.timers.end(timer_id)
        if ended is None:
            log.warn("Performance timer not found", timer_id=timer_id)
            return 0.0
        timer, milliseconds = ended
        self.record(timer.name, milliseconds, timer.metadata)
        return milliseconds

    def measure(self, name: str | None = None, metadata: Metadata = None) -> Measurement:
        """Return a context manager that is a decorator too, whose name is by default the function's."""
        return Measurement(self.record, name, metadata)

    def measure_sync(self, name: str, operation: Callable[[], T], metadata: Metadata = None) -> T:
        """Return what `operation` returns, measured."""
        with self.measure(name, metadata):
            return operation()

    async def measure_async(self, name: str, operation: Callable[[], Awaitable[T]], metadata: Metadata = None) -> T:
        """Return what `operation` returns once awaited, measured."""
        with self.measure(name, metadata):
            return await operation()

    def set_threshold(self, name: str, milliseconds: float) -> None:
        """Let operations of this name, and those that continue it after a dot, take so long; ValueError if not > 0."""
        self._thresholds.set(name, milliseconds)

    def threshold_of(self, name: str) -> float | None:
        """Return the milliseconds that an operation may take, None where nobody has said."""
        return self._thresholds.of(name)

    def record(self, name: str, milliseconds: float, metadata: Metadata = None) -> None:
        """Take a time that was measured elsewhere."""
        try:
            self._record(name, milliseconds, metadata)
        except Exception as error:  # noqa: BLE001 - monitoring never breaks the monitored
            self._fail(name, error)

    def exceeded(self, name: str, milliseconds: float, metadata: Metadata = None) -> None:
        """Tell of a time that has a metric of its own, such as a request's, if it is over the threshold of `name`."""
        try:
            threshold = self._thresholds.of(name)
            if threshold is not None and milliseconds > threshold:
                self._exceed(_told(name, milliseconds, metadata), milliseconds, threshold)
        except Exception as error:  # noqa: BLE001 - monitoring never breaks the monitored
            self._fail(name, error)

    def get_stats(self, window_seconds: float = clock.HOUR_SECONDS) -> dict[str, Stats]:
        """Return the figures of each `performance.` metric over the window, in milliseconds; errors of its source."""
        found: dict[str, list[Total]] = {}
        for series, total in metrics.get_metrics("performance", window_seconds).items():
            found.setdefault(series.name, []).append(total)
        return {name: merged(totals).stats() for name, totals in sorted(found.items())}

    def _record(self, name: str, milliseconds: float, metadata: Metadata) -> None:
        metrics.histogram(f"performance.{name}", milliseconds)
        threshold = self._thresholds.of(name)
        over = threshold is not None and milliseconds > threshold
        if not over and milliseconds <= SLOW_MILLISECONDS:
            return
        told = _told(name, milliseconds, metadata)
        if threshold is not None and over:
            self._exceed(told, milliseconds, threshold)
        if milliseconds > SLOW_MILLISECONDS:
            log.info("Slow operation completed", told)

    def _exceed(self, told: dict[str, Any], milliseconds: float, threshold: float) -> None:
        name: str = told["operation"]
        log.warn("Performance threshold exceeded", told, threshold_ms=threshold)
        metrics.increment("performance.threshold_exceeded", 1, {"operation": name})
        if self.deliver is not None:
            seconds, correlation_id = milliseconds / 1000, correlation.current()
            self.deliver(SlowOperation(name, seconds, threshold / 1000, clock.now(), correlation_id, told["metadata"]))

    def _fail(self, name: str, error: Exception) -> None:
        self.failures += 1
        log.warn("Performance measurement failed", operation=name, exc_info=error, failures=self.failures)


def _told(name: str, milliseconds: float, metadata: Metadata) -> dict[str, Any]:
    return {"operation": name, "duration_ms": round(milliseconds, 2), "metadata": redact(dict(metadata or {}))}

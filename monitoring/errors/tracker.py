"""Capturing errors: a line, a metric, an occurrence for the store, a report."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypedDict

from monitoring import clock, correlation
from monitoring.errors.marks import first_time
from monitoring.errors.occurrence import Occurrence, members_of, occurrence_of, words_of
from monitoring.errors.recent import KEPT_SECONDS, Recent
from monitoring.errors.reporter import Reporter
from monitoring.logs import levels, log
from monitoring.metrics import metrics

RECENT_SECONDS = 300.0
FLUSH_SECONDS = 2.0

Context = Mapping[str, Any]
"""What was known: `user_id`, `correlation_id`, `service`, `operation`, `metadata`, and whatever else."""

_LEVELS = {
    "debug": (levels.DEBUG, "debug"),
    "info": (levels.INFO, "info"),
    "warning": (levels.WARN, "warning"),
    "warn": (levels.WARN, "warning"),
    "error": (levels.ERROR, "error"),
    "fatal": (levels.FATAL, "fatal"),
}


class ErrorStats(TypedDict):
    """Counts by type over the last hour, their total, and counts by type over the last 5 minutes."""

    total_errors: int
    errors_by_type: dict[str, int]
    recent_errors: dict[str, int]


class Source(Protocol):
    """Where counts are read: this process's memory, or the store, over all workers and hosts."""

    def counts(self, since: float) -> Mapping[str, int]:
        """Return how often each type of error was seen from `since` (Unix seconds) on."""


class Tracker:
    """Takes errors. Nothing that fails in here reaches the caller; `failures` counts it.

    The application sets `deliver`, which takes each occurrence; `reporter`; and `service`, the label of errors whose
    context names none. `recent` is what this process has seen.
    """

    def __init__(self) -> None:
        self.deliver: Callable[[Occurrence], object] | None = None
        self.reporter = Reporter()
        self.service = "unknown"
        self.failures = 0
        self.recent = Recent()
        self._source: Source = self.recent

    def capture_error(self, error: BaseException, context: Context | None = None) -> None:
        """Take an error, once: the same object captured again under the same correlation id is not counted.

        Of a group of exceptions each member is counted, of a chain the outermost.
        """
        self._guarded(self._under_its_id, self._capture, error, context)

    def capture_message(self, message: str, level: str = "info", context: Context | None = None) -> None:
        """Write and report a message; `level` is debug, info, warning, error or fatal, anything else is info."""
        self._guarded(self._under_its_id, self._say, message, context, level)

    def read_from(self, source: Source) -> None:
        """Read counts from `source` instead of this process's memory."""
        self._source = source

    def get_error_stats(self) -> ErrorStats:
        """Return the counts of the last hour and of the last 5 minutes; raises what the source raises."""
        now = clock.now()
        by_type = dict(self._source.counts(now - KEPT_SECONDS))
        recent = dict(self._source.counts(now - RECENT_SECONDS))
        return ErrorStats(total_errors=sum(by_type.values()), errors_by_type=by_type, recent_errors=recent)

    def flush(self, timeout_seconds: float = FLUSH_SECONDS) -> None:
        """Wait until the reports have been sent, at most so long."""
        self.reporter.flush(timeout_seconds)

    def _under_its_id(self, take: Callable[..., None], what: object, context: Context | None, *more: Any) -> None:
        known = dict(context or {})
        token = correlation.set(_id_of(known))
        try:
            take(what, known, *more)
        finally:
            correlation.reset(token)

    def _say(self, message: object, context: Context, level: str) -> None:
        number, name = _LEVELS.get(level, _LEVELS["info"])
        log.write(number, message, context)
        self.reporter.message(str(message), name, context, correlation.current())

    def _capture(self, error: object, context: Context) -> None:
        if not isinstance(error, BaseException):
            self._say(error, context, "error")
            return
        found = [member for member in members_of(error) if first_time(member)]
        if not found:
            return
        if found[0] is not error:
            first_time(error)  # the group is told of with its members
        log.error(words_of(error) or type(error).__name__, context, exc_info=error)
        for member in found:
            self._guarded(self._count, member, context)
        self._guarded(self.reporter.error, error, context, correlation.current())

    def _count(self, error: BaseException, context: Context) -> None:
        occurrence = occurrence_of(error, clock.now(), correlation.current())
        self.recent.add(occurrence.type, occurrence.at)
        service = str(context.get("service") or self.service)
        metrics.increment("errors.captured", 1, {"type": occurrence.type, "service": service})
        if self.deliver is not None:
            self.deliver(occurrence)

    def _guarded(self, step: Callable[..., object], *given: Any) -> None:
        """Do one step: what fails in it costs nothing but itself."""
        try:
            step(*given)
        except Exception as failure:  # noqa: BLE001 - monitoring never breaks the monitored
            self.failures += 1
            log.warn("Error tracking failed", exc_info=failure, failures=self.failures)


def _id_of(context: dict[str, Any]) -> str | None:
    """Take the correlation id out of `context`, by default the current one: it goes where every line has it."""
    given = context.pop("correlation_id", None)
    return str(given)[:128] if given else correlation.current()

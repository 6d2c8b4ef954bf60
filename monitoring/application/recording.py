"""The specification's helpers: durations are milliseconds, costs dollars.

A user's id goes to the log, never to a label.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from monitoring.logs import log
from monitoring.metrics import Recorder, metrics, system

Ledger = Callable[[str, str, float], object]
"""Books a cost: the service that is paid (openai …), the operation, dollars."""

Judge = Callable[[str, float, Mapping[str, Any]], object]
"""Takes an operation's name, its milliseconds, and what is known of it; never raises."""


class ApplicationMetrics:
    """Records with `recorder`.

    Besides, costs are booked where `book_costs_with` named a ledger, and times judged where `judge_times_with` did.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ledger: Ledger | None = None
        self._judge: Judge = _let_pass
        self._sampled: tuple[float, float] | None = None

    def book_costs_with(self, ledger: Ledger) -> None:
        """Book every cost recorded from now on with `ledger` too, which must not wait for anything."""
        self._ledger = ledger

    def judge_times_with(self, judge: Judge) -> None:
        """Hand every time recorded from now on to `judge` too, which must not wait for anything."""
        self._judge = judge

    def record_user_action(self, action: str, user_id: str | None, metadata: Mapping[str, Any] | None = None) -> None:
        """Record that a user did something; `metadata` has few values, since each becomes a label."""
        self._recorder.increment("user.action", 1, {**(metadata or {}), "action": action})
        log.info("User action", extra=metadata, action=action, user_id=user_id)

    def record_api_call(self, endpoint: str, method: str, duration_ms: float, status: int) -> None:
        """Record a call that the request hooks do not see; `endpoint` is a rule, such as `/orders/<id>`."""
        tags = {"method": method, "rule": endpoint, "status": str(status)}
        self._recorder.histogram("api.response_time", duration_ms, tags)
        self._recorder.increment("api.requests", 1, tags)
        self._judge("api.request", duration_ms, tags)

    def record_outgoing_call(self, host: str, duration_ms: float, status: str) -> None:
        """Record a call to another service; `status` is its answer's, or `error`."""
        tags = {"host": host, "status": status}
        self._recorder.histogram("outgoing.response_time", duration_ms, tags)
        self._recorder.increment("outgoing.requests", 1, tags)

    def record_file_processing(self, file_type: str, duration_ms: float, success: bool) -> None:
        """Record that a file was processed, or could not be."""
        tags = {"file_type": file_type, "status": _outcome(success)}
        self._recorder.histogram("file.processing_time", duration_ms, tags)
        self._recorder.increment(f"file.processed.{_outcome(success)}", 1, {"file_type": file_type})
        self._judge("file.processing", duration_ms, tags)

    def record_service_cost(self, service: str, cost: float, operation: str) -> None:
        """Record dollars spent on another service."""
        tags = {"service": service, "operation": operation}
        self._recorder.increment("cost.total", cost, tags)
        self._recorder.gauge("cost.current", cost, tags)
        if self._ledger is not None:
            self._book(self._ledger, service, operation, cost)

    def record_search(self, query: str, result_count: int, duration_ms: float, user_id: str | None = None) -> None:
        """Record a search; its words and its user go to the log, at debug."""
        self._recorder.histogram("search.response_time", duration_ms)
        self._recorder.histogram("search.result_count", result_count)
        self._recorder.increment("search.queries")
        self._judge("search.query", duration_ms, {"results": result_count})
        log.debug("Search", query=query, results=result_count, duration_ms=duration_ms, user_id=user_id)

    def record_queue_metrics(self, queue: str, waiting: int, active: int, completed: int, failed: int) -> None:
        """Record how many jobs of a queue are in which state."""
        tags = {"queue": queue}
        self._recorder.gauge("queue.waiting", waiting, tags)
        self._recorder.gauge("queue.active", active, tags)
        self._recorder.gauge("queue.completed", completed, tags)
        self._recorder.gauge("queue.failed", failed, tags)

    def record_database_query(self, operation: str, table: str, duration_ms: float, success: bool) -> None:
        """Record one query; `operation` and `table` have few values, since each becomes a label."""
        tags = {"operation": operation, "table": table, "status": _outcome(success)}
        self._recorder.histogram("db.query_time", duration_ms, tags)
        self._recorder.increment("db.queries", 1, tags)
        self._judge("db.query", duration_ms, tags)

    def record_system_metrics(self) -> None:
        """Record what this process uses, and what its container has; psutil's errors where nothing is known."""
        used = system.cpu()
        for part, milliseconds in used.items():
            self._recorder.gauge(f"system.cpu.{part}", milliseconds)
        self._recorder.gauge("system.cpu.usage", self._cores(sum(used.values())))
        for part, count in system.memory().items():
            self._recorder.gauge(f"system.memory.{part}", count)
        for part, limit in system.capacity().items():
            self._recorder.gauge(f"system.{part}.limit", limit)
        for figure, number in system.handles().items():
            self._recorder.gauge(f"system.{figure}", number)

    def _cores(self, used_ms: float) -> float:
        """Return the cores in use since the last call, since the process began at the first."""
        now = time.monotonic() * 1000
        before, self._sampled = self._sampled, (now, used_ms)
        then, used_then = before or (now - max(system.age_seconds() * 1000, 1.0), 0.0)
        return max(0.0, used_ms - used_then) / max(now - then, 1.0)

    def _book(self, ledger: Ledger, service: str, operation: str, cost: float) -> None:
        try:
            ledger(service, operation, cost)
        except Exception as error:  # noqa: BLE001 - what was paid for has been done, whatever the ledger says
            log.error("Cost was not booked", exc_info=error, provider=service, operation=operation, cost=cost)


def _let_pass(name: str, duration_ms: float, known: Mapping[str, Any]) -> None:
    """Stand in until somebody judges."""


def _outcome(success: bool) -> str:
    return "success" if success else "failure"


app_metrics = ApplicationMetrics(metrics)
"""This process's."""

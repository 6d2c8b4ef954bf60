"""Every metric of the house and of the specification: its kind, unit, labels and help, once."""

from enum import StrEnum

import msgspec

from monitoring.metrics.cell import Kind


class Unit(StrEnum):
    """What a value counts; durations are recorded in milliseconds."""

    NONE = ""
    MILLISECONDS = "ms"
    BYTES = "bytes"
    DOLLARS = "dollars"


class Metric(msgspec.Struct, frozen=True):
    """One metric. `family` names the label that stands for what follows the name of a family of metrics.

    A gauge that is `summed` is each process's own part of a whole; of any other the most recent value counts.
    """

    name: str
    kind: Kind
    help: str
    unit: Unit = Unit.NONE
    labels: tuple[str, ...] = ()
    family: str = ""
    summed: bool = False


_COUNTER, _GAUGE, _HISTOGRAM = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
_MS, _BYTES, _DOLLARS = Unit.MILLISECONDS, Unit.BYTES, Unit.DOLLARS
_ASKED = ("method", "rule", "status")
_QUERY = ("operation", "table", "status")
_COST = ("service", "operation")

METRICS: tuple[Metric, ...] = (
    Metric("api.requests", _COUNTER, "Requests answered, and API calls recorded by hand.", labels=_ASKED),
    Metric("api.response_time", _HISTOGRAM, "Time until the answer began.", _MS, _ASKED),
    Metric("user.action", _COUNTER, "What users did.", labels=("action",)),
    Metric("file.processing_time", _HISTOGRAM, "Time to process a file.", _MS, ("file_type", "status")),
    Metric("file.processed.success", _COUNTER, "Files processed.", labels=("file_type",)),
    Metric("file.processed.failure", _COUNTER, "Files that could not be processed.", labels=("file_type",)),
    Metric("cost.total", _COUNTER, "Spent on other services.", _DOLLARS, _COST),
    Metric("cost.current", _GAUGE, "The last amount spent at once.", _DOLLARS, _COST),
    Metric("search.response_time", _HISTOGRAM, "Time to search.", _MS),
    Metric("search.result_count", _HISTOGRAM, "Results of a search."),
    Metric("search.queries", _COUNTER, "Searches."),
    Metric("queue.waiting", _GAUGE, "Jobs that wait.", labels=("queue",)),
    Metric("queue.active", _GAUGE, "Jobs under way.", labels=("queue",)),
    Metric("queue.completed", _GAUGE, "Jobs done, as the queue tells.", labels=("queue",)),
    Metric("queue.failed", _GAUGE, "Jobs failed, as the queue tells.", labels=("queue",)),
    Metric("db.query_time", _HISTOGRAM, "Time of a database query.", _MS, _QUERY),
    Metric("db.queries", _COUNTER, "Database queries.", labels=_QUERY),
    Metric("outgoing.requests", _COUNTER, "Calls made with `correlation.session()`.", labels=("host", "status")),
    Metric("outgoing.response_time", _HISTOGRAM, "Time until their answer began.", _MS, ("host", "status")),
    Metric("system.memory.rss", _GAUGE, "Resident memory of the processes.", _BYTES, summed=True),
    Metric("system.memory.heap_total", _GAUGE, "Private memory (data and stack) as mapped.", _BYTES, summed=True),
    Metric("system.memory.heap_used", _GAUGE, "Resident memory that is not shared.", _BYTES, summed=True),
    Metric("system.memory.external", _GAUGE, "Resident memory that is shared.", _BYTES, summed=True),
    Metric("system.memory.limit", _GAUGE, "Memory that the container, or the host, has.", _BYTES),
    Metric("system.cpu.user", _GAUGE, "CPU time used by the processes themselves.", _MS, summed=True),
    Metric("system.cpu.system", _GAUGE, "CPU time used by the kernel for them.", _MS, summed=True),
    Metric("system.cpu.usage", _GAUGE, "Cores in use since the figures before.", summed=True),
    Metric("system.cpu.limit", _GAUGE, "Cores that the container, or the host, has."),
    Metric("system.open_files", _GAUGE, "Open file descriptors.", summed=True),
    Metric("system.open_files_limit", _GAUGE, "File descriptors that one process may have open."),
    Metric("system.threads", _GAUGE, "Threads.", summed=True),
    Metric("health.status", _GAUGE, "1 while the whole is healthy, else 0."),
    Metric("health.service", _GAUGE, "1 while the check is healthy, else 0.", family="check"),
    Metric("health.response_time", _HISTOGRAM, "Time of a check's probe.", _MS, family="check"),
    Metric("health_check.duration", _HISTOGRAM, "Time to answer a detailed health request.", _MS),
    Metric("health_check.requests", _COUNTER, "Detailed health requests.", labels=("status",)),
    Metric("performance", _HISTOGRAM, "Time of a measured operation.", _MS, family="operation"),
    Metric("performance.threshold_exceeded", _COUNTER, "Operations over their threshold.", labels=("operation",)),
    Metric("performance.timers_dropped", _COUNTER, "Timers that were never ended."),
    Metric("errors.captured", _COUNTER, "Errors captured.", labels=("type", "service")),
    Metric("errors.spike_detected", _COUNTER, "Spikes of errors of one type.", labels=("type",)),
    Metric("errors.reports_lost", _COUNTER, "Errors that Sentry did not get.", labels=("reason",)),
    Metric("alerts.sent", _COUNTER, "Alerts that a channel took.", labels=("channel",)),
    Metric("alerts.failed", _COUNTER, "Attempts to send an alert that failed.", labels=("channel",)),
    Metric("alerts.given_up", _COUNTER, "Alerts given up after a day.", labels=("channel",)),
    Metric("daymark.metrics.dropped", _COUNTER, "Entries refused, or without room.", labels=("reason",)),
    Metric("daymark.metrics.lost", _COUNTER, "Entries that a sink did not get; rows for the store.", labels=("sink",)),
)

_BY_NAME = {metric.name: metric for metric in METRICS}


def find(name: str) -> tuple[Metric, str] | None:
    """Return the metric and what follows the name of its family (empty for all others); None where there is none."""
    known = _BY_NAME.get(name)
    if known is not None and not known.family:
        return known, ""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        head = _BY_NAME.get(".".join(parts[:length]))
        if head is not None and head.family:
            return head, ".".join(parts[length:])
    return None

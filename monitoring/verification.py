"""Whether logs, metrics, timers and checks work as they are configured: each is used once, and its effect looked for.

It stands on the floor of `probing` and `web`: it uses the rooms below, and no other uses it but the command line.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from monitoring import clock, correlation
from monitoring.health.check import Check
from monitoring.health.runner import Runner
from monitoring.logs import levels, log
from monitoring.logs.redaction import redact_text
from monitoring.logs.search import search
from monitoring.metrics import metrics
from monitoring.performance import measure
from monitoring.status import Result, Status, worst_of

PATIENCE_SECONDS = 5.0
OPERATION_SECONDS = 0.1
MARKS = {Status.HEALTHY: "✓", Status.DEGRADED: "!", Status.UNHEALTHY: "✗", Status.UNKNOWN: "?"}

_COUNTER, _GAUGE, _HISTOGRAM, _TIMER = "test.counter", "test.gauge", "test.histogram", "test.operation"


class Finding(msgspec.Struct, frozen=True):
    """What one part was found to be, in a line; `more` are the lines of what it is made of."""

    name: str
    works: bool
    figures: str
    more: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Return it as plain lines, the first with its mark."""
        return [f"{'✓' if self.works else '✗'} {self.name}: {self.figures}", *(f"  {line}" for line in self.more)]


def verify(checks: Sequence[Check[Any]], log_dir: Path | None) -> Iterator[Finding]:
    """Yield what the parts were found to be, one after the other; a part that raises does not work.

    `log_dir` is where the log files are, None where there are none. Every one of `checks` is asked.
    """
    parts: dict[str, Callable[[], Finding]] = {
        "logger": lambda: _logger(log_dir),
        "metrics": _metrics,
        "timer": _timer,
        "health": lambda: _health(checks),
    }
    for name, part in parts.items():
        try:
            yield part()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a part is what is to be found out
            yield Finding(name, False, f"{type(error).__name__}: {' '.join(redact_text(str(error)).split())}")


def ask(checks: Sequence[Check[Any]]) -> list[Result]:
    """Ask the checks once, all at a time, and return their results in order; each ends by its own timeout."""
    runner, results, done = Runner(), dict[str, Result](), threading.Event()

    def take(result: Result) -> None:
        results[result.check] = result
        if len(results) == len(checks):
            done.set()

    for check in checks:
        runner.run(check, clock.now(), take)
    if checks:
        done.wait()
    runner.stop()
    return [results[check.name] for check in checks]


def line_of(result: Result) -> str:
    """Return one result as a plain line."""
    took = "" if result.response_seconds is None else f"{result.response_seconds * 1000:.0f} ms"
    return f"{MARKS[result.status]} {result.check:<24} {result.status:<10} {took:>9}  {result.error or ''}".rstrip()


class _Counting(logging.Handler):
    """Counts the records that reach it."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - that it comes is all
        self.count += 1


def _logger(log_dir: Path | None) -> Finding:
    counting, root = _Counting(), logging.getLogger()
    wanted = sum(log.enabled(level) for level in (levels.INFO, levels.WARN, levels.ERROR))
    root.addHandler(counting)
    try:
        with correlation.bind() as correlation_id:
            log.info("Test info message", test=True)
            log.warn("Test warning", severity="medium")
            log.error("Test error (not real)", test=True)
    finally:
        root.removeHandler(counting)
    written = f"{counting.count} of {wanted} lines written"
    if log_dir is None:
        return Finding("logger", counting.count == wanted, f"{written}, no files (LOG_DIR)")
    found = search(log_dir, correlation_id)
    where = f"{len(found.lines)} found in {found.files[0] if found.files else 'no file'}"
    return Finding("logger", counting.count == len(found.lines) == wanted, f"{written}, {where}")


def _metrics() -> Finding:
    before = metrics.get_stats(_COUNTER).count
    metrics.increment(_COUNTER)
    metrics.gauge(_GAUGE, 42)
    metrics.histogram(_HISTOGRAM, 150)
    _until(lambda: metrics.get_stats(_COUNTER).count > before)
    counted = metrics.get_stats(_COUNTER).count - before
    gauges = [total.last for total in metrics.get_metrics(_GAUGE).values()]
    middle = metrics.get_stats(_HISTOGRAM).p50
    works = counted > 0 and 42 in gauges and middle is not None
    shown = "nothing" if middle is None else f"{middle:.0f}"
    return Finding(
        "metrics", works, f"counter {counted} more, gauge {f'{gauges[0]:g}' if gauges else 'nothing'}, p50 {shown}"
    )


def _timer() -> Finding:
    name = f"performance.{_TIMER}"
    before = metrics.get_stats(name).count
    with measure(_TIMER):
        threading.Event().wait(OPERATION_SECONDS)
    _until(lambda: metrics.get_stats(name).count > before)
    stats = metrics.get_stats(name)
    works = stats.count > before and (stats.max or 0.0) >= OPERATION_SECONDS * 1000
    longest = "nothing" if stats.max is None else f"{stats.max:.1f} ms"
    return Finding("timer", works, f"{_TIMER} of 100 ms measured {stats.count - before} more, longest {longest}")


def _health(checks: Sequence[Check[Any]]) -> Finding:
    results = ask(checks)
    status = worst_of(result.status for result in results)
    said = status if results else "no checks are configured"
    return Finding("health", status is not Status.UNHEALTHY, said, tuple(line_of(result) for result in results))


def _until(seen: Callable[[], bool]) -> None:
    """Wait until what was recorded can be read back: a sink may take it in its own thread."""
    deadline, pause = clock.monotonic() + PATIENCE_SECONDS, threading.Event()
    while not seen() and clock.monotonic() < deadline:
        pause.wait(0.05)

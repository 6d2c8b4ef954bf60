"""What the admin's pages and JSON are drawn from: where it is read, for which window, and how it is summed up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from monitoring.costs import Budget
from monitoring.errors import ErrorStats
from monitoring.metrics.cell import Series
from monitoring.metrics.stats import Source, Stats, Total, merged
from monitoring.overview.views import Overview, Span
from monitoring.store.audit import StoredAuditEntry
from monitoring.store.costs import CostDay
from monitoring.store.errors import ErrorGroup
from monitoring.store.slow_operations import StoredSlowOperation
from monitoring.store.traces import Trace

MINUTE_SECONDS, HOUR_SECONDS = 60, 3600


class Window(msgspec.Struct, frozen=True):
    """The last `seconds`, drawn in steps of `step_seconds`; `title` and `last` are the words for it."""

    name: str
    title: str
    last: str
    seconds: int
    step_seconds: int
    columns: int

    def starts(self, now: float) -> range:
        """Return where each step starts, the last one open (Unix seconds)."""
        last = int(now // self.step_seconds) * self.step_seconds
        return range(last - self.seconds + self.step_seconds, last + 1, self.step_seconds)


WINDOWS = {
    window.name: window
    for window in (
        Window("1h", "1 hour", "the last hour", 3600, MINUTE_SECONDS, 6),
        Window("24h", "24 hours", "the last 24 hours", 86400, HOUR_SECONDS, 4),
        Window("7d", "7 days", "the last 7 days", 604800, HOUR_SECONDS, 7),
    )
}

BySteps = Mapping[Series, Mapping[int, Total]]


class Metrics(Source, Protocol):
    """Metrics of one service or of all, over all workers and hosts."""

    def by_minute(self, name: str | None, since: float, until: float) -> BySteps:
        """Return the totals by series and start of the minute."""

    def by_hour(self, name: str | None, since: float, until: float) -> BySteps:
        """Return the totals by series and start of the hour."""


class Leader(msgspec.Struct, frozen=True):
    """The process that probes and judges: its name (`host:pid:token`)."""

    owner: str


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where the admin's view reads; each may raise where the store is away. Times are Unix seconds.

    `metrics(service)` and every other `service`: of one, None for all. `costs(since_day, until_day)`: UTC days, both
    included. `slow(since, limit, service)`, `error_groups(since, limit, service)` and `audit(since, limit)`: newest
    first. `error_stats(now, service)`. `trace(correlation_id)`.
    """

    overview: Callable[[], Overview]
    metrics: Callable[[str | None], Metrics]
    services: Callable[[], Sequence[str]]
    costs: Callable[[str, str], Sequence[CostDay]]
    slow: Callable[[float, int, str | None], Sequence[StoredSlowOperation]]
    error_groups: Callable[[float, int, str | None], Sequence[ErrorGroup]]
    error_stats: Callable[[float, str | None], ErrorStats]
    audit: Callable[[float, int], Sequence[StoredAuditEntry]]
    trace: Callable[[str], Trace]
    leader: Callable[[], Leader | None]
    budgets: Sequence[Budget] = ()
    log_dir: Path | None = None


class Asked(msgspec.Struct, frozen=True):
    """What a request asks for: a window up to `now`, and one service or all."""

    window: Window
    service: str | None
    now: float

    @property
    def since(self) -> int:
        """Return where the window starts."""
        return self.window.starts(self.now)[0]

    @property
    def until(self) -> int:
        """Return the end of the open step."""
        return self.window.starts(self.now)[-1] + self.window.step_seconds


def totals(metrics: Metrics, name: str, asked: Asked) -> dict[Series, Total]:
    """Return the totals of a metric over the window."""
    return metrics.totals(name, asked.since, asked.until)


def steps(metrics: Metrics, name: str, asked: Asked) -> BySteps:
    """Return a metric over the window, step by step."""
    read = metrics.by_minute if asked.window.step_seconds == MINUTE_SECONDS else metrics.by_hour
    return read(name, asked.since, asked.until)


def whole(series: BySteps) -> dict[Series, Total]:
    """Return what the steps come to by series."""
    return {each: merged(by_start.values()) for each, by_start in series.items()}


def stats_of(found: Iterable[Total]) -> Stats:
    """Return the figures of several totals together."""
    return merged(found).stats()


def sums_by(series: BySteps, starts: range, kind_of: Callable[[Mapping[str, str]], str]) -> list[dict[str, float]]:
    """Return for each start the sums by what `kind_of` makes of a series' tags."""
    found: list[dict[str, float]] = [defaultdict(float) for _ in starts]
    for each, by_start in series.items():
        kind = kind_of(dict(each.tags))
        for start, total in by_start.items():
            if start in starts:
                found[starts.index(start)][kind] += total.sum
    return found


def spans(series: BySteps, starts: range) -> list[Span]:
    """Return the quantiles of durations in milliseconds for each start, in seconds, as latency plots take them."""
    by_start: dict[int, Total] = defaultdict(Total)
    for found in series.values():
        for start, total in found.items():
            by_start[start].merge(total)
    return [_span(start, by_start[start].stats() if start in by_start else Stats()) for start in starts]


def _span(start: int, stats: Stats) -> Span:
    p50, p95, p99 = (None if value is None else value / 1000 for value in (stats.p50, stats.p95, stats.p99))
    return Span(start, p50=p50, p95=p95, p99=p99)


def status_class(tags: Mapping[str, str]) -> str:
    """Return what a request came to: `ok`, `client` (4xx) or `server` (5xx)."""
    return {"4": "client", "5": "server"}.get(tags.get("status", "")[:1], "ok")


class Endpoint(msgspec.Struct, frozen=True):
    """One endpoint's requests over the window: how many, how many of them failed (5xx), and milliseconds."""

    method: str
    rule: str
    requests: int
    failed: int
    stats: Stats


def endpoints(found: Mapping[Series, Total]) -> list[Endpoint]:
    """Return the endpoints of `api.response_time`, those with the most time spent first."""
    by_endpoint: dict[tuple[str, str], list[tuple[Mapping[str, str], Total]]] = defaultdict(list)
    for series, total in found.items():
        tags = dict(series.tags)
        rule = tags.get("rule") or tags.get("endpoint") or "other"
        by_endpoint[tags.get("method", ""), rule].append((tags, total))
    made = [_endpoint(method, rule, those) for (method, rule), those in by_endpoint.items()]
    return sorted(made, key=lambda each: (-each.stats.sum, each.rule, each.method))


def _endpoint(method: str, rule: str, those: Sequence[tuple[Mapping[str, str], Total]]) -> Endpoint:
    failed = sum(total.count for tags, total in those if status_class(tags) == "server")
    stats = stats_of(total for _, total in those)
    return Endpoint(method, rule, stats.count, failed, stats)


def by_name(found: Mapping[Series, Total]) -> dict[str, Stats]:
    """Return the figures of each metric, all its tags together, by name."""
    named: dict[str, list[Total]] = defaultdict(list)
    for series, total in found.items():
        named[series.name].append(total)
    return {name: stats_of(those) for name, those in sorted(named.items())}


def by_tag(found: Mapping[Series, Total], tag: str) -> dict[str, float]:
    """Return the sums of counters by one of their tags, the largest first; `other` where they lack it."""
    sums: dict[str, float] = defaultdict(float)
    for series, total in found.items():
        sums[dict(series.tags).get(tag, "other")] += total.sum
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

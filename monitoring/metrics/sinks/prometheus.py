"""Prometheus: figures that a scrape reads, in files that all workers of a host share when there are several."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from monitoring.metrics import multiprocess
from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.metrics.exposition import Exposed, exposed
from monitoring.metrics.sinks.base import Sink

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics import MetricWrapperBase

MOST_SERIES = 10_000

_Write = Callable[[Cell], None]


class PrometheusSink(Sink):
    """Writes to prometheus_client, whose own REGISTRY unless another is given.

    The client is imported with the first batch: it looks at PROMETHEUS_MULTIPROC_DIR then. `drop(reason, count)` is
    told of entries that cannot be shown (`clash`: another metric has the name; `series`: there are too many) or only
    without some of their labels (`label`).
    """

    name = "prometheus"
    synchronous = True

    def __init__(self, drop: Callable[[str, int], object], registry: "CollectorRegistry | None" = None) -> None:
        self._drop, self._given = drop, registry
        self._writes: dict[Series, _Write] = {}
        self._metrics: dict[str, tuple[Kind, tuple[str, ...], MetricWrapperBase | None]] = {}

    def take(self, cells: Sequence[Cell]) -> None:
        """Write the cells."""
        for cell in cells:
            write = self._writes.get(cell.series)
            if write is None:
                write = self._remember(cell.series)
            write(cell)

    def close(self) -> None:
        """Take the metrics out of the registry, so that another sink can have their names."""
        for _, _, metric in self._metrics.values():
            if metric is not None:
                self._registry().unregister(metric)
        self._metrics, self._writes = {}, {}

    def _remember(self, series: Series) -> _Write:
        if len(self._writes) >= MOST_SERIES:
            return self._dropping("series")
        write = self._writes[series] = self._write_for(series)
        return write

    def _write_for(self, series: Series) -> _Write:
        shown = exposed(series)
        kind, names, metric = self._metrics.get(shown.name) or self._make(shown)
        if metric is None or kind is not shown.kind:
            return self._dropping("clash")
        child: Any = metric.labels(*shown.values(names)) if names else metric
        write = _WRITES[shown.kind](child, shown.factor)
        unknown = shown.labels.keys() - set(names) - {"other"}
        return self._counting(write) if unknown else write

    def _make(self, shown: Exposed) -> tuple[Kind, tuple[str, ...], "MetricWrapperBase | None"]:
        """Return the metric, None where the name is taken or cannot be."""
        names = tuple(shown.labels) if shown.fixed is None else shown.fixed
        try:
            metric: MetricWrapperBase | None = self._metric(shown, names)
        except ValueError:
            metric = None
        made = self._metrics[shown.name] = (shown.kind, names, metric)
        return made

    def _metric(self, shown: Exposed, names: tuple[str, ...]) -> "MetricWrapperBase":
        from prometheus_client import Counter, Gauge, Histogram, Summary

        multiprocess.reserve_space()
        registry = self._registry()
        if shown.kind is Kind.COUNTER:
            return Counter(shown.name, shown.help, names, registry=registry)
        if shown.kind is Kind.SUMMARY:
            return Summary(shown.name, shown.help, names, registry=registry)
        if shown.kind is Kind.HISTOGRAM:
            return Histogram(shown.name, shown.help, names, registry=registry, buckets=shown.buckets)
        # A dead worker's part of a sum is gone with it; the most recent value stays whoever wrote it.
        mode: Any = "livesum" if shown.summed else "mostrecent"
        return Gauge(shown.name, shown.help, names, registry=registry, multiprocess_mode=mode)

    def _registry(self) -> "CollectorRegistry":
        from prometheus_client import REGISTRY

        return REGISTRY if self._given is None else self._given

    def _dropping(self, reason: str) -> _Write:
        return lambda cell: _ignore(self._drop(reason, len(cell.values)))

    def _counting(self, write: _Write) -> _Write:
        def counted(cell: Cell) -> None:
            self._drop("label", len(cell.values))
            write(cell)

        return counted


def _count(child: Any, factor: float) -> _Write:
    return lambda cell: child.inc(cell.sum * factor)


def _set(child: Any, factor: float) -> _Write:
    return lambda cell: child.set(cell.values[-1] * factor)


def _observe(child: Any, factor: float) -> _Write:
    def observe(cell: Cell) -> None:
        for value in cell.values:
            child.observe(value * factor)

    return observe


def _ignore(_: object) -> None:
    """Return nothing."""


_WRITES = {Kind.COUNTER: _count, Kind.GAUGE: _set, Kind.HISTOGRAM: _observe, Kind.SUMMARY: _observe}

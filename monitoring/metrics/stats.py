"""What can be asked about a metric, over all workers and hosts."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from monitoring.metrics.cell import Cell, Series
from monitoring.metrics.sketch import Sketch


class Stats(msgspec.Struct, frozen=True):
    """Figures over a window; all but count and sum are None where nothing was recorded."""

    count: int = 0
    sum: float = 0.0
    avg: float | None = None
    min: float | None = None
    max: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Total(msgspec.Struct):
    """A series summed up over a window; `last` is the newest value, recorded at `last_at` (Unix seconds)."""

    count: int = 0
    sum: float = 0.0
    min: float = float("inf")
    max: float = float("-inf")
    last: float = 0.0
    last_at: float = 0.0
    sketch: Sketch = msgspec.field(default_factory=Sketch)

    def merge(self, other: "Total") -> None:
        """Add another total."""
        self.count += other.count
        self.sum += other.sum
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        if other.last_at >= self.last_at:
            self.last, self.last_at = other.last, other.last_at
        self.sketch.merge(other.sketch)

    def stats(self) -> Stats:
        """Return the figures; quantiles within 1 %, and never outside of what was recorded."""
        if not self.count:
            return Stats()
        quantiles = [None if q is None else min(max(q, self.min), self.max) for q in self._quantiles()]
        return Stats(self.count, self.sum, self.sum / self.count, self.min, self.max, *quantiles)

    def _quantiles(self) -> list[float | None]:
        return self.sketch.quantiles(0.5, 0.95, 0.99)


class Source(Protocol):
    """Where totals are read: the store, over all workers and hosts, or this process's memory."""

    def totals(self, name: str | None, since: float, until: float) -> dict[Series, Total]:
        """Return the totals by series in [since, until), Unix seconds.

        `name` matches whole, or at a dot: `api` finds `api.requests`, not `apis`; None finds every metric.
        """


def total_of(cell: Cell) -> Total:
    """Return what one cell sums up to."""
    values = cell.values
    return Total(len(values), cell.sum, min(values), max(values), values[-1], cell.last_at, cell.sketch())


def matches(name: str, wanted: str | None) -> bool:
    """Return whether a metric's `name` is `wanted`, or goes on after it with a dot; None wants every metric."""
    return wanted is None or name == wanted or name.startswith(f"{wanted}.")


def merged(totals: Iterable[Total]) -> Total:
    """Return several totals as one."""
    whole = Total()
    for total in totals:
        whole.merge(total)
    return whole

"""What a metric is called in Prometheus, after its conventions: snake case, base units, their names at the end."""

import re

import msgspec

from monitoring.metrics.catalogue import Metric, Unit, find
from monitoring.metrics.cell import OTHER, Kind, Series

_SUFFIXES = {Unit.NONE: "", Unit.MILLISECONDS: "_seconds", Unit.BYTES: "_bytes", Unit.DOLLARS: "_dollars"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_BYTES = tuple(1024.0 * 4**power for power in range(12))
_NUMBERS = (0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 1e5)
_BUCKETS = {Unit.NONE: _NUMBERS, Unit.MILLISECONDS: _SECONDS, Unit.BYTES: _BYTES, Unit.DOLLARS: _NUMBERS}
_RESERVED = frozenset({"le", "quantile", "pid"})
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_STRANGE = re.compile("[^a-z0-9_]+")


class Exposed(msgspec.Struct, frozen=True):
    """How a series is shown: `labels` by name, `factor` from what was recorded to base units.

    `fixed` are the label names that the catalogue decides, None where the first use does.
    """

    name: str
    kind: Kind
    help: str
    labels: dict[str, str]
    fixed: tuple[str, ...] | None
    factor: float
    buckets: tuple[float, ...]
    summed: bool

    def values(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the values of the labels `names`, empty for one that the series does not have."""
        missing = "other" if self.labels == dict(OTHER) else ""
        return tuple(self.labels.get(name, missing) for name in names)


def exposed(series: Series) -> Exposed:
    """Return how `series` is shown; what the catalogue does not know has no unit."""
    found = find(series.name)
    metric, rest = found or (Metric(series.name, series.kind, f"{series.name}, as the application records it."), "")
    labels = {label_name(key): value for key, value in series.tags}
    if metric.family and series.tags != OTHER:
        labels[metric.family] = rest
    return Exposed(
        name=_name(metric, series.kind),
        kind=series.kind,
        help=metric.help,
        labels=labels,
        fixed=(*metric.labels, *((metric.family,) if metric.family else ())) if found else None,
        factor=0.001 if metric.unit is Unit.MILLISECONDS else 1.0,
        buckets=_BUCKETS[metric.unit],
        summed=metric.summed,
    )


def label_name(key: str) -> str:
    """Return `key` as a label name that Prometheus takes and does not use itself."""
    name = _snake(key).lstrip("_") or "label"
    return f"exported_{name}" if name in _RESERVED else name


def _name(metric: Metric, kind: Kind) -> str:
    """Return the name; the client itself adds `_total` to a counter's."""
    name, unit = _snake(metric.name), _SUFFIXES[metric.unit]
    name = name.removesuffix("_total") if kind is Kind.COUNTER else name
    return name if name.endswith(unit) else name + unit


def _snake(text: str) -> str:
    name = _STRANGE.sub("_", _HUMP.sub("_", text).lower())
    return f"_{name}" if name[:1].isdigit() else name

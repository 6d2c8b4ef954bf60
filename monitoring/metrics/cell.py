"""What a flush hands to the sinks: the entries of one series in one minute, aggregated."""

from collections import Counter
from enum import StrEnum

import msgspec

from monitoring.metrics.sketch import Sketch

Tags = tuple[tuple[str, str], ...]

OTHER: Tags = (("other", "other"),)
"""The tags of the series into which a metric's label sets beyond the limit are folded."""


class Kind(StrEnum):
    """What a metric is: events counted, a value as it stands, or a distribution of values."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"

    # An enumeration's own is written in Python, and kinds are a part of every key.
    __hash__ = str.__hash__


class Series(msgspec.Struct, frozen=True, order=True):
    """Which numbers belong together: `tags` are sorted pairs of strings."""

    name: str
    kind: Kind
    tags: Tags = ()


class Cell(msgspec.Struct):
    """The entries of one series in one UTC minute; `minute` is its first Unix second.

    `values` are the entries themselves, in order, for sinks that want each; a counter's are its increments.
    `last_at` is Unix seconds.
    """

    series: Series
    minute: int
    values: list[float] = msgspec.field(default_factory=list)
    last_at: float = 0.0

    @property
    def sum(self) -> float:
        """Return the sum of the entries."""
        return sum(self.values)

    def sketch(self) -> Sketch:
        """Return the entries as a sketch."""
        if self.series.kind is not Kind.COUNTER:
            return Sketch(self.values)
        sketch = Sketch()
        for value, times in Counter(self.values).items():  # increments are mostly the same
            sketch.add(value, times)
        return sketch

"""A mergeable quantile sketch: counts in logarithmic bins.

The scheme of DDSketch (Masson, Rim and Lee, VLDB 2019): with bins of ratio GAMMA a quantile is off by at most
(GAMMA - 1) / (GAMMA + 1) of its value, just under 1 %. Values are clamped to 1e-6 .. 1e12 (a microsecond in seconds,
a terabyte in bytes), so a sketch never has more than about 2,100 bins.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil, floor, log

import msgspec

GAMMA = 1.02
_LOG_GAMMA = log(GAMMA)
_SMALLEST, _LARGEST = 1e-6, 1e12
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(dict[int, int])


class Sketch:
    """How often each size of value (seconds, bytes: any positive unit) occurred."""

    __slots__ = ("bins",)

    def __init__(self, values: Sequence[float] = ()) -> None:
        if values and not _SMALLEST <= min(values) <= max(values) <= _LARGEST:
            values = [min(max(value, _SMALLEST), _LARGEST) for value in values]
        # Counter counts in C: a third of the time of adding each.
        self.bins: dict[int, int] = dict(Counter([ceil(log(value) / _LOG_GAMMA) for value in values]))

    def add(self, value: float, times: int = 1) -> None:
        """Count a value that occurred `times` times; anything at or below 1e-6 counts as 1e-6."""
        index = ceil(log(min(max(value, _SMALLEST), _LARGEST)) / _LOG_GAMMA)
        self.bins[index] = self.bins.get(index, 0) + times

    def merge(self, other: "Sketch") -> None:
        """Add another sketch's counts to this one's."""
        bins = self.bins
        for index, count in other.bins.items():
            bins[index] = bins.get(index, 0) + count

    @property
    def count(self) -> int:
        """Return how many values were counted."""
        return sum(self.bins.values())

    def quantile(self, share: float) -> float | None:
        """Return the value below which `share` (0 to 1) of the counted lie, within 1 %; None when empty."""
        return self.quantiles(share)[0]

    def quantiles(self, *shares: float) -> list[float | None]:
        """Return several quantiles, for shares in ascending order, in one pass over the bins.

        The quantile of n values is the one at place floor(share x n) of them in order, counted from 0, as the
        specification has it.
        """
        if not self.bins:
            return [None] * len(shares)
        count = self.count
        ranks = [min(floor(share * count), count - 1) for share in shares]
        found: list[float | None] = []
        seen = 0
        for index in sorted(self.bins):
            seen += self.bins[index]
            while len(found) < len(ranks) and seen > ranks[len(found)]:
                found.append(2 * GAMMA**index / (GAMMA + 1))
        return found

    def encode(self) -> bytes:
        """Return the sketch as MessagePack."""
        return _encode(self.bins)

    @classmethod
    def decode(cls, data: bytes | None) -> "Sketch":
        """Return the sketch that `encode` wrote; an empty one for None or nothing."""
        sketch = cls()
        if data:
            sketch.bins = _decoder.decode(data)
        return sketch

"""StatsD over UDP, plain or with DogStatsD's tags."""

import re
import socket
from collections.abc import Iterator, Sequence
from typing import Literal

from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.metrics.sinks.base import Sink

MOST_BYTES = 1432
"""What an Ethernet frame carries of a datagram, so that none is fragmented."""

Dialect = Literal["dogstatsd", "statsd"]

_STRANGE = re.compile("[^A-Za-z0-9_.-]")
_BREAKS = re.compile(r"[\s|,#]")


class StatsdSink(Sink):
    """Sends to `address` ("host:port"): increments summed, a gauge's last value, each value of a distribution.

    Durations are milliseconds. Plain StatsD has no tags: there all label sets of a metric are one.
    """

    name = "statsd"

    def __init__(self, address: str, dialect: Dialect = "dogstatsd") -> None:
        host, _, port = address.rpartition(":")
        self._host, self._port, self._tagged = host.strip("[]"), int(port), dialect == "dogstatsd"

    def take(self, cells: Sequence[Cell]) -> None:
        """Send the cells; OSError where the name does not resolve or nobody listens there."""
        lines = (line for cell in cells for line in self._lines(cell))
        # A socket for each batch finds a server that has moved, and is never shared with a forked process.
        family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as sender:
            sender.connect(address)
            for datagram in packed(lines):
                sender.send(datagram)

    def _lines(self, cell: Cell) -> Iterator[bytes]:
        name, tags = _STRANGE.sub("_", cell.series.name), self._tags(cell.series)
        for values, kind in self._values(cell):
            line = f"{name}:{values}|{kind}{tags}".encode()
            yield line if len(line) <= MOST_BYTES else f"{name}:{values}|{kind}".encode()

    def _values(self, cell: Cell) -> Iterator[tuple[str, str]]:
        """Yield each value with the letters of its kind."""
        if cell.series.kind is Kind.COUNTER:
            yield _number(cell.sum), "c"
        elif cell.series.kind is Kind.GAUGE:
            if cell.values[-1] < 0 and not self._tagged:
                yield "0", "g"  # plain StatsD takes a sign for a change of the gauge
            yield _number(cell.values[-1]), "g"
        else:
            for value in cell.values:
                yield _number(value), "h" if self._tagged else "ms"

    def _tags(self, series: Series) -> str:
        if not self._tagged or not series.tags:
            return ""
        return "|#" + ",".join(f"{_STRANGE.sub('_', key)}:{_BREAKS.sub('_', value)}" for key, value in series.tags)


def packed(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Yield datagrams of as many lines as fit."""
    waiting = b""
    for line in lines:
        if waiting and len(waiting) + 1 + len(line) > MOST_BYTES:
            yield waiting
            waiting = line
        else:
            waiting = b"\n".join((waiting, line)) if waiting else line
    if waiting:
        yield waiting


def _number(value: float) -> str:
    """Return the value without an exponent, which not every server reads."""
    text = repr(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")
    return text.removesuffix(".")

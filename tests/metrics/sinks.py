"""Sinks as tests need them."""

import threading
from collections.abc import Sequence

from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.metrics.sinks.base import Sink


class Kept(Sink):
    """Keeps every cell, in the thread that flushes."""

    name = "kept"
    synchronous = True

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.closed = False

    def take(self, cells: Sequence[Cell]) -> None:
        self.cells.extend(cells)

    def close(self) -> None:
        self.closed = True

    def values(self, name: str, **tags: str) -> list[float]:
        """All values of one series."""
        wanted = tuple(sorted(tags.items()))
        return [
            value
            for cell in self.cells
            if (cell.series.name, cell.series.tags) == (name, wanted)
            for value in cell.values
        ]


class Late(Kept):
    """Keeps every cell, in a thread of its own, once `go` is set; it holds at most one batch till then."""

    name = "late"
    synchronous = False

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.entered = threading.Event()

    def take(self, cells: Sequence[Cell]) -> None:
        self.entered.set()
        assert self.go.wait(60)
        super().take(cells)


class Failing(Sink):
    """Raises."""

    name = "failing"
    synchronous = True

    def take(self, cells: Sequence[Cell]) -> None:
        raise OSError("the disk is full")


def cell(name: str, kind: Kind, *values: float, **tags: str) -> Cell:
    """A cell of the year 2023."""
    return Cell(Series(name, kind, tuple(sorted(tags.items()))), 1_700_000_040, list(values), 1_700_000_050.0)

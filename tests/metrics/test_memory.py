import time_machine

from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.metrics.sinks.memory import MOST_TOTALS, MemorySink

NOW = 1_700_000_040


def at(minute: int, *values: float, name: str = "a") -> Cell:
    return Cell(Series(name, Kind.COUNTER), minute, list(values), minute + 1.0)


def test_it_adds_up_what_falls_into_the_window() -> None:
    memory = MemorySink()
    with time_machine.travel(NOW, tick=False):
        memory.take([at(NOW, 1), at(NOW - 60, 2), at(NOW - 1800, 4)])
        memory.take([at(NOW, 8)])
        (total,) = memory.totals("a", NOW - 600, NOW + 1).values()
    assert (total.count, total.sum, total.last) == (3, 11, 8)


def test_it_forgets_after_an_hour() -> None:
    memory = MemorySink()
    with time_machine.travel(NOW, tick=False) as traveller:
        memory.take([at(NOW, 1)])
        traveller.shift(3700)
        memory.take([at(NOW + 3660, 2)])
        (total,) = memory.totals(None, 0, NOW + 9999).values()
    assert total.sum == 2


def test_it_is_bounded_and_gives_up_the_oldest_minutes() -> None:
    memory = MemorySink()
    with time_machine.travel(NOW, tick=False):
        for age in (180, 120, 60, 0):
            memory.take([at(NOW - age, 1, name=f"m{number}") for number in range(MOST_TOTALS // 2)])
        assert len(memory.totals(None, NOW - 59, NOW + 1)) == MOST_TOTALS // 2
        assert memory.totals("m0", 0, NOW + 1).popitem()[1].count == 2

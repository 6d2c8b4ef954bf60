"""Measuring on a machine that does other things too: CPU time, alternating rounds, medians. Linux only."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import psutil
import sqlalchemy as sa

from monitoring.store.database import Database
from monitoring.store.models import results


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds a process has used, ended threads included, to the nanosecond.

    The kernel keeps a clock for each process; its number follows from the process's (`clock_getcpuclockid(3)`).
    """
    return time.clock_gettime((~pid << 3) | 2)


def spent(pid: int, work: Callable[[], object]) -> float:
    """Return the CPU seconds the process uses while this one does `work`."""
    before = cpu_seconds(pid)
    work()
    return cpu_seconds(pid) - before


class Rounds:
    """What several measures found, round by round."""

    def __init__(self, seen: Sequence[Mapping[str, float]]) -> None:
        self._seen = seen

    def median(self, name: str) -> float:
        """Return the median of one measure."""
        return statistics.median(each[name] for each in self._seen)

    def ratio(self, name: str, to: str) -> float:
        """Return the median of one measure's ratio to another's of the same round."""
        return statistics.median(each[name] / each[to] for each in self._seen)


def alternating(measures: Mapping[str, Callable[[], float]], rounds: int) -> Rounds:
    """Measure in rounds of A B C, B C A, C A B, so that a slow minute, or the first place, meets them all."""
    names, seen = list(measures), []
    for number in range(rounds):
        start = number % len(names)
        seen.append({name: measures[name]() for name in names[start:] + names[:start]})
    return Rounds(seen)


def workers_of(master: int) -> list[int]:
    """Return the process ids of gunicorn's workers, oldest first."""
    return [child.pid for child in psutil.Process(master).children()]


def results_in(database: Database) -> int:
    """Return how many results are stored."""
    with database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(results)).scalar_one())


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is words, the others are figures."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n{title}")
    for row in (head, *rows):
        first, *rest = (
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(["", first, *rest]))

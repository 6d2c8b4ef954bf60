"""Cells, errors and other things that were measured, with only what matters said."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from monitoring import clock
from monitoring.errors.occurrence import Occurrence
from monitoring.metrics.cell import Cell, Kind, Series
from monitoring.performance.operation import SlowOperation
from monitoring.store.database import Database
from tests.support.results import NOON


def cell(name: str, at: float, *values: float, kind: Kind = Kind.HISTOGRAM, **tags: str) -> Cell:
    """Return what a flush hands over of one series in the minute that holds `at`."""
    return Cell(Series(name, kind, tuple(sorted(tags.items()))), int(at // 60 * 60), list(values), at)


def occurrence(
    at: float = NOON, kind: str = "ValueError", correlation_id: str | None = None, **more: Any
) -> Occurrence:
    """Return an error; those of one type are of one group."""
    given = {"message": "no", "fingerprint": f"of {kind}", "frame": "shop/views.py:41 in pay", "stack": "Traceback"}
    return Occurrence(type=kind, at=at, correlation_id=correlation_id, **{**given, **more})


def slow(at: float = NOON, name: str = "db.query", correlation_id: str | None = None, **details: Any) -> SlowOperation:
    """Return an operation that took 2 s where it may take 0.1."""
    return SlowOperation(name, 2.0, 0.1, at, correlation_id, details)


class Line:
    """The way to the store: it can be cut, or lose the answers of commits."""

    def __init__(self) -> None:
        self.away = False
        self.lose_answers = 0


def on_line(monkeypatch: pytest.MonkeyPatch) -> Line:
    """Return the line over which every write goes from now on."""
    line, real = Line(), Database.write

    @contextmanager
    def write(self: Database, *limits: float) -> Iterator[Any]:
        if line.away:
            raise _cut("connect")
        with real(self, *limits) as connection:
            yield connection
        if line.lose_answers:
            line.lose_answers -= 1
            raise _cut("COMMIT")

    monkeypatch.setattr(Database, "write", write)
    return line


def _cut(statement: str) -> Exception:
    return sa.exc.OperationalError(statement, {}, Exception("the line was cut"))


class Clock:
    """The wall clock, as a test sets it."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


def at_noon(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the wall clock to noon; `at` sets it on."""
    given = Clock(NOON)
    monkeypatch.setattr(clock, "now", given.now)
    return given


def count(database: Database, table: sa.Table) -> int:
    """Return how many rows a table has."""
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()

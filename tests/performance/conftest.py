"""What tests of timers share."""

import uuid
from collections.abc import Iterator

import pytest

from monitoring.metrics import Kind, Stats, metrics
from monitoring.performance import Performance
from tests.logs.captured import Lines, captured


@pytest.fixture
def timed() -> Performance:
    """Timers of its own; the metrics are the process's."""
    return Performance()


@pytest.fixture
def name() -> str:
    """An operation that no other test has measured."""
    return f"tested.{uuid.uuid4().hex}"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of a production process."""
    with captured(capsys) as lines:
        yield lines


def stats(name: str) -> Stats:
    """The figures of one operation's histogram."""
    return metrics.get_stats(f"performance.{name}")


def exceeded(name: str) -> float:
    """How often an operation was over its threshold."""
    found = metrics.get_metrics("performance.threshold_exceeded")
    return sum(
        total.sum
        for series, total in found.items()
        if series.kind is Kind.COUNTER and dict(series.tags)["operation"] == name
    )

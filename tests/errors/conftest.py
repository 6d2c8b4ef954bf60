"""What tests of errors share."""

from collections.abc import Iterator

import pytest

from monitoring.errors import Occurrence, Tracker
from monitoring.metrics import metrics
from tests.logs.captured import Lines, captured


class Taken:
    """A tracker of its own and what it has delivered."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self.occurrences: list[Occurrence] = []
        self.tracker.deliver = self.occurrences.append
        self.capture = self.tracker.capture_error

    @property
    def one(self) -> Occurrence:
        """The only occurrence."""
        [occurrence] = self.occurrences
        return occurrence


@pytest.fixture
def taken() -> Taken:
    """A tracker of its own and what it delivers; the metrics are the process's."""
    return Taken()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of a production process."""
    with captured(capsys) as lines:
        yield lines


def counted(**tags: str) -> float:
    """How many errors were captured under these labels."""
    found = metrics.get_metrics("errors.captured").items()
    return sum(total.sum for series, total in found if dict(series.tags) == tags)


def raised(error: BaseException) -> BaseException:
    """Return `error` with a traceback through here."""
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - whatever it was given
        return caught

"""What tests of logs share."""

from collections.abc import Iterator

import pytest

from tests.logs.captured import Lines, captured


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of a production process."""
    with captured(capsys) as lines:
        yield lines

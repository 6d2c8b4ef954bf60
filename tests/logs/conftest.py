"""What tests of logs share."""

from collections.abc import Generator, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from tests.logs.captured import Lines, alone, captured


@pytest.fixture(params=["alone", "watched"])
def lines(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines of a production process: written directly, and by way of records while others listen."""
    with captured(capsys) as lines:
        yield lines


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Take pytest's own handlers away, which it puts there just before the test, where lines are written directly."""
    ways = getattr(item, "callspec", None)
    with alone() if ways is not None and ways.params.get("lines") == "alone" else nullcontext():
        return (yield)

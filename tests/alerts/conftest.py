"""Who is told."""

from collections.abc import Iterator

import pytest

from tests.support.hooks import Listener


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()

from collections.abc import Iterator

import pytest

from monitoring.metrics import Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A recorder that flushes only when it is told to, or at 1,000 entries."""
    recorder = Recorder(flush_seconds=3600)
    yield recorder
    recorder.stop()
    recorder.use()

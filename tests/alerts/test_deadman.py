"""The dead man's switch."""

from collections.abc import Iterator

import pytest

from monitoring.alerts import deadman as deadmen
from monitoring.alerts.deadman import Deadman
from tests.support.hooks import Listener
from tests.support.waiting import until


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadmen, "EVERY_SECONDS", 0.02)


@pytest.fixture
def deadman(listener: Listener) -> Iterator[Deadman]:
    """Calls the listener from `start` on."""
    calling = Deadman(f"{listener.url}/canary-secret")
    yield calling
    calling.stop()


def test_it_calls_at_once(deadman: Deadman, listener: Listener) -> None:
    deadman.start()
    until(lambda: listener.taken)
    assert listener.taken[0].method == "GET"


def test_it_calls_again_and_again_until_it_is_stopped(hurried: None, deadman: Deadman, listener: Listener) -> None:
    deadman.start()
    until(lambda: len(listener.taken) >= 3)
    deadman.stop()
    deadman._thread.join(5)
    assert not deadman._thread.is_alive()


def test_it_goes_on_after_failures_and_says_each_time_of_failing_once_without_the_address(
    hurried: None, deadman: Deadman, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.answer(500)
    deadman.start()
    until(lambda: len(listener.heard) >= 3)
    listener.recover()
    until(lambda: listener.taken)
    listener.cut()
    count = len(listener.heard)
    until(lambda: len(listener.heard) >= count + 3)
    said = [each for each in caplog.records if "dead man's switch" in each.message]
    assert len(said) == 2
    assert "canary-secret" not in str([vars(each) for each in caplog.records]) + repr(deadman)

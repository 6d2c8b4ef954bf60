"""Asking on a reader's demand: once for all, not too often, and nobody waits for what hangs."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitoring.health.check import Answer, LibraryCheck
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status
from monitoring.web import asking
from monitoring.web.asking import Asker
from tests.support.apps import TurnedClock
from tests.support.probes import HangingLibraryCheck, plain_settings
from tests.support.waiting import until


class Counted(LibraryCheck[CheckSettings]):
    """Answers, once it may, and counts."""

    type = "counted"

    def __init__(self, name: str = "it") -> None:
        super().__init__(plain_settings(name))
        self.asked = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def ask(self) -> Answer:
        self.asked += 1
        self.go_on.wait(60)
        return Answer(details={"asked": self.asked})


@pytest.fixture
def asker() -> Iterator[Asker]:
    made = Asker()
    yield made
    made.stop()


@pytest.fixture
def hanging() -> Iterator[HangingLibraryCheck]:
    check = HangingLibraryCheck(plain_settings("hanging"))
    yield check
    check.let_go.set()


def test_it_returns_what_the_checks_answer(asker: Asker) -> None:
    results = asker.ask([Counted("a"), Counted("b")])
    assert {name: result.status for name, result in results.items()} == dict.fromkeys("ab", Status.HEALTHY)


def test_all_who_wait_share_one_answer(asker: Asker) -> None:
    check = Counted()
    check.go_on.clear()
    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(asker.ask, [check]) for _ in range(20)]
        until(lambda: check.asked)
        check.go_on.set()
    assert [answer.result()["it"].details for answer in answers] == [{"asked": 1}] * 20


def test_a_check_is_asked_again_after_15_seconds_and_not_before(asker: Asker, turned_clock: TurnedClock) -> None:
    check = Counted()
    assert asker.ask([check])["it"].details == {"asked": 1}
    turned_clock.ahead += 14
    assert asker.ask([check])["it"].details == {"asked": 1}
    turned_clock.ahead += 1
    assert asker.ask([check])["it"].details == {"asked": 2}


def test_one_that_hangs_is_left_out_and_hurts_no_other(
    asker: Asker, hanging: HangingLibraryCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.5)
    assert asker.ask([hanging, Counted("well")]).keys() == {"well"}


def test_whoever_comes_after_the_patience_does_not_wait_again(
    asker: Asker, hanging: HangingLibraryCheck, turned_clock: TurnedClock
) -> None:
    with ThreadPoolExecutor(1) as first:
        waiting = first.submit(asker.ask, [hanging])
        until(lambda: hanging.begun)
        turned_clock.ahead += asking.PATIENCE_SECONDS
        assert (asker.ask([hanging]), waiting.done()) == ({}, False)
        hanging.let_go.set()


def test_a_late_answer_serves_those_who_come_later(
    asker: Asker, hanging: HangingLibraryCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.1)
    assert asker.ask([hanging]) == {}
    hanging.let_go.set()
    assert until(lambda: asker.ask([hanging]))["hanging"].status is Status.HEALTHY
    assert hanging.begun == 1


def test_once_stopped_it_asks_nobody(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.1)
    check = Counted()
    asker.stop()
    assert (asker.ask([check]), check.asked) == ({}, 0)

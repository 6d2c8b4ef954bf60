"""Values made anew at most once a second. The makers are a test's own; the clock is turned."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import OperationalError

from monitoring.web import fresh as module
from monitoring.web.fresh import Fresh
from tests.logs.captured import captured
from tests.support.apps import TurnedClock
from tests.support.waiting import until

CALLERS = 50


class Maker:
    """Counts; fails or hangs when told. Its spare marks the value before as old."""

    def __init__(self) -> None:
        self.made = self.working = self.most = 0
        self.failure: Exception | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, last: str) -> str:
        self.made += 1
        self.working += 1
        self.most = max(self.most, self.working)
        number = self.made
        self.go_on.wait(60)
        self.working -= 1
        if self.failure is not None:
            raise self.failure
        return f"value {number}"

    def fresh(self) -> Fresh[str]:
        return Fresh(self, lambda last: f"old {last.removeprefix('old ')}", empty="nothing")


@pytest.fixture
def maker() -> Iterator[Maker]:
    made = Maker()
    yield made
    made.go_on.set()


def many(fresh: Fresh[str]) -> ThreadPoolExecutor:
    """Let many call at once; the pool's end waits for them."""
    pool = ThreadPoolExecutor(CALLERS)
    for _ in range(CALLERS):
        pool.submit(fresh.get)
    return pool


def test_the_first_value_is_waited_for(maker: Maker) -> None:
    maker.go_on.clear()
    threading.Timer(0.1, maker.go_on.set).start()
    assert maker.fresh().get() == "value 1"


def test_it_is_made_at_most_once_a_second(maker: Maker, turned_clock: TurnedClock) -> None:
    fresh = maker.fresh()
    assert [fresh.get() for _ in range(100)] == ["value 1"] * 100
    turned_clock.ahead += 1
    assert [fresh.get() for _ in range(100)] == ["value 2"] * 100


def test_many_who_come_at_once_have_it_made_once(maker: Maker) -> None:
    fresh = maker.fresh()
    many(fresh).shutdown()
    assert (fresh.get(), maker.made, maker.most) == ("value 1", 1, 1)


def test_nobody_waits_for_a_maker_that_hangs_once_there_is_a_value(
    maker: Maker, turned_clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 100.0)
    fresh = maker.fresh()
    fresh.get()
    maker.go_on.clear()
    turned_clock.ahead += 5
    one = ThreadPoolExecutor(1)
    waiting = one.submit(fresh.get)
    until(lambda: maker.working)
    with many(fresh) as pool:
        values = [pool.submit(fresh.get).result(20) for _ in range(CALLERS)]
    assert (set(values), maker.made, waiting.done()) == ({"value 1"}, 2, False)
    maker.go_on.set()
    assert waiting.result(20) == "value 2"
    one.shutdown()


def test_the_one_who_has_it_made_waits_only_so_long(
    maker: Maker, turned_clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    fresh = maker.fresh()
    fresh.get()
    maker.go_on.clear()
    turned_clock.ahead += 1
    assert fresh.get() == "value 1"


def test_nobody_waits_for_a_first_value_beyond_its_time(maker: Maker, turned_clock: TurnedClock) -> None:
    fresh = maker.fresh()
    maker.go_on.clear()
    with ThreadPoolExecutor(1) as first:
        waiting = first.submit(fresh.get)
        until(lambda: maker.working)
        turned_clock.ahead += module.FIRST_PATIENCE_SECONDS
        assert [fresh.get() for _ in range(CALLERS)] == ["nothing"] * CALLERS
        assert not waiting.done()
        maker.go_on.set()


def test_while_it_cannot_be_made_the_last_one_is_served_as_old(maker: Maker, turned_clock: TurnedClock) -> None:
    fresh = maker.fresh()
    fresh.get()
    maker.failure = OSError("away")
    turned_clock.ahead += 1
    assert fresh.get() == "old value 1"
    maker.failure = None
    turned_clock.ahead += 1
    assert fresh.get() == "value 3"


def test_nothing_is_served_where_it_could_never_be_made(maker: Maker) -> None:
    maker.failure = OSError("away")
    assert maker.fresh().get() == "old nothing"


def test_a_row_of_failures_is_told_once(
    maker: Maker, turned_clock: TurnedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = maker.fresh()
    maker.failure = OperationalError("SELECT 1", {}, Exception("away"))
    with captured(capsys) as lines:
        for failure in (maker.failure, maker.failure, None, ValueError("a fault of ours")):
            maker.failure = failure
            turned_clock.ahead += 1
            fresh.get()
        expected, unexpected = lines.all()
    assert expected["level"] == "warn" and "stack" not in str(expected).lower()
    assert "a fault of ours" in str(unexpected) and "Traceback" in str(unexpected)


def test_a_system_without_threads_is_asked_again(
    maker: Maker, turned_clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    fresh = maker.fresh()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert fresh.get() == "nothing"
    turned_clock.ahead += 1
    assert fresh.get() == "value 1"

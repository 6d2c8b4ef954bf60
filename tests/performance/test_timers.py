import os
import signal
import threading

from monitoring.metrics import metrics
from monitoring.performance import Performance
from monitoring.performance.timers import OPEN, Timers
from tests.performance.conftest import stats


def test_it_returns_the_milliseconds_of_a_timer(timed, name):
    timer_id = timed.start_timer(name)
    threading.Event().wait(0.02)
    assert 20 <= timed.end_timer(timer_id) < 5000


def test_it_records_a_histogram_in_milliseconds(timed, name):
    milliseconds = timed.end_timer(timed.start_timer(name))
    assert stats(name).count == 1
    assert stats(name).sum == milliseconds


def test_it_warns_of_an_unknown_timer_and_returns_0(timed, lines):
    assert timed.end_timer("nobody-1") == 0
    line = lines.one()
    assert (line["level"], line["message"], line["timer_id"]) == ("warn", "Performance timer not found", "nobody-1")


def test_it_ends_a_timer_once(timed, name):
    timer_id = timed.start_timer(name)
    timed.end_timer(timer_id)
    assert timed.end_timer(timer_id) == 0
    assert stats(name).count == 1


def test_it_gives_each_timer_an_id_of_its_own(timed, name):
    assert len({timed.start_timer(name) for _ in range(1000)}) == 1000


def test_it_keeps_10_000_timers_and_counts_the_oldest_it_drops(timed, name):
    dropped = metrics.get_stats("performance.timers_dropped").sum
    first, *others = [timed.start_timer(name) for _ in range(OPEN + 1)]
    assert len(timed.timers) == OPEN == 10_000
    assert timed.timers.dropped == 1
    assert metrics.get_stats("performance.timers_dropped").sum == dropped + 1
    assert timed.end_timer(first) == 0
    assert timed.end_timer(others[0]) > 0


def test_it_counts_rightly_from_many_threads():
    timers = Timers(most=10)
    threads = [threading.Thread(target=lambda: [timers.start("x", None) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(timers), timers.dropped) == (10, 3990)


def test_a_timer_may_end_in_another_thread(timed, name):
    timer_id = timed.start_timer(name)
    thread = threading.Thread(target=timed.end_timer, args=(timer_id,))
    thread.start()
    thread.join()
    assert stats(name).count == 1


def test_it_survives_any_name_and_metadata():
    performance = Performance()
    for odd in (None, 7, "x" * 10_000):
        assert performance.end_timer(performance.start_timer(odd, {"a": object()})) > 0
    for odd in (None, [], {}):
        assert performance.end_timer(odd) == 0


def test_a_fork_does_not_inherit_a_lock_that_is_held(name):
    performance = Performance()
    with performance.timers._lock:
        child = os.fork()
        if not child:
            signal.alarm(5)
            performance.end_timer(performance.start_timer(name))
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

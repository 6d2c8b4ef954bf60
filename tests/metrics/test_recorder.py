import threading
from typing import Any

import pytest

from monitoring.metrics import Kind, Recorder, Series, Total
from monitoring.metrics.recorder import FLUSH_ENTRIES, MOST_ENTRIES
from tests.metrics.sinks import Failing, Kept, Late
from tests.support.waiting import until


def test_everything_recorded_reaches_the_sink_with_its_kind_tags_and_values(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    recorder.increment("jobs", tags={"queue": "mail"})
    recorder.gauge("depth", 4)
    recorder.histogram("time", 12.5)
    recorder.summary("size", 3)
    recorder.flush()
    assert {(cell.series.name, cell.series.kind): cell.values for cell in kept.cells} == {
        ("jobs", Kind.COUNTER): [1.0],
        ("depth", Kind.GAUGE): [4.0],
        ("time", Kind.HISTOGRAM): [12.5],
        ("size", Kind.SUMMARY): [3.0],
    }


def test_increments_of_eight_threads_are_counted_exactly(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    done = threading.Semaphore(0)

    def count() -> None:
        for n in range(10_000):
            recorder.increment("hits")
            if n % 1_000 == 0:  # never more than there is room for
                recorder.flush()
        done.release()

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.flush()
    assert sum(kept.values("hits")) == 80_000
    assert kept.values("daymark.metrics.dropped", reason="full") == []


def test_a_thousand_entries_wake_the_flusher(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    for _ in range(FLUSH_ENTRIES):
        recorder.increment("hits")
    until(lambda: sum(kept.values("hits")) == FLUSH_ENTRIES)


def test_the_flusher_flushes_by_itself() -> None:
    recorder, kept = Recorder(flush_seconds=0.05), Kept()
    recorder.use(kept)
    recorder.increment("hits")
    until(lambda: kept.values("hits"))
    recorder.stop()


def test_the_caller_never_flushes(recorder: Recorder) -> None:
    threads = set()

    class Noting(Kept):
        def take(self, cells: Any) -> None:
            threads.add(threading.current_thread())
            super().take(cells)

    kept = Noting()
    recorder.use(kept)
    for _ in range(3 * FLUSH_ENTRIES):
        recorder.increment("hits")
    until(lambda: len(kept.values("hits")) >= FLUSH_ENTRIES)
    assert threading.current_thread() not in threads


def test_it_starts_no_thread_before_its_first_entry() -> None:
    before = set(threading.enumerate())
    recorder = Recorder()
    assert set(threading.enumerate()) == before
    recorder.increment("hits")
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["metrics"]
    recorder.stop()
    until(lambda: set(threading.enumerate()) <= before)


def test_the_buffer_is_bounded_and_what_has_no_room_is_counted(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    with recorder._flushing:  # no flush can empty the buffer meanwhile
        for _ in range(MOST_ENTRIES + 500):
            recorder.increment("hits")
    recorder.flush()
    assert len(kept.values("hits")) == MOST_ENTRIES
    assert sum(kept.values("daymark.metrics.dropped", reason="full")) == 500


@pytest.mark.parametrize("value", [-1, float("nan"), "many", None, object()])
def test_recording_never_raises_and_counts_what_it_refuses(recorder: Recorder, value: Any) -> None:
    kept = Kept()
    recorder.use(kept)
    recorder.increment("hits", value)
    recorder.increment("hits")
    recorder.flush()
    assert kept.values("hits") == [1.0]
    refused = [cell for cell in kept.cells if cell.series.name == "daymark.metrics.dropped"]
    assert sum(cell.sum for cell in refused) == 1


def test_a_sink_that_fails_loses_its_own_batch_and_nothing_else(recorder: Recorder) -> None:
    kept, told = Kept(), []
    recorder.warn_with(lambda message, **fields: told.append(fields))
    recorder.use(Failing(), kept)
    for _ in range(3):
        recorder.increment("hits")
    recorder.flush()
    recorder.flush()  # tells of what was lost, and loses that too
    assert kept.values("hits") == [1.0, 1.0, 1.0]
    assert kept.values("daymark.metrics.lost", sink="failing") == [3.0]
    assert told == [{"sink": "failing", "entries": 3, "reason": "OSError: the disk is full"}]


def test_a_sink_that_hangs_loses_what_cannot_wait_and_nothing_else(recorder: Recorder) -> None:
    kept, late = Kept(), Late()
    recorder.use(late, kept)
    recorder.increment("hits")
    recorder.flush()
    assert late.entered.wait(10)
    for _ in range(9):  # four can wait
        recorder.increment("hits")
        recorder.flush()
    recorder.flush()
    assert len(kept.values("hits")) == 10
    assert sum(kept.values("daymark.metrics.lost", sink="late")) >= 5
    late.go.set()
    until(lambda: len(late.values("hits")) == 5)


def test_a_warning_that_fails_stops_nothing(recorder: Recorder) -> None:
    def fail(message: str, **fields: Any) -> None:
        raise OSError("no log")

    kept = Kept()
    recorder.warn_with(fail)
    recorder.use(Failing(), kept)
    recorder.increment("hits")
    recorder.flush()
    assert kept.values("hits") == [1.0]


def test_stopping_waits_for_what_sinks_still_take(recorder: Recorder) -> None:
    late = Late()
    recorder.use(late)
    recorder.increment("hits")
    threading.Timer(0.1, late.go.set).start()
    recorder.stop(seconds=10)
    assert late.values("hits") == [1.0]


def test_stopping_does_not_wait_for_ever(recorder: Recorder) -> None:
    late = Late()
    recorder.use(late)
    recorder.increment("hits")
    recorder.stop(seconds=0.05)
    assert late.values("hits") == []
    late.go.set()


def test_recording_goes_on_after_stopping(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    recorder.increment("hits")
    recorder.stop()
    recorder.increment("hits")
    recorder.flush()
    assert len(kept.values("hits")) == 2


def test_sinks_that_are_no_longer_used_are_closed(recorder: Recorder) -> None:
    first, second = Kept(), Kept()
    recorder.use(first)
    recorder.use(second)
    recorder.increment("hits")
    recorder.flush()
    assert first.closed and not first.cells and second.values("hits") == [1.0]


def test_stats_are_of_the_whole_metric_over_all_its_tags(recorder: Recorder) -> None:
    for value in range(1, 101):
        recorder.histogram("time", value, {"parity": value % 2})
    stats = recorder.get_stats("time")
    assert (stats.count, stats.sum, stats.avg, stats.min, stats.max) == (100, 5050, 50.5, 1, 100)
    assert stats.p50 == pytest.approx(50, rel=0.02)
    assert stats.p95 == pytest.approx(95, rel=0.02) and stats.p99 == pytest.approx(99, rel=0.02)


def test_stats_of_nothing_are_null(recorder: Recorder) -> None:
    stats = recorder.get_stats("nothing")
    assert (stats.count, stats.sum) == (0, 0)
    assert [stats.avg, stats.min, stats.max, stats.p50, stats.p95, stats.p99] == [None] * 6


def test_a_name_matches_whole_or_at_a_dot(recorder: Recorder) -> None:
    for name in ("api.requests", "api.response_time", "apis", "other"):
        recorder.increment(name)
    assert sorted(series.name for series in recorder.get_metrics("api")) == ["api.requests", "api.response_time"]
    assert len(recorder.get_metrics()) == 4


def test_questions_go_to_the_source_it_was_given(recorder: Recorder) -> None:
    asked = []

    class Elsewhere:
        def totals(self, name: str | None, since: float, until: float) -> dict[Series, Total]:
            asked.append((name, round(until - since)))
            return {Series("x", Kind.GAUGE): Total(2, 8, 3, 5, 5, 1.0)}

    recorder.read_from(Elsewhere())
    assert recorder.get_stats("x", window_seconds=60).avg == 4
    assert asked == [("x", 61)]


def test_tags_count_as_they_were_when_it_was_recorded(recorder: Recorder) -> None:
    kept, tags = Kept(), dict[str, str]()
    recorder.use(kept)
    for tags["status"] in "abc":
        recorder.increment("jobs", 1, tags)
    recorder.flush()
    assert [kept.values("jobs", status=status) for status in "abc"] == [[1.0]] * 3


def test_tags_that_cannot_be_copied_are_dropped_and_counted(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    recorder.increment("jobs", 1, ["no mapping"])  # type: ignore[arg-type]
    recorder.flush()
    assert (kept.values("jobs"), kept.values("daymark.metrics.dropped", reason="tags")) == ([], [1.0])


def test_what_a_sink_could_not_keep_is_told_by_its_name(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    recorder.lost("store", 3)
    recorder.increment("jobs")
    recorder.flush()
    assert kept.values("daymark.metrics.lost", sink="store") == [3.0]


def test_what_is_timed_is_a_counter_and_a_histogram_of_the_same_tags(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    for tags in ({"rule": "/"}, (("rule", "/"),)):
        recorder.timed("api.requests", "api.response_time", 2.5, tags)
    recorder.flush()
    assert {(cell.series.name, cell.series.kind): (cell.series.tags, cell.values) for cell in kept.cells} == {
        ("api.response_time", Kind.HISTOGRAM): ((("rule", "/"),), [2.5, 2.5]),
        ("api.requests", Kind.COUNTER): ((("rule", "/"),), [1.0, 1.0]),
    }


def test_what_is_timed_and_has_no_room_is_counted_as_the_two_that_it_is(recorder: Recorder) -> None:
    kept = Kept()
    recorder.use(kept)
    with recorder._flushing:
        for _ in range(MOST_ENTRIES + 5):
            recorder.timed("api.requests", "api.response_time", 1, ())
    recorder.flush()
    assert sum(kept.values("daymark.metrics.dropped", reason="full")) == 10

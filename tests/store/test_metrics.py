"""Metrics over many processes: each writes its own, readers see one whole."""

import os
from collections.abc import Iterator
from itertools import pairwise
from typing import NoReturn

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.metrics import metrics
from monitoring.metrics.cell import Kind, Series
from monitoring.metrics.stats import Total, merged
from monitoring.store import models, retention
from monitoring.store.database import Database
from monitoring.store.metrics import MetricsReader, StoreSink, merge_closed_hours
from monitoring.store.metrics.reader import pieces
from monitoring.store.metrics.series import number
from tests.store.measured import Clock, Line, at_noon, cell, count, on_line
from tests.support.results import NOON

HOUR, DAY = 3600, 86400


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return at_noon(monkeypatch)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    return on_line(monkeypatch)


def whole(database: Database, name: str | None, since: float, until: float = NOON + DAY) -> Total:
    return merged(MetricsReader(database).totals(name, since, until).values())


def merge_all(database: Database, now: float) -> None:
    with database.write() as connection:
        assert not merge_closed_hours(connection, now)


def test_readers_add_up_what_four_processes_measured(database: Database, clock: Clock) -> None:
    for worker in range(4):
        values = [0.001 * step for step in range(worker + 1, 4001, 4)]
        StoreSink(database, "shop", f"host:{worker}").take([cell("api.response_time", NOON, *values, rule="/")])
    [(series, total)] = MetricsReader(database).totals("api", NOON - HOUR, NOON + 1).items()
    stats = total.stats()
    assert series == Series("api.response_time", Kind.HISTOGRAM, (("rule", "/"),))
    assert (stats.count, stats.min, stats.max) == (4000, 0.001, 4.0)
    assert [stats.sum, stats.p50, stats.p95, stats.p99] == pytest.approx([8002, 2, 3.8, 3.96], rel=0.02)


def test_a_minute_that_is_flushed_in_pieces_is_one_row(database: Database, clock: Clock) -> None:
    sink = StoreSink(database, "shop", "host:1")
    for second in (10, 20, 30):
        sink.take([cell("x", NOON + second, 1, 2)])
    assert whole(database, "x", NOON).count == 6
    assert (count(database, models.metric_minutes), count(database, models.metric_series)) == (1, 1)


def test_a_lost_answer_doubles_nothing(database: Database, clock: Clock, line: Line) -> None:
    sink = StoreSink(database, "shop", "host:1")
    line.lose_answers = 1
    sink.take([cell("x", NOON, 1, 2)])
    sink.take([cell("x", NOON + 10, 3)])
    assert whole(database, "x", NOON).sum == 6


def test_a_store_that_was_away_gets_what_was_measured_meanwhile(database: Database, clock: Clock, line: Line) -> None:
    sink = StoreSink(database, "shop", "host:1")
    line.away = True
    for minute in range(5):
        sink.take([cell("x", NOON + 60 * minute, 1)])
    line.away = False
    sink.close()
    found = MetricsReader(database).by_minute("x", NOON, NOON + HOUR)
    assert [start - NOON for start in sorted(*found.values())] == [0, 60, 120, 180, 240]
    assert sink.lost == 0


def test_what_waits_for_the_store_is_bounded_and_hours_outlast_minutes(
    database: Database, clock: Clock, line: Line
) -> None:
    sink = StoreSink(database, "shop", "host:1")
    line.away = True
    for minute in range(59):
        clock.at = NOON + 60 * minute
        sink.take([cell("x", clock.at, 1)])
    line.away = False
    sink.close()
    assert 10 <= count(database, models.metric_minutes) <= 12
    assert MetricsReader(database).by_hour("x", NOON, NOON + 1)[Series("x", Kind.HISTOGRAM)][int(NOON)].count == 59
    assert sink.lost == 59 - count(database, models.metric_minutes)


def test_the_last_minute_of_an_hour_is_added_when_the_hour_is_over(database: Database, clock: Clock) -> None:
    sink = StoreSink(database, "shop", "host:1")
    for at, flushed in ((NOON + 60, NOON + 70), (NOON + HOUR - 5, NOON + HOUR + 5)):
        clock.at = flushed
        sink.take([cell("x", at, 1)])
    assert MetricsReader(database).by_hour("x", NOON, NOON + 1)[Series("x", Kind.HISTOGRAM)][int(NOON)].count == 2


def test_only_what_has_changed_is_written(database: Database, clock: Clock) -> None:
    sink = StoreSink(database, "shop", "host:1")
    for clock.at in (NOON, NOON + 60, NOON + 30 * 60):
        sink.take([cell("x", clock.at, 1)])
    columns = models.metric_minutes.c
    with database.read() as connection:
        rows = connection.execute(sa.select(columns.start, columns.written_at)).all()
    assert all(start == written_at for start, written_at in rows)
    assert sink.lost == 0


def test_what_comes_too_late_replaces_nothing(database: Database, clock: Clock) -> None:
    sink = StoreSink(database, "shop", "host:1")
    sink.take([cell("x", NOON, 1, 2)])
    for clock.at, lost in ((NOON + 15 * 60, 0), (NOON + 3 * HOUR, 1)):
        sink.take([])
        sink.take([cell("x", NOON, 4)])
        assert sink.lost == lost
    reader, start = MetricsReader(database), int(NOON)
    plots = [plot for read in (reader.by_minute, reader.by_hour) for plot in read("x", NOON, NOON + 60).values()]
    assert [plot[start].sum for plot in plots] == [3, 7]


def test_a_fork_writes_rows_of_its_own(sqlite: Database, clock: Clock) -> None:
    sink = StoreSink(sqlite, "shop", "host:1")
    sink.take([cell("x", NOON, 1)])
    sqlite.close()
    child = os.fork()
    if child == 0:
        sink.take([cell("x", NOON + 1, 1)])
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    sink.take([cell("x", NOON + 2, 1)])
    assert (whole(sqlite, "x", NOON).count, count(sqlite, models.metric_minutes)) == (3, 2)


def test_what_is_no_number_is_left_out(database: Database, clock: Clock) -> None:
    cells = [cell("x", NOON, float("nan"), 1, float("inf")), cell("y", NOON, float("nan"))]
    StoreSink(database, "shop", "host:1").take(cells)
    assert (whole(database, None, NOON).count, whole(database, "y", NOON).count) == (1, 0)


def test_text_that_a_database_refuses_is_mended(database: Database, clock: Clock) -> None:
    StoreSink(database, "shop", "host:1").take([cell("x" * 300, NOON, 1, path="a\0b\udc80")])
    [series] = MetricsReader(database).totals(None, NOON, NOON + 60)
    assert (len(series.name), series.tags) == (200, (("path", "a\ufffdb?"),))


def test_a_name_matches_whole_or_at_a_dot(database: Database, clock: Clock) -> None:
    names = ("api", "api.requests", "apis", "api_requests", "ap_", "ap_.x", "a.b")
    StoreSink(database, "shop", "host:1").take([cell(each, NOON, 1) for each in names])
    asked = ("api", "api.requests", "ap_", "a%")
    found = [{series.name for series in MetricsReader(database).totals(name, NOON, NOON + 60)} for name in asked]
    assert found == [{"api", "api.requests"}, {"api.requests"}, {"ap_", "ap_.x"}, set()]


def test_a_reader_may_ask_for_one_service(database: Database, clock: Clock) -> None:
    for service in ("shop", "search"):
        StoreSink(database, service, "host:1").take([cell("x", NOON, 1)])
    [total] = MetricsReader(database, "shop").totals("x", NOON, NOON + 60).values()
    assert total.count == 1


def test_a_gauge_keeps_its_newest_value(database: Database, clock: Clock) -> None:
    for at, value in ((NOON + 30, 7.0), (NOON + 90, 5.0), (NOON + 60, 9.0)):
        sink = StoreSink(database, "shop", f"host:{at}")
        sink.take([cell("queue.waiting", at, value, kind=Kind.GAUGE)])
    assert whole(database, "queue", NOON).last == 5.0


def hourly(database: Database, clock: Clock, hours: int, workers: int = 2) -> None:
    """Have workers measure 1 once an hour, up to noon."""
    for worker in range(workers):
        sink = StoreSink(database, "shop", f"host:{worker}")
        for back in range(hours - 1, -1, -1):
            clock.at = NOON - back * HOUR
            sink.take([cell("x", clock.at, 1)])


def test_closed_hours_are_merged_once(database: Database, clock: Clock) -> None:
    hourly(database, clock, 5)
    for _ in range(2):
        merge_all(database, NOON + 60)
        assert whole(database, "x", NOON - DAY).count == 10
    assert count(database, models.metric_hours) == 10 + 4


def test_the_late_row_of_an_instance_is_merged_again(database: Database, clock: Clock, line: Line) -> None:
    hourly(database, clock, 1)
    late = StoreSink(database, "shop", "late:1")
    line.away = True
    late.take([cell("x", NOON, 1, 1, 1)])
    line.away = False
    merge_all(database, NOON + HOUR + 60)
    assert whole(database, "x", NOON - DAY).count == 2
    late.close()
    merge_all(database, NOON + HOUR + 120)
    assert whole(database, "x", NOON - DAY).count == 5


def test_rows_of_instances_are_deleted_after_a_day_and_only_if_they_are_merged(
    database: Database, clock: Clock
) -> None:
    hourly(database, clock, 1)
    for _ in range(2):
        with database.write() as connection:
            retention.prune(connection, NOON + 2 * DAY)
        assert count(database, models.metric_hours) in (2, 1)
        merge_all(database, NOON + DAY)
    clock.at = NOON + 2 * DAY
    assert (whole(database, "x", NOON - DAY, NOON + HOUR).count, count(database, models.metric_hours)) == (2, 1)


def test_much_is_merged_in_pieces(sqlite: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    hourly(sqlite, clock, 8)
    monkeypatch.setattr("monitoring.store.metrics.merging.CHUNK", 3)
    more = [True]
    while more[-1]:
        with sqlite.write() as connection:
            more.append(merge_closed_hours(connection, NOON + 60))
    assert (len(more), whole(sqlite, "x", NOON - DAY).count) == (4, 16)


def test_the_open_hour_counts_in_a_day_as_it_stands(database: Database, clock: Clock) -> None:
    hourly(database, clock, 3)
    merge_all(database, NOON + 60)
    clock.at = NOON + 120
    StoreSink(database, "shop", "new").take([cell("x", clock.at, 1)])
    assert whole(database, "x", clock.at - DAY, clock.at).count == 7


def test_a_window_takes_hours_and_the_minutes_at_its_edges(database: Database, clock: Clock) -> None:
    hourly(database, clock, 7)
    merge_all(database, NOON + 60)
    clock.at = NOON + 600
    found = [whole(database, "x", clock.at - hours * HOUR, clock.at).count for hours in (1, 2, 3, 5)]
    assert found == [2, 4, 6, 10]


def test_the_last_hour_takes_the_open_hour_in_one_piece() -> None:
    found = [(piece.table.name, piece.since - NOON) for piece in pieces(NOON - 1800, NOON + 1801, NOON + 1800)]
    assert found == [("metric_minutes", -1800), ("metric_hours", 0)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 10 * DAY), st.floats(60, 9 * DAY))
def test_the_pieces_of_a_window_join_without_a_gap(back: float, length: float) -> None:
    since = NOON - back
    found = pieces(since, since + length, NOON)
    assert all(first.until == second.since for first, second in pairwise(found))
    if found:
        assert abs(found[0].since - since) <= HOUR / 2
        assert abs(found[-1].until - (since + length)) <= HOUR / 2


entries = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6 * HOUR), st.integers(1, 9)), min_size=1, max_size=12)


@pytest.fixture
def emptied(sqlite: Database) -> Iterator[Database]:
    yield sqlite


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries, st.integers(0, 6))
def test_every_way_of_reading_gives_the_same_sum(
    emptied: Database, monkeypatch: pytest.MonkeyPatch, entries: list[tuple[int, int, int]], merged_hours: int
) -> None:
    with emptied.write() as connection:
        for table in (models.metric_minutes, models.metric_hours):
            connection.execute(sa.delete(table))
    clock = at_noon(monkeypatch)
    sinks = [StoreSink(emptied, "shop", str(worker)) for worker in range(3)]
    for worker, offset, value in sorted(entries, key=lambda entry: entry[1]):
        clock.at = NOON + offset
        sinks[worker].take([cell("x", clock.at, value)])
    merge_all(emptied, NOON + merged_hours * HOUR + 60)
    clock.at, truth = NOON + 6 * HOUR + 60, sum(value for *_, value in entries)
    reader = MetricsReader(emptied)
    plots = (*reader.by_minute("x", NOON, clock.at).values(), *reader.by_hour("x", NOON, clock.at).values())
    assert whole(emptied, "x", NOON, clock.at).sum == truth
    assert [sum(total.sum for total in plot.values()) for plot in plots] == [truth, truth]


def test_the_number_of_a_series_never_changes() -> None:
    assert number(Series("api.requests", Kind.COUNTER, (("rule", "/"),))) == number(
        Series("api.requests", Kind.COUNTER, (("rule", "/"),))
    )
    numbers = {number(Series("x", kind, tags)) for kind in Kind for tags in ((), (("a", "b"),))}
    assert len(numbers) == 8
    assert all(0 <= each < 2**63 for each in numbers)


def test_a_series_is_forgotten_with_its_last_hour(database: Database, clock: Clock) -> None:
    hourly(database, clock, 1, workers=1)
    merge_all(database, NOON + HOUR + 60)
    found = []
    for clock.at in (NOON + 2 * DAY, NOON + 91 * DAY):
        with database.write() as connection:
            retention.prune(connection, clock.at)
        found.append(count(database, models.metric_series))
    StoreSink(database, "shop", "new").take([cell("x", clock.at, 1)])
    assert (found, whole(database, "x", clock.at - HOUR, clock.at + DAY).count) == ([1, 0], 1)


def test_rows_that_never_got_there_are_told_as_a_metric(
    database: Database, clock: Clock, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[tuple[str, int]]()
    monkeypatch.setattr(metrics, "lost", lambda sink, rows: told.append((sink, rows)))
    sink = StoreSink(database, "shop", "host:1")
    line.away = True
    sink.take([cell("x", NOON, 1), cell("y", NOON, 1)])
    clock.at = NOON + 12 * 60
    sink.take([])
    line.away = False
    monkeypatch.setattr(Database, "write", _refusing)
    sink.take([])
    assert (told, sink.lost) == ([("store", 2), ("store", 2)], 4)


def _refusing(*_: object) -> NoReturn:
    raise sa.exc.IntegrityError("INSERT", {}, Exception("refused"))

import math
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring.application import ApplicationMetrics
from monitoring.metrics import Recorder
from tests.logs.captured import Lines, captured
from tests.metrics.sinks import Kept

USER = "user-4711"


class Recorded:
    """An application's metrics, and what has come of them."""

    def __init__(self) -> None:
        self.recorder, self.kept = Recorder(flush_seconds=3600), Kept()
        self.recorder.use(self.kept)
        self.metrics = ApplicationMetrics(self.recorder)

    def series(self) -> dict[str, tuple[dict[str, str], list[float]]]:
        """Tags and values by name."""
        self.recorder.flush()
        return {cell.series.name: (dict(cell.series.tags), cell.values) for cell in self.kept.cells}


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    recorded = Recorded()
    yield recorded
    recorded.recorder.stop()


@pytest.fixture
def lines(capsys: Any) -> Iterator[Lines]:
    with captured(capsys, level="debug") as lines:
        yield lines


def test_a_users_id_goes_to_the_log_and_into_no_label(recorded: Recorded, lines: Lines) -> None:
    recorded.metrics.record_user_action("login", USER, {"plan": "free"})
    recorded.metrics.record_search("shoes", 12, 80.5, USER)
    assert recorded.series()["user.action"] == ({"action": "login", "plan": "free"}, [1.0])
    assert USER not in str(recorded.series())
    assert [line["user_id"] for line in lines.all()] == [USER, USER]


def test_a_search_has_its_time_and_its_results(recorded: Recorded) -> None:
    recorded.metrics.record_search("shoes", 12, 80.5)
    series = recorded.series()
    assert series["search.response_time"] == ({}, [80.5])
    assert series["search.result_count"] == ({}, [12.0]) and series["search.queries"] == ({}, [1.0])


def test_an_api_call_is_counted_and_timed(recorded: Recorded) -> None:
    recorded.metrics.record_api_call("/orders/<id>", "GET", 12.5, 200)
    tags = {"method": "GET", "rule": "/orders/<id>", "status": "200"}
    assert recorded.series() == {"api.requests": (tags, [1.0]), "api.response_time": (tags, [12.5])}


@pytest.mark.parametrize(("success", "outcome"), [(True, "success"), (False, "failure")])
def test_a_file_is_processed_or_not(recorded: Recorded, success: bool, outcome: str) -> None:
    recorded.metrics.record_file_processing("pdf", 1500, success)
    assert recorded.series() == {
        "file.processing_time": ({"file_type": "pdf", "status": outcome}, [1500.0]),
        f"file.processed.{outcome}": ({"file_type": "pdf"}, [1.0]),
    }


def test_a_cost_is_counted_and_booked(recorded: Recorded) -> None:
    booked: list[tuple[str, str, float]] = []
    recorded.metrics.book_costs_with(lambda *cost: booked.append(cost))
    recorded.metrics.record_service_cost("openai", 0.02, "embedding")
    tags = {"service": "openai", "operation": "embedding"}
    assert recorded.series() == {"cost.total": (tags, [0.02]), "cost.current": (tags, [0.02])}
    assert booked == [("openai", "embedding", 0.02)]


def test_a_ledger_that_fails_breaks_nothing_and_is_told_of(recorded: Recorded, lines: Lines) -> None:
    def fail(*cost: Any) -> None:
        raise OSError("no ledger")

    recorded.metrics.book_costs_with(fail)
    recorded.metrics.record_service_cost("openai", 0.02, "embedding")
    assert recorded.series()["cost.total"][1] == [0.02]
    line = lines.one()
    assert (line["message"], line["cost"], line["provider"]) == ("Cost was not booked", 0.02, "openai")


def test_a_queue_has_four_gauges(recorded: Recorded) -> None:
    recorded.metrics.record_queue_metrics("mail", 1, 2, 3, 4)
    values = {name: values for name, (tags, values) in recorded.series().items() if tags == {"queue": "mail"}}
    assert values == {"queue.waiting": [1], "queue.active": [2], "queue.completed": [3], "queue.failed": [4]}


def test_a_database_query_is_counted_and_timed(recorded: Recorded) -> None:
    recorded.metrics.record_database_query("select", "orders", 3.5, success=False)
    tags = {"operation": "select", "table": "orders", "status": "failure"}
    assert recorded.series() == {"db.query_time": (tags, [3.5]), "db.queries": (tags, [1.0])}


def test_the_system_says_what_it_uses_and_may_use(recorded: Recorded) -> None:
    recorded.metrics.record_system_metrics()
    recorded.metrics.record_system_metrics()
    series = recorded.series()
    names = "memory.rss memory.heap_total memory.heap_used memory.external memory.limit cpu.user cpu.system cpu.usage"
    names += " cpu.limit open_files threads"
    assert {f"system.{name}" for name in names.split()} <= series.keys()
    assert all(value >= 0 and math.isfinite(value) for _, values in series.values() for value in values)
    assert series["system.memory.rss"][1][0] < series["system.memory.limit"][1][0]


def test_times_are_judged_where_somebody_judges(recorded: Recorded) -> None:
    judged: list[tuple[str, float]] = []
    recorded.metrics.judge_times_with(lambda name, duration_ms, known: judged.append((name, duration_ms)))
    recorded.metrics.record_api_call("/orders/<id>", "GET", 1, 200)
    recorded.metrics.record_file_processing("pdf", 2, True)
    recorded.metrics.record_search("lamp", 3, 3)
    recorded.metrics.record_database_query("select", "orders", 4, True)
    assert judged == [("api.request", 1), ("file.processing", 2), ("search.query", 3), ("db.query", 4)]


def test_a_call_to_another_service_is_timed_by_host_and_status(recorded: Recorded) -> None:
    recorded.metrics.record_outgoing_call("pay.example.org", 12.5, "502")
    tags = {"host": "pay.example.org", "status": "502"}
    assert recorded.series() == {"outgoing.response_time": (tags, [12.5]), "outgoing.requests": (tags, [1.0])}

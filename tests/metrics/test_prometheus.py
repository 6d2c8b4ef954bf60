from collections import Counter

import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as ClientCounter

from monitoring.metrics.cell import OTHER, Cell, Kind, Series
from monitoring.metrics.exposition import label_name
from monitoring.metrics.sinks.prometheus import PrometheusSink
from tests.metrics.sinks import cell

COUNTER, GAUGE, HISTOGRAM, SUMMARY = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM, Kind.SUMMARY


class Shown:
    """A sink with a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.dropped: Counter[str] = Counter()
        self.sink = PrometheusSink(lambda reason, count: self.dropped.update({reason: count}), self.registry)

    def take(self, *cells: Cell) -> None:
        self.sink.take(cells)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_a_counter_grows_over_batches(shown: Shown) -> None:
    asked = {"method": "GET", "rule": "/", "status": "200"}
    shown.take(cell("api.requests", COUNTER, 1, 1, **asked))
    shown.take(cell("api.requests", COUNTER, 1, **asked))
    assert shown.value("api_requests_total", **asked) == 3


def test_durations_are_shown_in_seconds(shown: Shown) -> None:
    shown.take(cell("search.response_time", HISTOGRAM, 20, 300))
    assert shown.value("search_response_time_seconds_sum") == pytest.approx(0.32)
    assert shown.value("search_response_time_seconds_bucket", le="0.025") == 1
    assert shown.value("search_response_time_seconds_count") == 2


def test_a_summary_is_count_and_sum(shown: Shown) -> None:
    shown.take(cell("size", SUMMARY, 20, 300))
    assert (shown.value("size_count"), shown.value("size_sum")) == (2, 320)


def test_bytes_and_dollars_end_their_names(shown: Shown) -> None:
    shown.take(cell("system.memory.rss", GAUGE, 5, 7), cell("cost.total", COUNTER, 1.5, service="a", operation="b"))
    assert shown.value("system_memory_rss_bytes") == 7
    assert shown.value("cost_dollars_total", service="a", operation="b") == 1.5


def test_what_follows_the_name_of_a_family_is_a_label(shown: Shown) -> None:
    shown.take(cell("performance.db.query", HISTOGRAM, 50), cell("health.service.redis", GAUGE, 1))
    assert shown.value("performance_seconds_count", operation="db.query") == 1
    assert shown.value("health_service", check="redis") == 1


def test_a_member_of_the_catalogue_is_not_taken_for_a_family(shown: Shown) -> None:
    shown.take(cell("performance.threshold_exceeded", COUNTER, 1, operation="x"))
    assert shown.value("performance_threshold_exceeded_total", operation="x") == 1


def test_the_first_use_decides_the_labels_of_what_the_catalogue_does_not_know(shown: Shown) -> None:
    shown.take(cell("jobs", COUNTER, 1, queue="mail"))
    shown.take(cell("jobs", COUNTER, 1, 1, queue="mail", host="a"), cell("jobs", COUNTER, 1))
    assert shown.value("jobs_total", queue="mail") == 3
    assert shown.value("jobs_total", queue="") == 1
    assert shown.dropped == {"label": 2}


def test_the_catalogue_decides_the_labels_of_its_own(shown: Shown) -> None:
    shown.take(cell("user.action", COUNTER, 1, action="login", plan="free"))
    assert shown.value("user_action_total", action="login") == 1
    assert shown.dropped == {"label": 1}


def test_the_rest_is_shown_as_other(shown: Shown) -> None:
    shown.take(Cell(Series("user.action", COUNTER, OTHER), 0, [1.0, 1.0], 1.0))
    assert shown.value("user_action_total", action="other") == 2
    assert not shown.dropped


def test_two_metrics_of_one_name_clash_and_the_first_goes_on(shown: Shown) -> None:
    shown.take(cell("a.b", COUNTER, 1), cell("a_b", GAUGE, 9), cell("a.b", COUNTER, 1))
    shown.take(cell("a_b", GAUGE, 9, 9))
    assert shown.value("a_b_total") == 2
    assert shown.dropped == {"clash": 3}


def test_a_name_that_another_library_has_clashes(shown: Shown) -> None:
    Gauge("taken", "Another's.", registry=shown.registry).set(5)
    shown.take(cell("taken", GAUGE, 1))
    assert shown.value("taken") == 5 and shown.dropped == {"clash": 1}


@pytest.mark.parametrize("name", ["7days", "größe", "a b", "fileType", "a-b.c", "_", "__init"])
def test_any_name_finds_a_form_that_prometheus_takes(shown: Shown, name: str) -> None:
    shown.take(cell(name, GAUGE, 1, **{name: "x"}))
    assert not shown.dropped


@pytest.mark.parametrize(
    ("key", "name"),
    [("fileType", "file_type"), ("le", "exported_le"), ("pid", "exported_pid"), ("__x", "x"), ("é", "label")],
)
def test_labels_are_in_snake_case_and_never_prometheus_own(key: str, name: str) -> None:
    assert label_name(key) == name


def test_a_closed_sink_leaves_its_names_to_the_next(shown: Shown) -> None:
    shown.take(cell("a", COUNTER, 1))
    shown.sink.close()
    ClientCounter("a", "The next one's.", registry=shown.registry)

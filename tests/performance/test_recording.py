import pytest

from monitoring import correlation
from monitoring.metrics import metrics
from monitoring.performance import SlowOperation
from tests.performance.conftest import exceeded, stats


def test_it_says_nothing_of_what_is_fast(timed, name, lines):
    timed.set_threshold(name, 100)
    timed.record(name, 100)
    assert lines.text() == ""
    assert exceeded(name) == 0


def test_it_warns_over_the_threshold(timed, name, lines):
    timed.set_threshold(name, 100)
    timed.record(name, 100.5, {"table": "orders"})
    line = lines.one()
    assert (line["level"], line["message"]) == ("warn", "Performance threshold exceeded")
    assert (line["operation"], line["duration_ms"], line["threshold_ms"]) == (name, 100.5, 100)
    assert line["metadata"] == {"table": "orders"}
    assert exceeded(name) == 1


def test_it_says_that_an_operation_was_slow_over_a_second(timed, name, lines):
    timed.record(name, 1000.0)
    timed.record(name, 1001.0)
    line = lines.one()
    assert (line["level"], line["message"], line["duration_ms"]) == ("info", "Slow operation completed", 1001)


def test_it_says_both_where_both_are_true(timed, lines):
    timed.record("api.request.checkout", 1500.0)
    assert [line["message"] for line in lines.all()] == ["Performance threshold exceeded", "Slow operation completed"]


def test_it_delivers_what_was_over_its_threshold(timed, name):
    delivered: list[SlowOperation] = []
    timed.deliver = delivered.append
    timed.set_threshold(name, 100)
    with correlation.bind("request-7"):
        timed.record(name, 50)
        timed.record(name, 250, {"table": "orders"})
    [slow] = delivered
    assert (slow.name, slow.seconds, slow.threshold_seconds) == (name, 0.25, 0.1)
    assert (slow.correlation_id, slow.details) == ("request-7", {"table": "orders"})


def test_it_keeps_secrets_out_of_what_it_delivers(timed, name):
    delivered: list[SlowOperation] = []
    timed.deliver = delivered.append
    timed.set_threshold(name, 1)
    timed.record(name, 2, {"password": "hunter22", "url": "postgres://shop:hunter22@db/shop"})
    assert "hunter22" not in repr(delivered)


def test_metadata_never_becomes_a_label(timed, name):
    timed.record(name, 1, {"user_id": 7})
    [series] = metrics.get_metrics(f"performance.{name}")
    assert series.tags == ()


@pytest.mark.parametrize("odd", [7, ["a"], object()])
def test_its_own_failures_never_reach_the_caller(timed, name, odd):
    with timed.measure(name, odd):
        pass
    timed.record(name, 5000, odd)
    assert timed.failures == 1


def test_a_failing_delivery_never_reaches_the_caller(timed, name, lines):
    def deliver(_slow):
        raise ConnectionError("the store is away")

    timed.deliver = deliver
    timed.set_threshold(name, 1)
    timed.record(name, 2)
    assert timed.failures == 1
    assert lines.all()[-1]["message"] == "Performance measurement failed"


def test_it_answers_with_the_figures_of_all_operations(timed, name):
    timed.record(name, 10)
    timed.record(name, 30)
    found = timed.get_stats()[f"performance.{name}"]
    assert (found.count, found.avg, found.min, found.max) == (2, 20, 10, 30)
    assert stats(name).count == 2


def test_a_time_with_a_metric_of_its_own_is_told_of_only_over_the_threshold(timed, name, lines):
    delivered: list[SlowOperation] = []
    timed.deliver = delivered.append
    timed.set_threshold(name, 100)
    timed.exceeded(name, 100, {"rule": "/orders"})
    assert lines.text() == ""
    timed.exceeded(name, 2000, {"rule": "/orders"})
    line = lines.one()
    assert (line["message"], line["metadata"]) == ("Performance threshold exceeded", {"rule": "/orders"})
    assert ([slow.name for slow in delivered], exceeded(name), stats(name).count) == ([name], 1, 0)


@pytest.mark.parametrize("odd", ["a while", None])
def test_a_time_that_is_none_never_reaches_the_caller(timed, odd):
    timed.exceeded("api.request", odd)
    assert timed.failures == 1

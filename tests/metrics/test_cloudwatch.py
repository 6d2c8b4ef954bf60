from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from monitoring.metrics.cell import Kind
from monitoring.metrics.sinks.cloudwatch import MOST_DATA, CloudwatchSink, batched, data
from tests.metrics.sinks import cell
from tests.support.s3 import S3

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def aws(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server of AWS' kind, and keys for it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return s3_server.url


def statistics(url: str, namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    client: Any = boto3.client("cloudwatch", endpoint_url=url, **KEYS)
    answer = client.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=datetime(2023, 11, 14, tzinfo=UTC),
        EndTime=datetime(2023, 11, 15, tzinfo=UTC),
        Period=86400,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )
    client.close()
    (point,) = answer["Datapoints"]
    return dict(point)


def test_a_real_server_adds_up_what_was_put(aws: str) -> None:
    sink = CloudwatchSink("Shop", endpoint_url=aws)
    sink.take([cell("jobs", Kind.COUNTER, 1, 2, queue="mail"), cell("depth", Kind.GAUGE, 9, 4)])
    sink.take([cell("jobs", Kind.COUNTER, 4, queue="mail")])
    sink.close()
    assert statistics(aws, "Shop", "jobs", queue="mail")["Sum"] == 7
    assert statistics(aws, "Shop", "depth")["Maximum"] == 4


def test_a_real_server_gets_every_value_of_a_distribution(aws: str) -> None:
    sink = CloudwatchSink("Shop", endpoint_url=aws)
    sink.take([cell("search.response_time", Kind.HISTOGRAM, *range(400), 7, 7)])
    sink.close()
    found = statistics(aws, "Shop", "search.response_time")
    assert (found["SampleCount"], found["Sum"], found["Unit"]) == (402, sum(range(400)) + 14, "Milliseconds")


def test_a_distribution_goes_with_its_values_and_how_often_each_came() -> None:
    (datum,) = data(cell("api.response_time", Kind.HISTOGRAM, 5, 7, 5, status="200", empty=" "))
    assert (datum["Values"], datum["Counts"], datum["Unit"]) == ([5, 7], [2.0, 1.0], "Milliseconds")
    assert datum["Dimensions"] == [{"Name": "status", "Value": "200"}]
    assert datum["Timestamp"] == datetime(2023, 11, 14, 22, 14, tzinfo=UTC)


def test_no_datum_has_more_than_150_values() -> None:
    parts = list(data(cell("a", Kind.SUMMARY, *range(301))))
    assert [len(part["Values"]) for part in parts] == [150, 150, 1]


def test_no_call_carries_more_than_it_may() -> None:
    many = (datum for n in range(2_500) for datum in data(cell("a", Kind.COUNTER, 1)))
    assert [len(batch) for batch in batched(many)] == [MOST_DATA, MOST_DATA, 500]
    big = (datum for n in range(100) for datum in data(cell("a", Kind.HISTOGRAM, *range(150))))
    assert all(len(batch) < 50 for batch in batched(big))


def test_a_child_process_makes_a_client_of_its_own(aws: str) -> None:
    sink = CloudwatchSink("Shop", endpoint_url=aws)
    sink.take([cell("forked", Kind.COUNTER, 1)])
    before = sink._kept
    sink.forked()
    sink.take([cell("forked", Kind.COUNTER, 1)])
    assert sink._kept is not before
    before.close()
    sink.close()

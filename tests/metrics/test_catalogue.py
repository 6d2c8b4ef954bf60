from collections import Counter
from pathlib import Path

import pytest

from monitoring.metrics.catalogue import METRICS, find

DOCS = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()


def test_every_metric_is_there_once() -> None:
    assert not [name for name, times in Counter(metric.name for metric in METRICS).items() if times > 1]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_documentation_names_every_metric_with_its_kind(metric) -> None:
    name = f"{metric.name}.<{metric.family}>" if metric.family else metric.name
    (row,) = [line for line in DOCS.splitlines() if line.startswith(f"| `{name}` ")]
    assert f"| {metric.kind.value} |" in row
    assert all(f"`{label}`" in row for label in metric.labels)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("api.requests", ("api.requests", "")),
        ("performance.db.query", ("performance", "db.query")),
        ("performance.threshold_exceeded", ("performance.threshold_exceeded", "")),
        ("health.response_time.a.b", ("health.response_time", "a.b")),
        ("performance", None),
        ("api.requests.more", None),
        ("nothing", None),
    ],
)
def test_a_name_is_found_whole_or_under_its_family(name: str, found: tuple[str, str] | None) -> None:
    metric = find(name)
    assert (metric and (metric[0].name, metric[1])) == found

"""What is measured is in the documents: metrics, limits of operations, settings of the extension, tables, pages."""

import re

import pytest

from monitoring.extension.options import FLAGS, TEXTS
from monitoring.metrics.catalogue import METRICS, Metric
from monitoring.performance.thresholds import DEFAULTS
from monitoring.store.models import metadata
from monitoring.web.admin_pages import DRAWN
from tests.docs.documents import HOUSE, rows, section, spans, text


def by_name(document: str, heading: str) -> dict[str, list[str]]:
    """The rows of a section's tables by the names in their first cells."""
    return {name: row for row in rows(section(document, heading)) for name in spans(row[0])}


def called(metric: Metric) -> str:
    """A metric's name as it is written: a family's members differ in what stands between the brackets."""
    return f"{metric.name}.<{metric.family}>" if metric.family else metric.name


RECORDED = by_name("docs/metrics.md", "What is recorded")
SCRAPED = {name for name in RECORDED if name.startswith("daymark_")}
SETTINGS = by_name("docs/instrumenting.md", "Settings")


def test_each_metric_is_documented_and_no_other():
    assert RECORDED.keys() - SCRAPED == {called(metric) for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=called)
def test_a_metric_is_documented_as_it_is(metric):
    _, kind, unit, labels, words = RECORDED[called(metric)]
    assert (kind, unit, words) == (metric.kind.value, metric.unit.value, metric.help)
    assert tuple(spans(labels)) == metric.labels


def test_each_family_that_a_scrape_reads_is_documented_and_no_other():
    code = (HOUSE / "monitoring" / "web" / "metrics.py").read_text()
    assert set(re.findall(r'"(daymark_[a-z_]+)"', code)) == SCRAPED


def test_each_setting_of_the_extension_is_documented_and_no_other():
    assert SETTINGS.keys() == TEXTS.keys() | FLAGS.keys()


@pytest.mark.parametrize("name", TEXTS)
def test_a_setting_is_documented_with_its_variable(name):
    usual = TEXTS[name]
    assert SETTINGS[name][-1].startswith(f"`{usual}`" if usual else "none")


@pytest.mark.parametrize("name", FLAGS)
def test_a_switch_is_documented_with_its_default(name):
    assert SETTINGS[name][1] == str(FLAGS[name]).lower()


def test_each_threshold_is_documented_with_its_time_and_no_other():
    table = by_name("docs/instrumenting.md", "Timers")
    assert {name: float(row[1].removesuffix(" ms").replace(",", "")) for name, row in table.items()} == DEFAULTS
    in_settings = section("docs/configuration.md", "`[thresholds]`")
    assert [name for name in DEFAULTS if f"`{name}`" not in in_settings] == []


def test_each_table_of_the_store_is_documented_and_no_other():
    described = section("docs/architecture.md", "The store").split("### ")[0]
    assert {name for row in rows(described) for name in spans(row[0])} == metadata.tables.keys()


@pytest.mark.parametrize("name", DRAWN)
def test_each_page_of_the_admins_is_documented(name):
    path = "/monitoring/" if name == "overview" else f"/monitoring/{name}"
    assert path in by_name("docs/admin.md", "The pages")


def test_what_the_benchmark_compares_with_is_in_the_decisions():
    wanted = re.findall(r"^([a-z-]+)[\[=]", text("benchmarks/requirements.txt"), re.MULTILINE)
    named = section("docs/decisions.md", "Dependencies").lower()
    assert [each for each in wanted if each.split("-")[0] not in named] == []


def test_the_two_lines_are_the_same_wherever_they_stand():
    lines = "from monitoring import Monitoring\n\nMonitoring(app)"
    shop = (HOUSE / "examples" / "shop" / "README.md").read_text()
    assert all(lines in words for words in (text("README.md"), text("docs/instrumenting.md"), shop))

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitoring import clock
from monitoring.metrics import metrics
from monitoring.metrics.catalogue import METRICS
from monitoring.metrics.sinks.prometheus import PrometheusSink
from monitoring.overview.views import CheckView, Overview
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status
from monitoring.web import errors, hooks
from monitoring.web import metrics as web_metrics
from monitoring.web.access import Access
from tests.metrics.counting import Counting
from tests.metrics.prometheus import Prometheus, complaints
from tests.metrics.sinks import Kept
from tests.support.waiting import until

TOKEN = {"Authorization": "Bearer right"}


def view(name: str, status: Status, seconds: float | None, **details: Any) -> CheckView:
    settings = CheckSettings(name=name, type="http", title=name)
    return CheckView(settings, status, response_seconds=seconds, details=details)


class Page:
    """An instrumented application with `/metrics`."""

    def __init__(self) -> None:
        self.overview = Overview(1, Status.HEALTHY, (), None, clock.now())
        self.leads: bool | None = None
        self.app = Flask("scraped")
        hooks.init_app(self.app)
        errors.init_app(self.app)
        checks = web_metrics.Checks(lambda: self.overview, lambda: self.leads)
        access = Access([hashlib.sha256(b"right").hexdigest()])
        self.app.register_blueprint(access.protect(web_metrics.blueprint(metrics.flush, checks)))
        self.app.add_url_rule("/orders/<number>", view_func=lambda number: number, endpoint="order")
        self.app.add_url_rule("/health", view_func=lambda: "ok", endpoint="health")
        self.app.add_url_rule("/boom", view_func=lambda: 1 / 0, endpoint="boom")
        self.client: FlaskClient = self.app.test_client()

    def scrape(self) -> str:
        return self.client.get("/metrics", headers=TOKEN).text

    def show(self, *views: CheckView, data_at: float | None = None) -> list[str]:
        """Return the lines of a scrape while the overview has these checks."""
        self.overview = Overview(1, Status.HEALTHY, views, data_at, clock.now())
        return self.scrape().splitlines()


@pytest.fixture
def page() -> Iterator[Page]:
    metrics.flush()
    metrics.use(PrometheusSink(metrics.dropped))
    yield Page()
    metrics.use()


@pytest.fixture
def kept(page: Page) -> Kept:
    kept = Kept()
    metrics.use(kept)
    return kept


def recorded(kept: Kept, **tags: str) -> tuple[int, int]:
    """How many requests were counted, and timed, with these labels."""
    metrics.flush()
    return len(kept.values("api.requests", **tags)), len(kept.values("api.response_time", **tags))


def test_a_stranger_gets_a_problem_and_a_challenge(page: Page) -> None:
    answer = page.client.get("/metrics")
    assert answer.status_code == 401 and answer.content_type == "application/problem+json"
    assert "Bearer" in answer.headers.getlist("WWW-Authenticate")
    assert json.loads(answer.data)["status"] == 401


def test_an_admin_gets_text_that_is_never_cached(page: Page) -> None:
    answer = page.client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=0.0.4")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_scrape_sees_what_was_recorded_just_before(page: Page) -> None:
    metrics.increment("user.action", 3, {"action": "scraped"})
    assert 'user_action_total{action="scraped"} 3.0' in page.scrape().splitlines()


def test_a_check_is_in_one_state(page: Page) -> None:
    lines = page.show(view("shop", Status.DEGRADED, 0.25))
    states = {status: f'daymark_check_state{{check="shop",status="{status}"}}' for status in Status}
    assert f"{states[Status.DEGRADED]} 1.0" in lines
    assert all(f"{states[status]} 0.0" in lines for status in Status if status is not Status.DEGRADED)


def test_a_check_has_its_time_and_its_certificate_where_they_are_known(page: Page) -> None:
    shop = view("shop", Status.HEALTHY, 0.25, certificate_days_left=30)
    lines = page.show(shop, view("mail", Status.UNHEALTHY, None))
    assert 'daymark_check_response_seconds{check="shop"} 0.25' in lines
    assert 'daymark_certificate_remaining_seconds{check="shop"} 2.592e+06' in lines
    assert [line for line in lines if 'check="mail"' in line and "state" not in line] == []


@pytest.mark.parametrize(("leads", "shown"), [(True, ["daymark_leader 1.0"]), (False, ["daymark_leader 0.0"])])
def test_it_says_whether_this_host_leads(page: Page, leads: bool, shown: list[str]) -> None:
    page.leads = leads
    assert [line for line in page.show() if line.startswith("daymark_leader")] == shown


def test_what_is_not_known_is_left_out(page: Page) -> None:
    lines = page.show()
    assert not [line for line in lines if line.startswith(("daymark_leader", "daymark_overview_age"))]


def test_it_says_how_old_the_overview_is(page: Page) -> None:
    (line,) = [line for line in page.show(data_at=clock.now() - 90) if line.startswith("daymark_overview_age")]
    assert 90 <= float(line.split()[1]) < 95


@pytest.mark.parametrize(
    ("method", "path", "rule", "status"),
    [
        ("GET", "/orders/7", "/orders/<number>", "200"),
        ("GET", "/wp-admin/4711", "unmatched", "404"),
        ("POST", "/orders/7", "unmatched", "405"),
        ("GET", "/boom", "/boom", "500"),
        ("GET", "/health", "/health", "200"),
        ("GET", "/metrics", "/metrics", "401"),
    ],
)
def test_a_request_is_counted_and_timed_by_its_rule(
    page: Page, kept: Kept, method: str, path: str, rule: str, status: str
) -> None:
    page.client.open(path, method=method)
    assert recorded(kept, method=method, rule=rule, status=status) == (1, 1)


def test_a_method_that_is_none_is_no_label(page: Page, kept: Kept) -> None:
    page.client.open("/orders/7", method="BREW4711")
    assert recorded(kept, method="other", rule="unmatched", status="405") == (1, 1)


def test_a_request_is_timed_in_milliseconds(page: Page, kept: Kept) -> None:
    page.client.get("/orders/7")
    metrics.flush()
    (time,) = kept.values("api.response_time", method="GET", rule="/orders/<number>", status="200")
    assert 0 < time < 5_000


def test_a_file_that_a_worker_is_just_making_is_waited_for(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_7.db").touch()
    threading.Timer(0.1, os.truncate, (tmp_path / "counter_7.db", 1 << 16)).start()
    assert page.client.get("/metrics", headers=TOKEN).status_code == 200
    assert (tmp_path / "counter_7.db").stat().st_size == 1 << 16


def test_a_file_that_a_killed_worker_left_empty_hides_nothing(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    (tmp_path / "counter_7.db").touch()
    assert page.client.get("/metrics", headers=TOKEN).status_code == 200
    assert list(tmp_path.iterdir()) == []


def record_all() -> None:
    """Record every metric of the catalogue, with all its labels, and some of an application's own."""
    for metric in METRICS:
        name = f"{metric.name}.some" if metric.family else metric.name
        record = {"counter": metrics.increment, "gauge": metrics.gauge}.get(metric.kind, metrics.histogram)
        record(name, 1, dict.fromkeys(metric.labels, 'a "quoted" \\ value\n'))
    metrics.summary("basket.size", 3)
    metrics.increment("orderPlaced", 1, {"paymentMethod": "card"})


def test_promtool_has_no_complaint_in_one_process(page: Page) -> None:
    record_all()
    page.leads = True
    exposition = "\n".join(page.show(view("shop", Status.HEALTHY, 0.2, certificate_days_left=3), data_at=clock.now()))
    assert all(name in exposition for name in ("db_query_time_seconds_bucket", "cost_dollars_total", "daymark_leader"))
    assert complaints(exposition + "\n") == ""


def test_promtool_complains_where_there_is_reason(page: Page) -> None:
    assert "no help text" in complaints("# TYPE requests counter\nrequests 1\n")


@pytest.fixture
def counting() -> Iterator[Counting]:
    counting = Counting()
    yield counting
    counting.close()


def test_promtool_has_no_complaint_over_several_workers(counting: Counting) -> None:
    for _ in range(20):
        counting.get("/work/pdf")
    until(lambda: counting.count("file_processed_success_total", file_type="pdf") == 20)
    assert complaints(counting.get("/metrics", **TOKEN)[1]) == ""


def test_a_real_prometheus_scrapes_all_workers_at_once(counting: Counting) -> None:
    for _ in range(50):
        counting.get("/work/pdf")
    until(lambda: counting.count("file_processed_success_total", file_type="pdf") == 50)
    prometheus = Prometheus(counting.port, "right")
    (found,) = until(lambda: prometheus.query("file_processed_success_total"), 30)
    (target,) = prometheus.targets()
    prometheus.close()
    assert found["value"][1] == "50" and found["metric"]["file_type"] == "pdf"
    assert (target["health"], target["lastError"]) == ("up", "")

"""The admin's view over HTTP: who may see it, what it answers, and that nothing of it is kept or leaks."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from monitoring import clock
from monitoring.store.database import Database
from monitoring.web import admin, errors, headers
from monitoring.web.access import Access
from monitoring.web.admin_data import Sources
from monitoring.web.admin_pages import DRAWN
from monitoring.web.admin_sources import over_store
from tests.web import admin_samples as samples
from tests.web.samples import NOW, Page, overview

TOKEN = "a-token-of-the-tests"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
PATHS = ["/monitoring/", *(f"/monitoring/{name}" for name in DRAWN if name != "overview")]
EVERYTHING = [*PATHS, f"/monitoring/requests/{samples.ID}", "/monitoring/metrics"]
METRICS = "/monitoring/metrics"


def client_of(sources: Sources) -> FlaskClient:
    app = Flask("admins", static_folder=None)
    errors.init_app(app)
    headers.init_app(app)
    access = Access([hashlib.sha256(TOKEN.encode()).hexdigest()])
    app.register_blueprint(admin.blueprint(admin.Admin(sources, Page()), access))
    return app.test_client()


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(scope="module")
def full() -> Sources:
    return samples.full()


@pytest.fixture
def get(full: Sources) -> Callable[..., Any]:
    client = client_of(full)
    return lambda path: client.get(path, headers=HEADERS)


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of a service whose log files have a line of the sample's request."""
    line = {"timestamp": "2026-11-23T12:00:00Z", "level": "error", "message": "pay.internal is away"}
    line |= {"correlation_id": samples.ID, "url": f"redis://:{samples.CANARY}@host/0", "stack": "Traceback of it"}
    (tmp_path / "application-2026-11-23.log").write_text(json.dumps(line) + "\n")
    yield client_of(samples.full(log_dir=tmp_path))


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_stranger_is_challenged_everywhere(full: Sources, path: str) -> None:
    answer = client_of(full).get(path)
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="Daymark"', "Bearer"]


@pytest.mark.parametrize("path", ["/monitoring/nothing", "/monitoring/style.x.css"])
def test_a_stranger_learns_nothing_of_what_there_is(full: Sources, path: str) -> None:
    assert client_of(full).get(path).status_code == 401


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("sources", ["full", "empty"])
def test_an_admin_sees_it_and_nobody_keeps_it(full: Sources, path: str, sources: str) -> None:
    answer = client_of(full if sources == "full" else samples.empty()).get(path, headers=HEADERS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", EVERYTHING[:-1])
def test_a_page_has_no_script_and_may_have_none(get: Any, path: str) -> None:
    answer = get(path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style| style=| on\w+=|javascript:", answer.text)


@pytest.mark.parametrize("path", EVERYTHING)
def test_no_secret_comes_out(logged: FlaskClient, path: str) -> None:
    assert samples.CANARY not in logged.get(path, headers=HEADERS).text


def test_what_a_page_asks_for_is_there_and_kept_for_good(get: Any) -> None:
    [style] = re.findall(r'rel="stylesheet" href="(.*?)"', get("/monitoring/").text)
    answer = get(style)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--paper" in answer.text
    assert ".tiles" in answer.text


@pytest.mark.parametrize(
    "path", ["/monitoring/?window=2h", "/monitoring/metrics?window=", f"{METRICS}?service={'x' * 65}"]
)
def test_what_cannot_be_asked_for_is_a_bad_request(get: Any, path: str) -> None:
    assert get(path).status_code == 400


@pytest.mark.parametrize(
    "path", ["/monitoring/nothing", "/monitoring/requests/a%20b", f"/monitoring/requests/{'x' * 129}"]
)
def test_what_is_not_there_is_not_found(get: Any, path: str) -> None:
    assert get(path).status_code == 404


@pytest.mark.parametrize("path", EVERYTHING)
def test_a_store_that_is_away_is_said_without_its_address(path: str, caplog: pytest.LogCaptureFixture) -> None:
    def away(*_: object) -> Any:
        raise OperationalError("select", {}, Exception("connection to db1.internal refused"))

    client = client_of(samples.full(metrics=None, overview=away, trace=away, services=away, costs=away))
    answer = client.get(path, headers=HEADERS)
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert "db1.internal" not in answer.text
    assert "Failed to retrieve monitoring metrics" in caplog.text


def test_a_fault_of_ours_is_a_problem_document_too() -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("secret words")

    client = client_of(samples.full(error_stats=broken))
    answer = client.get(METRICS, headers=HEADERS)
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "secret words" not in answer.text


def test_the_json_is_the_specifications(get: Any) -> None:
    body = get(METRICS).json
    assert body["success"] is True
    data = body["data"]
    assert set(data) == {"timestamp", "window", "service", "metrics", "performance", "errors", "system", "costs"}
    assert list(data["metrics"]) == ["requests", "response_time", "errors", "searches", "uploads", "costs"]
    assert set(data["metrics"]["requests"]) == {"count", "sum", "avg", "min", "max", "p50", "p95", "p99"}
    assert set(data["system"]) == {"memory", "uptime", "cpu_usage"}
    assert set(data["system"]["memory"]) == {"rss", "heap_total", "heap_used", "external"}
    assert data["errors"]["recent_errors"] == {"ConnectTimeout": 9}
    assert data["timestamp"] == clock.iso(NOW)


def test_the_json_counts_what_was_recorded(get: Any) -> None:
    data = get(METRICS).json["data"]
    assert data["metrics"]["searches"]["count"] == 12
    assert data["metrics"]["costs"]["sum"] == pytest.approx(0.006)
    assert data["performance"]["performance.search.query"]["max"] == 2400.0
    assert data["costs"]["budgets"]["openai"] == {"daily": None, "monthly": 50.0}
    assert data["costs"]["month"]["openai"] > data["costs"]["today"]["openai"] > 0


def test_the_json_of_nothing_has_nulls_for_figures() -> None:
    data = client_of(samples.empty()).get(METRICS, headers=HEADERS).json["data"]
    assert data["metrics"]["response_time"] == {
        "count": 0,
        "sum": 0.0,
        **dict.fromkeys(("avg", "min", "max", "p50", "p95", "p99")),
    }


def test_a_longer_window_counts_more(get: Any) -> None:
    hour, week = (get(f"{METRICS}?window={name}").json["data"]["metrics"]["requests"]["sum"] for name in ("1h", "7d"))
    assert week > hour > 0


def test_a_service_is_counted_alone(get: Any) -> None:
    whole, shop, worker = (
        get(f"{METRICS}?window=7d{query}").json["data"]["metrics"]["requests"]["sum"]
        for query in ("", "&service=shop", "&service=worker")
    )
    assert whole == shop + worker
    assert get(f"{METRICS}?service=nobody").json["data"]["metrics"]["requests"]["count"] == 0


def test_it_says_in_the_log_who_asked(get: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    get(METRICS)
    [record] = [each for each in caplog.records if each.message == "Monitoring metrics requested"]
    assert vars(record)["daymark_fields"]["user_id"].startswith("admin-")


def test_an_error_leads_to_its_request_in_one_click(get: Any) -> None:
    for path in ("/monitoring/", "/monitoring/errors", "/monitoring/performance"):
        assert f'href="/monitoring/requests/{samples.ID}"' in get(path).text


def test_a_request_shows_what_every_host_stored_and_this_ones_lines(logged: FlaskClient) -> None:
    page = logged.get(f"/monitoring/requests/{samples.ID}", headers=HEADERS).text
    for said in ("ConnectTimeout", "db.query", "admin.access", "database", "pay.internal is away", "Traceback of it"):
        assert said in page
    assert "application-2026-11-23.log" in page
    assert "on the host" in page


def test_a_request_nobody_knows_says_so(get: Any) -> None:
    page = get("/monitoring/requests/unheard-of").text
    assert "The store has nothing under this id." in page
    assert "keeps no log files" in page


def test_links_keep_the_window_and_the_service(get: Any) -> None:
    page = get("/monitoring/errors?window=7d&service=shop").text
    assert 'href="/monitoring/costs?window=7d&amp;service=shop"' in page
    assert 'href="/monitoring/errors?window=1h&amp;service=shop"' in page
    assert 'href="/monitoring/errors?window=7d">All services' in page


@pytest.mark.parametrize("path", PATHS)
def test_a_service_with_a_hostile_name_is_only_text(path: str) -> None:
    client = client_of(samples.full(services=lambda: ["<script>alert(1)</script>", "shop"]))
    page = client.get(f"{path}?service=%22%3E%3Cscript%3E", headers=HEADERS).text
    assert "<script" not in page


def test_it_reads_a_real_store(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    client = client_of(over_store(database, lambda: overview(data_at=None, status="unknown")))
    assert {client.get(path, headers=HEADERS).status_code for path in EVERYTHING} == {200}

"""The link of an alert: opening it does nothing, its button acknowledges, and nobody needs more than the link."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from msgspec.structs import replace

from monitoring import clock
from monitoring.signing import Signer
from monitoring.status import Cause, Status
from monitoring.store import alerts
from monitoring.store.alerts import Alert
from monitoring.store.database import Database
from monitoring.web import acknowledge, errors, headers, secret_paths
from monitoring.web.acknowledge import BY_LINK, PURPOSE, Acknowledging

NOW = 1795435390.25
"""2026-11-23 12:03:10 UTC."""
BEGAN = NOW - 2520.125
SIGNER = Signer(lambda: "a key of the tests")
TEMPLATES = Path(__file__).parents[2] / "templates"
ALERT = Alert(
    channel="ops",
    check="search",
    began_at=BEGAN,
    dedup_key="daymark/search/1",
    status=Status.UNHEALTHY,
    cause=Cause.REFUSED,
    error="db1.internal refused",
    confirmed_at=BEGAN + 10,
    changed_at=BEGAN + 10,
    due_at=BEGAN + 10,
    told_at=BEGAN + 10,
    messages=1,
)
Audit = list[tuple[str, str | None, Any]]


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def audit() -> Audit:
    return []


def application(database: Database, audit: Audit) -> Flask:
    app = Flask("links", template_folder=str(TEMPLATES), static_folder=None)
    errors.init_app(app)
    headers.init_app(app)
    page = Acknowledging(database, SIGNER, lambda: {"search": "Search & find"}, lambda *entry: audit.append(entry))
    app.register_blueprint(acknowledge.blueprint(page))
    secret_paths.init_app(app)
    return app


def told(database: Database, *changed: Alert) -> None:
    with database.write() as connection:
        alerts.save(connection, changed)


def standing(database: Database) -> Alert:
    with database.read() as connection:
        return alerts.open_alerts(connection)[0]


@pytest.fixture
def client(sqlite: Database, audit: Audit) -> Any:
    told(sqlite, ALERT, replace(ALERT, channel="mail"))
    return application(sqlite, audit).test_client()


def link(**said: Any) -> str:
    return f"/alerts/{SIGNER.sign(PURPOSE, {'dedup_key': ALERT.dedup_key, 'began_at': BEGAN, **said})}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_does_nothing(client: Any, sqlite: Database, audit: Audit, method: str) -> None:
    for _ in range(3):
        assert client.open(link(), method=method).status_code == 200
    assert standing(sqlite).acknowledged_at is None
    assert audit == []


def test_the_page_says_what_it_is_about_and_no_more(client: Any) -> None:
    page = client.get(link()).text
    for said in ("Search &amp; find: down", "11:21 UTC", "42 min ago", "Nobody has acknowledged it yet"):
        assert said in page
    assert page.count("<form") == page.count("<button") == 1
    assert "db1.internal" not in page and "<script" not in page


def test_the_page_is_kept_and_listed_by_nobody(client: Any) -> None:
    answer = client.get(link())
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]


def test_its_button_acknowledges_on_all_channels(database: Database, audit: Audit) -> None:
    told(database, ALERT, replace(ALERT, channel="mail"))
    client, path = application(database, audit).test_client(), link()
    answer = client.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    with database.read() as connection:
        found = alerts.open_alerts(connection)
    assert {(alert.acknowledged_at, alert.acknowledged_by) for alert in found} == {(NOW, BY_LINK)}
    assert audit == [("alert.acknowledged", None, {"check": "search", "dedup_key": ALERT.dedup_key, "by": BY_LINK})]
    page = client.get(path).text
    assert "Acknowledged 12:03 UTC</strong> by the link in the alert" in page and "<form" not in page


def test_pressing_it_again_changes_nothing(
    client: Any, sqlite: Database, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(link())
    monkeypatch.setattr(clock, "now", lambda: NOW + 60)
    assert client.post(link()).status_code == 303
    assert standing(sqlite).acknowledged_at == NOW
    assert len(audit) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/alerts/nonsense",
        "/alerts/%FF",
        f"{link()}x",
        link(began_at="x"),
        f"/alerts/{SIGNER.sign('form', {'dedup_key': ALERT.dedup_key, 'began_at': BEGAN})}",
        f"/alerts/{SIGNER.sign(PURPOSE, 'text')}",
        f"/alerts/{Signer(lambda: 'another').sign(PURPOSE, {'dedup_key': ALERT.dedup_key, 'began_at': BEGAN})}",
    ],
    ids=["nonsense", "bytes", "longer", "of another shape", "for another purpose", "text", "of another key"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_is_not_found(client: Any, sqlite: Database, method: str, path: str) -> None:
    answer = client.open(path, method=method, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert standing(sqlite).acknowledged_at is None


def test_a_link_is_good_for_thirty_days(client: Any) -> None:
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False) as traveller:
        path = link()
        traveller.shift(timedelta(days=30))
        assert client.get(path).status_code == 200
        traveller.shift(timedelta(seconds=1))
        assert client.get(path).status_code == client.post(path).status_code == 404


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("none", 303), ("cross-site", 403), ("same-site", 403)]
)
def test_another_site_cannot_press_it(client: Any, sqlite: Database, site: str, status: int) -> None:
    assert client.post(link(), headers={"Sec-Fetch-Site": site}).status_code == status
    assert (standing(sqlite).acknowledged_at is None) == (status == 403)


@pytest.mark.parametrize("change", [{"closed_at": NOW}, {"dedup_key": "daymark/search/2"}, {"began_at": BEGAN - 1}])
def test_what_is_over_says_so_and_takes_nothing(sqlite: Database, audit: Audit, change: dict[str, Any]) -> None:
    told(sqlite, replace(ALERT, **change))
    client = application(sqlite, audit).test_client()
    assert "This alert is over" in client.get(link()).text
    assert client.post(link()).status_code == 303
    assert audit == []


def test_a_store_that_is_away_is_said_so(tmp_path: Path, audit: Audit) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    client = application(empty, audit).test_client()
    answers = [client.get(link()), client.post(link())]
    empty.close()
    assert [(each.status_code, each.headers["Retry-After"]) for each in answers] == [(503, "5")] * 2


def test_no_log_line_has_the_link(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    path = link()
    client.post(path)
    assert path.removeprefix("/alerts/") not in str([vars(record) for record in caplog.records])
    assert "alert.acknowledged" in str([vars(record) for record in caplog.records])

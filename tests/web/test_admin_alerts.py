"""The admin's page of alerts over a real store, and acknowledging on it."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from monitoring import clock
from monitoring.signing import Signer
from monitoring.store import alerts
from monitoring.store.database import Database
from monitoring.web import admin_alerts, errors, headers
from monitoring.web.access import Access
from monitoring.web.admin_alerts import AdminAlerts
from monitoring.web.admin_shell import Shell
from monitoring.web.forms import Forms
from tests.web import alert_samples as samples
from tests.web.alert_samples import BEGAN, CANARY, ID, SEARCH
from tests.web.samples import NOW, Page

TOKEN = "a-token-of-the-tests"
USER = f"admin-{hashlib.sha256(TOKEN.encode()).hexdigest()[:8]}"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASIC = {"Authorization": "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode()}
PATH, ACKNOWLEDGE = "/monitoring/alerts", "/monitoring/alerts/acknowledge"
Audit = list[tuple[str, str | None, Any]]


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def audit() -> Audit:
    return []


def application(database: Database, channels: Any = samples.CHANNELS, audit: Audit | None = None) -> Flask:
    app, forms = Flask("admins", static_folder=None), Forms(Signer(lambda: "a key of the tests"))
    errors.init_app(app)
    headers.init_app(app)
    keep = None if audit is None else (lambda *entry: audit.append(entry))
    page = AdminAlerts(database, Shell(Page(), "/style.css", lambda: ()), forms, channels, keep)
    app.register_blueprint(admin_alerts.blueprint(page, forms, Access([hashlib.sha256(TOKEN.encode()).hexdigest()])))
    return app


@pytest.fixture
def client(sqlite: Database, audit: Audit) -> Any:
    samples.fill(sqlite)
    return application(sqlite, audit=audit).test_client()


def section(page: str, name: str) -> str:
    """The text of one section, tags and all."""
    found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', page, re.DOTALL)
    assert found is not None
    return found[1]


def acknowledged_by(database: Database, check: str = "search") -> set[str | None]:
    with database.read() as connection:
        return {alert.acknowledged_by for alert in alerts.open_alerts(connection) if alert.check == check}


def test_the_page_and_its_button_are_for_admins(client: Any) -> None:
    assert client.get(PATH).status_code == client.post(ACKNOWLEDGE).status_code == 401


def test_it_is_never_kept(client: Any) -> None:
    answer = client.get(PATH, headers=BEARER)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert 'href="/monitoring/alerts?window=24h" aria-current="page"' in answer.text


def test_open_alerts_say_who_was_told_and_how_often(client: Any) -> None:
    found = section(client.get(PATH, headers=BEARER).text, "open")
    assert found.count("<h3>") == 2 and "<h3>old" not in found
    for said in ("Since 11:21 UTC, for 42 min: connection refused", "Told: mail (41 min ago), ops",
                 "4 messages", "Not told yet: pager", "flapping", f"/monitoring/requests/{ID}"):  # fmt: skip
        assert said in found


def test_what_waits_shows_attempts_answer_and_next_try(client: Any) -> None:
    found = section(client.get(PATH, headers=BEARER).text, "waiting")
    for said in ("Search waits", "mail", ">4<", "503 come back later", "23 Nov, 12:04:40"):
        assert said in found
    assert found.count("<code>") == 1  # what another version wrote


def test_what_was_not_delivered_in_the_last_week_says_how_it_ended(client: Any) -> None:
    found = section(client.get(PATH, headers=BEARER).text, "failed")
    for said in ("Search given-up", "given up", "Search orphan", "undeliverable", "no longer configured", ">40<"):
        assert said in found
    assert "Search long-ago" not in found


def test_the_last_fifty_that_were_sent_are_listed(client: Any) -> None:
    found = section(client.get(PATH, headers=BEARER).text, "sent")
    assert found.count("<tr>") == 51
    assert "Search sent-59" in found and "Search sent-9<" not in found


def test_each_channel_says_when_it_last_took_something(client: Any) -> None:
    found = section(client.get(PATH, headers=BEARER).text, "channels")
    for said in ("slack", "23 Nov, 11:47:29 UTC", "23 Nov, 11:03:10 UTC", "pagerduty", "never"):
        assert said in found


def test_no_secret_and_no_markup_of_others_comes_out(client: Any) -> None:
    page = client.get(PATH, headers=BEARER).text
    assert CANARY not in page
    assert "refused &lt;b&gt;" in page


def test_a_service_that_has_nothing_to_tell_says_so(sqlite: Database) -> None:
    page = application(sqlite, ()).test_client().get(PATH, headers=BEARER).text
    for said in (
        "Nothing is open.",
        "Nothing waits.",
        "Everything was delivered.",
        "nobody is told",
        "Nothing has been",
    ):
        assert said in page


def pressed(client: Any, **changes: str) -> Any:
    """Send the form of the open alert about the search as a browser would."""
    page = client.get(PATH, headers=BASIC).text
    forms = [dict(re.findall(r'name="(\w+)" value="(.*?)"', each)) for each in page.split("<form")[1:]]
    [form] = [each for each in forms if each["dedup_key"] == SEARCH.dedup_key]
    return client.post(ACKNOWLEDGE, data={**form, **changes}, headers=BASIC)


def test_its_button_acknowledges_on_all_channels(database: Database, audit: Audit) -> None:
    samples.fill(database)
    client = application(database, audit=audit).test_client()
    answer = pressed(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    assert acknowledged_by(database) == {USER}
    assert acknowledged_by(database, "disk-space") == {None}
    assert audit == [("alert.acknowledged", USER, {"check": "search", "dedup_key": SEARCH.dedup_key})]
    found = section(client.get(PATH, headers=BEARER).text, "open")
    assert f"Acknowledged 12:03 UTC by {USER}" in found and found.count("<form") == 1


def test_without_the_forms_token_nothing_is_acknowledged(client: Any, sqlite: Database) -> None:
    assert pressed(client, csrf_token="").status_code == 403
    assert acknowledged_by(sqlite) == {None}


def test_a_program_acknowledges_with_json(client: Any, sqlite: Database, audit: Audit) -> None:
    body = {"dedup_key": SEARCH.dedup_key, "began_at": repr(BEGAN)}
    answers = [client.post(ACKNOWLEDGE, json=body, headers=BEARER).json for _ in range(2)]
    assert answers == [{"acknowledged": True, "before": False}, {"acknowledged": True, "before": True}]
    assert acknowledged_by(sqlite) == {USER}
    assert len(audit) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"dedup_key": SEARCH.dedup_key, "began_at": "yesterday"}, 400),
        ({"dedup_key": "daymark/nobody", "began_at": "1.5"}, 404),
        ({"dedup_key": SEARCH.dedup_key, "began_at": "nan"}, 404),
        ({"dedup_key": "daymark/old", "began_at": repr(BEGAN)}, 404),
    ],
)
def test_what_is_not_open_cannot_be_acknowledged(client: Any, audit: Audit, body: dict[str, str], status: int) -> None:
    assert client.post(ACKNOWLEDGE, json=body, headers=BEARER).status_code == status
    assert audit == []


def test_a_store_that_is_away_is_said_so(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = application(empty).test_client().get(PATH, headers=BEARER)
    empty.close()
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")

"""Where the rooms are joined: what making, starting and stopping the service does, and does not."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import request

from app import Daymark, create_app
from monitoring.settings import SettingsError
from monitoring.store import leases, states
from monitoring.store.database import Database
from tests.support.apps import application, daymark_of
from tests.support.http import HangingServer
from tests.support.waiting import until

LEADER_THREADS = {"daymark-writer", "APScheduler"}


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_making_it_starts_no_thread_and_opens_no_file(tmp_path: Path) -> None:
    before = threads()
    path = tmp_path / "made" / "store.db"
    with application(f"sqlite:///{path}", tmp_path, document=""):
        assert threads() == before
        assert not path.parent.exists()


def test_making_it_opens_no_connection(tmp_path: Path, hanging_server: HangingServer) -> None:
    at = f"127.0.0.1:{hanging_server.port}"
    options = {
        "REDIS_URL": f"redis://{at}",
        "S3_BUCKET": "b",
        "AWS_ENDPOINT_URL": f"http://{at}",
        "OPENAI_API_KEY": "k",
    }
    with application(f"postgresql://a:b@{at}/c", tmp_path, document="", **options) as app:
        assert len(daymark_of(app).registry.all()) == 5
        assert hanging_server.connections == 0


def test_it_takes_settings_from_what_it_is_given_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "no port")
    before = dict(os.environ)
    with application(f"sqlite:///{tmp_path / 'store.db'}", tmp_path, SERVICE_NAME="lamp") as app:
        assert daymark_of(app).settings.service_name == "lamp"
    assert dict(os.environ) == before


def test_wrong_settings_end_it_with_every_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        create_app({"ENVIRONMENT": "test", "PORT": "none", "WEB_CONCURRENCY": "0", "LOG_LEVEL": "loud"}, tmp_path)
    assert [fault.key for fault in raised.value.faults] == ["PORT", "LOG_LEVEL", "WEB_CONCURRENCY"]


def test_started_it_leads_and_stopped_it_gives_the_lease_back(sqlite: Database, tmp_path: Path) -> None:
    with application(str(sqlite.url), tmp_path) as app:
        daymark = daymark_of(app)
        daymark.start()
        daymark.start()
        until(lambda: "daymark-writer" in threads())
        assert daymark.running and len([name for name in threads() if name == "daymark-writer"]) == 1
        daymark.stop()
        assert (daymark.running, owner(sqlite)) == (False, "")
        until(lambda: not threads() & LEADER_THREADS)


def test_a_leader_signs_links_without_asking_the_store(sqlite: Database, tmp_path: Path) -> None:
    with application(str(sqlite.url), tmp_path) as app:
        daymark = daymark_of(app)
        daymark.start()
        until(lambda: "daymark-desk" in threads())
        with sqlite.write():  # locked: who has to ask waits for 5 s, and in vain
            assert daymark.signer.sign("link", 1)


def test_stopped_while_it_begins_to_lead_it_leads_no_more(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, load = threading.Event(), threading.Event(), states.load

    def slow(connection: Any) -> list[states.StoredState]:
        begun.set()
        go_on.wait(20)
        return load(connection)

    monkeypatch.setattr("monitoring.probing.reign.states.load", slow)
    before = threads()
    with application(str(sqlite.url), tmp_path) as app:
        daymark_of(app).start()
        assert begun.wait(10)
        threading.Timer(0.3, go_on.set).start()
        daymark_of(app).stop()
    assert owner(sqlite) == ""
    until(lambda: not (threads() - before) & LEADER_THREADS)


def owner(database: Database) -> str:
    with database.read() as connection:
        return leases.read(connection).owner


def test_stopping_what_never_started_does_nothing(tmp_path: Path) -> None:
    with application(f"sqlite:///{tmp_path / 'store.db'}", tmp_path) as app:
        daymark_of(app).stop()
        assert not (tmp_path / "store.db").exists()


def test_the_leader_asks_what_is_configured_and_the_overview_shows_it(sqlite: Database, tmp_path: Path) -> None:
    disk = '[[checks]]\nname = "disk-space"\ninterval = "1s"\n'
    with application(str(sqlite.url), tmp_path, document=disk) as app:
        daymark = daymark_of(app)
        daymark.start()
        until(lambda: len([view for view in daymark.overview().checks if view.checked_at]) == 2)
        assert {view.settings.name for view in daymark.overview().checks} == {"database", "disk-space"}


@pytest.mark.parametrize(("proxies", "seen"), [("0", "10.0.0.9"), ("1", "192.0.2.7"), ("2", "198.51.100.1")])
def test_as_many_proxies_are_believed_as_are_configured(tmp_path: Path, proxies: str, seen: str) -> None:
    with application(f"sqlite:///{tmp_path / 'store.db'}", tmp_path, TRUSTED_PROXIES=proxies) as app:
        app.add_url_rule("/me", view_func=lambda: f"{request.remote_addr} {request.host}")
        told = {"X-Forwarded-For": "198.51.100.1, 192.0.2.7", "X-Forwarded-Host": "evil.example"}
        answer = app.test_client().get("/me", headers=told, environ_base={"REMOTE_ADDR": "10.0.0.9"})
        assert answer.text == f"{seen} localhost"


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/status/none"])
def test_every_answer_carries_its_correlation_id(tmp_path: Path, path: str) -> None:
    with application(f"sqlite:///{tmp_path / 'store.db'}", tmp_path) as app:
        answer = app.test_client().get(path, headers={"X-Correlation-ID": "from-outside"})
        assert answer.headers["X-Correlation-ID"] == "from-outside"


def test_nothing_is_changed_but_by_admins_jobs_and_signed_links(tmp_path: Path) -> None:
    with application(f"sqlite:///{tmp_path / 'store.db'}", tmp_path) as app:
        rules = [rule for rule in app.url_map.iter_rules() if not rule.methods <= {"GET", "HEAD", "OPTIONS"}]
        assert {rule.rule.split("/")[1] for rule in rules} == {"monitoring", "heartbeat", "alerts"}
        assert {method for rule in rules for method in rule.methods} == {"GET", "HEAD", "OPTIONS", "POST"}
        assert app.test_client().post("/").status_code == 405


def test_its_picture_names_no_secret(tmp_path: Path) -> None:
    with application("postgresql://app:hunter2@db.example/x", tmp_path) as app:
        daymark: Daymark = daymark_of(app)
        assert "hunter2" not in repr((daymark, daymark.settings, daymark.database, daymark.registry.all()))

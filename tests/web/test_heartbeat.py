"""Jobs call over HTTP; what they said is stored for admins, and the token they know is nowhere to be seen."""

import hashlib
import io
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from monitoring import clock, errors
from monitoring.extension import requests
from monitoring.health.checks.heartbeat import HeartbeatSettings
from monitoring.metrics import metrics
from monitoring.store import heartbeats
from monitoring.store.database import Database
from monitoring.store.heartbeats import Call, Kind
from monitoring.web import admin_heartbeats, headers, heartbeat, hooks, secret_paths
from monitoring.web import errors as problems
from monitoring.web.access import Access
from monitoring.web.admin_shell import Shell
from monitoring.web.heartbeat import BODY_BYTES, CALLS_A_MINUTE, Heartbeats
from tests.support.probes import settings_of
from tests.web.samples import Page

TOKEN, OTHER = "C4nary-Of-The-Backup", "another-heartbeat-01"
ADMIN = "a-token-of-the-tests"
CHECKS: list[HeartbeatSettings] = [
    settings_of(HeartbeatSettings, name=name, type="heartbeat", token=token, every="1h")
    for name, token in (("backup", TOKEN), ("report", OTHER))
]


def application(database: Database) -> Flask:
    app = Flask("beats", static_folder=None)
    for room in (hooks, problems, headers):
        room.init_app(app)
    app.register_blueprint(heartbeat.blueprint(Heartbeats(database, CHECKS)))
    shell = Shell(Page(), "/style.css", lambda: ())
    access = Access([hashlib.sha256(ADMIN.encode()).hexdigest()])
    pages = admin_heartbeats.AdminHeartbeats(database, shell, CHECKS)
    app.register_blueprint(admin_heartbeats.blueprint(pages, access))
    requests.capture(app)
    secret_paths.init_app(app)
    return app


@pytest.fixture
def client(sqlite: Database) -> Any:
    return application(sqlite).test_client()


def calls(database: Database, check: str = "backup") -> list[Call]:
    with database.read() as connection:
        return heartbeats.log(connection, check)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("path", "kind", "exit_code"),
    [
        ("", Kind.SUCCESS, None),
        ("/start", Kind.START, None),
        ("/fail", Kind.FAILURE, None),
        ("/0", Kind.SUCCESS, 0),
        ("/3", Kind.FAILURE, 3),
        ("/255", Kind.FAILURE, 255),
    ],
)
def test_each_call_is_stored(database: Database, method: str, path: str, kind: Kind, exit_code: int | None) -> None:
    answer = application(database).test_client().open(f"/heartbeat/{TOKEN}{path}", method=method)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert method == "HEAD" or answer.json == {"status": "ok"}
    [call] = calls(database)
    assert (call.kind, call.exit_code) == (kind, exit_code)
    assert abs(call.at - clock.now()) < 60


@pytest.mark.parametrize(
    "path",
    [f"/heartbeat/{TOKEN}x", f"/heartbeat/{TOKEN[:-1]}", "/heartbeat/-", "/heartbeat/%FF%00", "/heartbeat/",
     *(f"/heartbeat/{TOKEN}/{signal}" for signal in ("stop", "256", "-1", "+1", "1.0", "%C2%B2", "0000", "start/now"))],
)  # fmt: skip
def test_anything_else_is_not_found_and_stores_nothing(client: Any, sqlite: Database, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert calls(sqlite) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(client: Any, method: str) -> None:
    assert client.open(f"/heartbeat/{TOKEN}", method=method).status_code == 405


def test_every_token_is_compared_whoever_calls(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    compare = heartbeat.hmac.compare_digest
    monkeypatch.setattr(
        heartbeat.hmac, "compare_digest", lambda one, other: compared.append(one) or compare(one, other)
    )
    for token in (TOKEN, OTHER, "nobody's"):
        compared.clear()
        client.get(f"/heartbeat/{token}")
        assert len(compared) == len(CHECKS)


def test_what_was_sent_is_kept_without_secrets(client: Any, sqlite: Database) -> None:
    client.post(f"/heartbeat/{TOKEN}", data=f"dumped 3 tables\nPGPASSWORD=hunter2hunter2 curl /heartbeat/{TOKEN}\n\xff")
    [call] = calls(sqlite)
    assert call.body.startswith("dumped 3 tables\nPGPASSWORD=")
    assert "hunter2" not in call.body and TOKEN not in call.body


def test_bytes_that_are_no_text_are_marked(client: Any, sqlite: Database) -> None:
    client.post(f"/heartbeat/{TOKEN}", data=b"\xff\xfe \0 ok")
    assert calls(sqlite)[0].body == "\ufffd\ufffd \ufffd ok"


@pytest.mark.parametrize("word", [b"word ", b"w"])
def test_only_the_first_10_kb_are_kept_and_no_half_a_word(client: Any, sqlite: Database, word: bytes) -> None:
    client.post(f"/heartbeat/{TOKEN}", data=word * 20_000)
    body = calls(sqlite)[0].body
    assert BODY_BYTES - 1100 < len(body) <= BODY_BYTES + 1
    assert body.endswith("…") and set(body.split()) <= {"word", "word…", body}


def test_10_kb_are_kept_whole(client: Any, sqlite: Database) -> None:
    client.post(f"/heartbeat/{TOKEN}", data=b"x" * BODY_BYTES)
    assert calls(sqlite)[0].body == "x" * BODY_BYTES


class Endless(io.RawIOBase):
    """A body that never ends; counts what was read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "all of it was asked for"
        self.taken += size
        return b"x " * (size // 2)


@pytest.mark.parametrize("length", [None, "99999999999"])
def test_no_more_is_read_however_much_is_sent(client: Any, length: str | None) -> None:
    body = Endless()
    environ = {"wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_LENGTH": length or ""}
    assert client.post(f"/heartbeat/{TOKEN}", environ_overrides=environ).status_code == 200
    assert body.taken <= BODY_BYTES + 1


def test_strangers_have_nothing_read_of_what_they_send(client: Any) -> None:
    body = Endless()
    environ = {"wsgi.input": body, "wsgi.input_terminated": True}
    assert client.post("/heartbeat/nobody", environ_overrides=environ).status_code == 404
    assert body.taken == 0


def test_a_caller_that_breaks_off_has_called_all_the_same(client: Any, sqlite: Database) -> None:
    environ = {"wsgi.input": io.BytesIO(b"half"), "CONTENT_LENGTH": "1000"}
    assert client.post(f"/heartbeat/{TOKEN}/fail", environ_overrides=environ).status_code == 200
    assert calls(sqlite)[0].kind is Kind.FAILURE


def test_more_than_sixty_calls_a_minute_are_told_to_wait(
    client: Any, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: 600_015.0)
    assert {client.get(f"/heartbeat/{TOKEN}").status_code for _ in range(CALLS_A_MINUTE)} == {200}
    answer = client.get(f"/heartbeat/{TOKEN}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "45")
    assert client.get(f"/heartbeat/{OTHER}").status_code == 200
    assert len(calls(sqlite)) == CALLS_A_MINUTE
    monkeypatch.setattr(clock, "monotonic", lambda: 600_060.0)
    assert client.get(f"/heartbeat/{TOKEN}").status_code == 200


def test_a_store_that_is_away_asks_to_be_called_again(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = application(empty).test_client().get(f"/heartbeat/{TOKEN}")
    empty.close()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert TOKEN not in answer.text and "no such table" not in answer.text


def test_a_token_of_two_checks_calls_for_both(sqlite: Database) -> None:
    twins = [settings_of(HeartbeatSettings, name=name, type="x", token=TOKEN, every="1h") for name in ("a", "b")]
    app = Flask("twins")
    app.register_blueprint(heartbeat.blueprint(Heartbeats(sqlite, twins)))
    secret_paths.init_app(app)
    assert app.test_client().get(f"/heartbeat/{TOKEN}").status_code == 200
    assert len(calls(sqlite, "a")) == len(calls(sqlite, "b")) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/heartbeat/{}",
        "/heartbeat/{}/start",
        "/heartbeat/{}/nonsense",
        "//heartbeat//{}",
        "/HeartBeat/{}",
        "/heartbeat/{}//x",
    ],
)
def test_no_log_line_metric_or_answer_has_the_token(
    client: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    labels: list[Any] = []
    monkeypatch.setattr(metrics, "timed", lambda *given: labels.append(given))
    caplog.set_level("DEBUG")
    answer = client.post(path.format(TOKEN), data="x")
    lines = [vars(record) for record in caplog.records]
    assert [line["message"] for line in lines if "Request" in line["message"]] == [
        "Request started",
        "Request completed",
    ]
    assert TOKEN not in f"{lines} {labels} {answer.text} {answer.headers}"


def test_no_report_of_an_error_has_the_token(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(errors, "capture_error", lambda error, context=None: reported.append((repr(error), context)))
    app = client.application
    requests.capture(app)
    monkeypatch.setattr(Heartbeats, "call", lambda *_: 1 / 0)
    app.testing = False
    answer = client.post(f"/heartbeat/{TOKEN}/start")
    assert answer.status_code == 500 and len(reported) == 1
    assert TOKEN not in f"{reported} {answer.text}"


def test_admins_see_the_calls_and_what_was_sent(client: Any) -> None:
    client.get(f"/heartbeat/{TOKEN}/start")
    client.post(f"/heartbeat/{TOKEN}/3", data="<b>no space</b> left, api_key=hunter2hunter2")
    answer = client.get("/monitoring/heartbeats/backup", headers={"Authorization": f"Bearer {ADMIN}"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Failed</strong> with exit code 3 after" in answer.text and "Began" in answer.text
    assert "&lt;b&gt;no space" in answer.text
    assert TOKEN not in answer.text and "hunter2" not in answer.text


def test_the_page_of_calls_is_for_admins_and_of_heartbeats_only(client: Any) -> None:
    admin = {"Authorization": f"Bearer {ADMIN}"}
    assert client.get("/monitoring/heartbeats/backup").status_code == 401
    assert client.get("/monitoring/heartbeats/nobody", headers=admin).status_code == 404
    assert "It has never called." in client.get("/monitoring/heartbeats/report", headers=admin).text


@pytest.fixture
def url(sqlite: Database) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, application(sqlite), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/heartbeat/{TOKEN}"
    server.shutdown()
    thread.join()
    server.server_close()


def curl(*words: str) -> int:
    command = ["curl", "-fsS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", *words]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_curl_calls_as_the_documents_say(url: str, sqlite: Database) -> None:
    log = Path(__file__)
    forms = (["--retry", "3", url], ["--head", url], [f"{url}/start"], ["-X", "POST", f"{url}/fail"], [f"{url}/7"],
             ["--data-binary", f"@{log}", f"{url}/0"])  # fmt: skip
    assert [curl(*words) for words in forms] == [200] * 6
    kinds = [call.kind for call in reversed(calls(sqlite))]
    assert kinds == ["success", "success", "start", "failure", "failure", "success"]
    assert calls(sqlite)[0].body.startswith('"""Jobs call over HTTP')

import logging
import threading
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, g
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import make_server

from monitoring import correlation
from monitoring.logs import log
from monitoring.web import errors, hooks
from tests.logs.captured import Lines, alone, captured
from tests.logs.test_direct import records_made

CANARY = "c4nary-S3cret-value"


@pytest.fixture
def lines(capsys: Any) -> Iterator[Lines]:
    with captured(capsys, level="debug") as lines:
        yield lines


@pytest.fixture
def app() -> Flask:
    app = Flask("observed")
    hooks.init_app(app)
    app.add_url_rule("/orders/<number>", view_func=lambda number: f"order {number}", endpoint="order")
    app.add_url_rule("/health", view_func=lambda: "ok", endpoint="health")
    app.add_url_rule("/inside", view_func=lambda: str(correlation.current()), endpoint="inside")
    app.add_url_rule("/boom", view_func=lambda: 1 / 0, endpoint="boom")
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def told(lines: Lines, message: str = "Request completed") -> list[dict[str, Any]]:
    return [line for line in lines.all() if line["message"] == message]


def test_a_request_is_told_of_when_it_begins(client: FlaskClient, lines: Lines) -> None:
    client.get(f"/orders/7?token={CANARY}", headers={"User-Agent": "curl"}, data=b"{}", content_type="application/json")
    (line,) = told(lines, "Request started")
    asked = {key: line[key] for key in ("level", "method", "path", "user_agent", "content_type", "content_length")}
    assert asked == {
        "level": "debug",
        "method": "GET",
        "path": "/orders/7",
        "user_agent": "curl",
        "content_type": "application/json",
        "content_length": "2",
    }


def test_a_request_is_told_of_once_when_it_is_done(client: FlaskClient, lines: Lines) -> None:
    client.get(f"/orders/7?q={CANARY}", headers={"User-Agent": "curl", "X-Correlation-ID": "abc"})
    (line,) = told(lines)
    assert line["duration_ms"] >= 0
    kept = ("level", "method", "path", "rule", "status", "ip", "user_agent", "correlation_id")
    assert [line[key] for key in kept] == [
        "info",
        "GET",
        "/orders/7",
        "/orders/<number>",
        200,
        "127.0.0.1",
        "curl",
        "abc",
    ]
    assert "user_id" not in line and CANARY not in str(line)


@pytest.mark.parametrize("given", ["abc", None])
def test_it_says_the_same_where_nobody_else_listens(client: FlaskClient, lines: Lines, given: str | None) -> None:
    headers = {"User-Agent": "curl", **({"X-Request-ID": given} if given else {})}
    with alone():
        response = client.get(f"/orders/7?q={CANARY}", headers=headers)
    directly = told(lines)
    client.get("/orders/7", headers={"User-Agent": "curl", "X-Correlation-ID": response.headers["X-Correlation-ID"]})
    changing = {"timestamp": "", "duration_ms": 0}
    assert [line | changing for line in directly] == [line | changing for line in told(lines)]


@pytest.mark.parametrize(
    ("path", "method", "status", "level"),
    [
        ("/nowhere", "GET", 404, "warn"),
        ("/health", "POST", 405, "debug"),
        ("/boom", "GET", 500, "error"),
        ("/health", "GET", 200, "debug"),
        ("/inside", "HEAD", 200, "info"),
    ],
)
def test_every_response_has_its_id_and_its_line(
    client: FlaskClient, lines: Lines, path: str, method: str, status: int, level: str
) -> None:
    response = client.open(path, method=method, headers={"X-Correlation-ID": "abc"})
    (line,) = told(lines)
    assert (response.status_code, response.headers.get_all("X-Correlation-ID")) == (status, ["abc"])
    assert (line["status"], line["level"], line["correlation_id"]) == (status, level, "abc")


def test_the_id_is_there_inside_and_gone_after(client: FlaskClient) -> None:
    response = client.get("/inside")
    assert response.text == response.headers["X-Correlation-ID"]
    assert correlation.current() is None


def test_an_unhandled_error_is_logged_once_with_its_stack(client: FlaskClient, lines: Lines) -> None:
    client.get("/boom", headers={"X-Correlation-ID": "abc"})
    (error,) = [line for line in lines.all() if "stack" in line]
    assert (error["name"], error["level"], error["correlation_id"]) == ("ZeroDivisionError", "error", "abc")
    assert "1 / 0" in error["stack"]


def test_an_error_that_goes_past_the_hooks_is_told_of_too(app: Flask, lines: Lines) -> None:
    app.testing = True
    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/boom")
    (line,) = told(lines)
    assert line["status"] == 500 and correlation.current() is None


@pytest.mark.parametrize("known", [{"user_id": "ann"}, {"user": SimpleNamespace(id="ann")}])
def test_the_user_is_named_where_there_is_one(app: Flask, lines: Lines, known: dict[str, Any]) -> None:
    app.before_request(lambda: vars(g).update(known))
    app.test_client().get("/inside")
    assert told(lines)[0]["user_id"] == "ann"


@pytest.mark.parametrize("known", [{}, {"user_id": 7}, {"user": SimpleNamespace(id="ann")}])
def test_the_completion_line_needs_no_record(app: Flask, lines: Lines, known: dict[str, Any]) -> None:
    app.before_request(lambda: vars(g).update(known))
    with records_made() as made, alone():
        app.test_client().get("/orders/7")
    assert "Request completed" not in made and len(told(lines)) == 1


class BrokenUser:
    @property
    def id(self) -> str:
        raise RuntimeError("the database is away")


def test_a_broken_user_costs_neither_request_nor_line(app: Flask, lines: Lines) -> None:
    app.before_request(lambda: setattr(g, "user", BrokenUser()))
    assert app.test_client().get("/inside").status_code == 200
    assert told(lines)[0]["status"] == 200


def test_the_address_is_the_clients_behind_a_known_proxy(app: Flask, lines: Lines) -> None:
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.test_client().get("/inside", headers={"X-Forwarded-For": "203.0.113.9"})
    assert told(lines)[0]["ip"] == "203.0.113.9"


@pytest.mark.parametrize("part", ["_accept", "_begin", "_complete"])
def test_a_failing_hook_breaks_no_request_and_is_counted(
    app: Flask, lines: Lines, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken hook")

    fail.__name__ = part
    monkeypatch.setattr(hooks, part, fail)
    response = app.test_client().get("/orders/7")
    assert (response.status_code, response.text) == (200, "order 7")
    assert response.headers["X-Correlation-ID"] and app.extensions[hooks.EXTENSION].failures == 1
    assert [line["hook"] for line in told(lines, "Request hook failed")] == [part.strip("_")]
    assert correlation.current() is None


def test_an_extension_that_fails_on_every_response_takes_neither_id_nor_line(app: Flask, lines: Lines) -> None:
    app.after_request(lambda response: 1 / 0)  # type: ignore[arg-type, return-value]
    response = app.test_client().get("/inside", headers={"X-Correlation-ID": "abc"})
    assert (response.status_code, response.headers["X-Correlation-ID"]) == (500, "abc")
    assert told(lines)[0]["status"] == 500


def test_an_id_that_a_view_sets_is_not_doubled(app: Flask) -> None:
    app.add_url_rule("/own", view_func=lambda: Response("x", headers={"x-correlation-id": "own"}), endpoint="own")
    assert app.test_client().get("/own", headers={"X-Correlation-ID": "abc"}).headers.getlist("X-Correlation-ID") == [
        "abc"
    ]


def test_what_is_answered_outside_of_flask_is_told_of_too(app: Flask, lines: Lines) -> None:
    inner = app.extensions[hooks.EXTENSION]
    inner._app = Response("elsewhere", 203)
    assert app.test_client().get("/é").headers["X-Correlation-ID"]
    (line,) = told(lines)
    assert (line["status"], line["path"], line["rule"]) == (203, "/é", None)


class FailingHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError("broken handler")


def test_a_failing_log_handler_breaks_no_request(client: FlaskClient, lines: Lines) -> None:
    handler = FailingHandler()
    logging.getLogger().addHandler(handler)
    try:
        assert client.get("/inside").status_code == 200
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("value", ["a" * 5000, "é\xff", '"\\', "-", "a,b"])
@pytest.mark.parametrize("name", ["X-Correlation-ID", "User-Agent", "Content-Type", "traceparent", "Accept"])
def test_strange_headers_break_nothing(app: Flask, lines: Lines, name: str, value: str) -> None:
    assert app.test_client().get("/inside", headers={name: value}).status_code == 200
    assert app.extensions[hooks.EXTENSION].failures == 0 and len(told(lines)) == 1


def test_a_path_can_forge_no_line(client: FlaskClient, lines: Lines) -> None:
    client.get("/a%0A%7B%22level%22:%22fatal%22%7D%1b%5B2J%E2%80%A8")
    assert {line["level"] for line in lines.all()} == {"debug", "warn"}


def test_initialising_twice_doubles_nothing(app: Flask, lines: Lines) -> None:
    hooks.init_app(app)
    app.test_client().get("/inside")
    assert len(told(lines)) == 1


def test_a_streamed_response_is_told_of_when_it_begins(app: Flask, lines: Lines) -> None:
    def parts() -> Iterator[str]:
        log.info("streaming")
        yield "x"

    app.add_url_rule("/stream", view_func=lambda: Response(parts()), endpoint="stream")
    app.test_client().get("/stream")
    assert [line["message"] for line in lines.all()] == ["Request started", "Request completed", "streaming"]


def test_threads_of_a_pool_keep_no_id(app: Flask) -> None:
    left: list[str | None] = []

    def wsgi(environ: Any, start_response: Any) -> Any:
        left.append(correlation.current())
        body = list(app(environ, start_response))
        left.append(correlation.current())
        return body

    server = make_server("127.0.0.1", 0, wsgi, threaded=False)  # one thread serves all
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        seen = {urllib.request.urlopen(f"http://127.0.0.1:{server.port}/inside").read() for _ in range(3)}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert left == [None] * 6 and len(seen) == 3


def test_requests_at_the_same_time_have_ids_of_their_own(app: Flask) -> None:
    together = threading.Barrier(4, timeout=30)
    app.add_url_rule("/wait", view_func=lambda: (together.wait(), str(correlation.current()))[1], endpoint="wait")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        asked = urllib.request.Request(f"http://127.0.0.1:{server.port}/wait", headers={"X-Correlation-ID": name})
        answers[name] = urllib.request.urlopen(asked).read().decode()

    clients = [threading.Thread(target=ask, args=(f"id-{number}",)) for number in range(4)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    server.shutdown()
    serving.join()
    server.server_close()
    assert answers == {f"id-{number}": f"id-{number}" for number in range(4)}


def test_errors_keep_their_id_when_they_have_a_page(app: Flask) -> None:
    errors.init_app(app)
    response = app.test_client().get("/boom", headers={"X-Correlation-ID": "abc"})
    assert (response.json or {})["correlation_id"] == response.headers["X-Correlation-ID"] == "abc"

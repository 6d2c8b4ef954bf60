from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, abort
from flask.testing import FlaskClient
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, TooManyRequests, Unauthorized

from monitoring.web import errors, hooks

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CANARY = "c4nary-S3cret-value"
BASE = "<title>{% block title %}{% endblock %}</title><main>{% block main %}{% endblock %}</main>"
PAGE = Path(__file__).parents[2] / "templates" / errors.TEMPLATE


class Teapot(HTTPException):
    code = 418
    description = "Short and stout"


def raising(error: Exception) -> Any:
    def view() -> str:
        raise error

    return view


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    (tmp_path / "base.html").write_text(BASE)
    (tmp_path / errors.TEMPLATE).write_text(PAGE.read_text())
    return tmp_path


@pytest.fixture
def app(templates: Path) -> Flask:
    app = Flask("observed", template_folder=str(templates))
    hooks.init_app(app)
    errors.init_app(app)
    views = {
        "/boom": raising(ValueError(CANARY)),
        "/busy": raising(TooManyRequests(retry_after=30)),
        "/closed": raising(Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "x"}))),
        "/teapot": raising(Teapot()),
        "/own-500": lambda: abort(500, CANARY),
        "/own-400": lambda: abort(400, f"Wrong day <b> token={CANARY}"),
        "/own-response": lambda: abort(Response("mine", 409)),
        "/good": lambda: "good",
    }
    for path, view in views.items():
        app.add_url_rule(path, path, view)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_an_error_is_a_problem_document(client: FlaskClient) -> None:
    response = client.get("/no such<place>?token=x", headers={"X-Correlation-ID": "abc"})
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    problem = response.get_json(force=True)
    assert problem.pop("detail").startswith("The requested URL was not found")
    assert problem == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "instance": "/no%20such%3Cplace%3E",
        "correlation_id": "abc",
    }


def test_a_browser_gets_a_page_with_the_id(client: FlaskClient) -> None:
    response = client.get("/nowhere", headers={**BROWSER, "X-Correlation-ID": "abc"})
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "<title>404 Not Found</title>" in response.text and "<code>abc</code>" in response.text


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "application/problem+json, text/html;q=0.5", "", "rubbish;;q"]
)
def test_whoever_does_not_prefer_html_gets_json(client: FlaskClient, accept: str) -> None:
    assert client.get("/nowhere", headers={"Accept": accept}).mimetype == errors.PROBLEM_TYPE


@pytest.mark.parametrize("headers", [{}, BROWSER])
@pytest.mark.parametrize("path", ["/boom", "/own-500"])
def test_what_went_wrong_inside_stays_inside(client: FlaskClient, path: str, headers: dict[str, str]) -> None:
    response = client.get(path, headers=headers)
    assert response.status_code == 500 and "Internal Server Error" in response.text
    assert CANARY not in response.text and "Traceback" not in response.text and "ValueError" not in response.text


@pytest.mark.parametrize("headers", [{}, BROWSER])
@pytest.mark.parametrize(
    ("method", "path", "status", "name", "value"),
    [
        ("GET", "/busy", 429, "Retry-After", "30"),
        ("GET", "/closed", 401, "WWW-Authenticate", "Basic realm=x"),
        ("DELETE", "/good", 405, "Allow", "GET, HEAD, OPTIONS"),
    ],
)
def test_headers_that_an_error_carries_stay(
    client: FlaskClient, method: str, path: str, status: int, name: str, value: str, headers: dict[str, str]
) -> None:
    response = client.open(path, method=method, headers=headers)
    found = [
        ", ".join(sorted(each.split(", "))) if name == "Allow" else each for each in response.headers.get_all(name)
    ]
    assert (response.status_code, found) == (status, [value])
    assert len(response.headers.get_all("Content-Type")) == len(response.headers.get_all("Content-Length")) == 1


def test_a_view_may_say_what_the_client_did_wrong_but_no_secret(client: FlaskClient) -> None:
    assert client.get("/own-400").get_json(force=True)["detail"] == "Wrong day <b> token=***"
    assert "Wrong day &lt;b&gt;" in client.get("/own-400", headers=BROWSER).text


def test_errors_of_an_applications_own_look_the_same(client: FlaskClient) -> None:
    problem = client.get("/teapot").get_json(force=True)
    assert (problem["status"], problem["detail"]) == (418, "Short and stout")


def test_a_response_that_a_view_made_itself_is_left_alone(client: FlaskClient) -> None:
    response = client.get("/own-response")
    assert (response.status_code, response.text) == (409, "mine")


@pytest.mark.parametrize("broken", ["{{ 1 / 0 }}", "{% extends 'missing.html' %}", "{% if %}"])
def test_a_broken_page_falls_back_to_the_document(client: FlaskClient, templates: Path, broken: str) -> None:
    (templates / errors.TEMPLATE).write_text(broken)
    response = client.get("/boom", headers=BROWSER)
    assert (response.status_code, response.mimetype) == (500, errors.PROBLEM_TYPE)


def test_no_error_is_kept_by_a_cache_or_given_to_the_wrong_reader(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.headers["Cache-Control"] == "no-store" and "Accept" in response.headers["Vary"]


def test_a_head_request_has_no_body(client: FlaskClient) -> None:
    response = client.head("/nowhere")
    assert (response.status_code, response.data) == (404, b"")


def test_what_is_no_error_is_left_alone(client: FlaskClient) -> None:
    response = client.get("/good")
    assert response.text == "good" and "Cache-Control" not in response.headers


def test_the_page_fits_into_the_sites_own_frame() -> None:
    app = Flask("observed", template_folder=str(PAGE.parent))
    errors.init_app(app)
    response = app.test_client().get("/nowhere", headers=BROWSER)
    assert response.mimetype == "text/html" and '<a href="/">To the status page</a>' in response.text

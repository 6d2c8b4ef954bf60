"""Addresses that are secrets: the view has the secret, everything around it does not."""

from typing import Any

import pytest
from flask import Flask, request

from monitoring.web import secret_paths
from monitoring.web.secret_paths import secret

SEEN = ("PATH_INFO", "RAW_URI", "REQUEST_URI", "QUERY_STRING")


@pytest.fixture
def client() -> Any:
    app = Flask("paths")

    @app.route("/", defaults={"path": ""})
    @app.route("/<path:path>")
    def seen(path: str) -> dict[str, Any]:
        return {"secret": secret(), "url": request.url, **{name: request.environ.get(name) for name in SEEN}}

    secret_paths.init_app(app)
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/heartbeat/t0ken", "/heartbeat/-"),
        ("/heartbeat/t0ken/start", "/heartbeat/-/start"),
        ("/alerts/t0ken", "/alerts/-"),
        ("/Alerts/t0ken", "/Alerts/-"),
    ],
)
def test_the_secret_is_the_views_alone(client: Any, path: str, told: str) -> None:
    found = client.get(path, environ_overrides={"RAW_URI": path, "REQUEST_URI": path}).json
    assert found.pop("secret") == "t0ken"
    assert (found["PATH_INFO"], found["RAW_URI"]) == (told, told)
    assert "t0ken" not in str(found)


@pytest.mark.parametrize("path", ["//heartbeat/t0ken", "/heartbeat//t0ken"])
def test_slashes_too_many_hide_nothing_less(client: Any, path: str) -> None:
    found = client.get("/", environ_overrides={"PATH_INFO": path}, follow_redirects=False)
    assert "t0ken" not in f"{found.text} {found.headers}".replace('"secret":"t0ken"', "")


@pytest.mark.parametrize("path", ["/", "/heartbeat", "/heartbeat/", "/alerts", "/monitoring/alerts/x", "/heartbeats/x"])
def test_other_paths_are_left_alone(client: Any, path: str) -> None:
    found = client.get(path, environ_overrides={"RAW_URI": path}).json
    assert (found["secret"], found["PATH_INFO"], found["RAW_URI"]) == ("", path, path)


def test_letters_of_any_script_arrive(client: Any) -> None:
    assert client.get("/heartbeat/ключ-%20ä").json["secret"] == "ключ- ä"

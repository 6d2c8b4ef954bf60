"""Forms of admins: only our own pages' count; bodies are bounded; forms and JSON are read alike."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Blueprint, Flask, Response, abort, g
from sqlalchemy.exc import OperationalError

from app import ROOT
from monitoring.signing import Signer
from monitoring.web import away, errors, forms
from monitoring.web.access import Access
from monitoring.web.forms import BODY_BYTES, Forms, Refused, show_again

TOKENS = ("a-token-of-the-tests", "a-token-of-somebody-else")
BASIC, OTHER = ("Basic " + base64.b64encode(f"me:{token}".encode()).decode() for token in TOKENS)
BEARER = f"Bearer {TOKENS[0]}"
Post = Callable[..., Any]


def application(signer: Signer) -> Flask:
    app, routes, made = Flask("forms"), Blueprint("edit", __name__), Forms(signer)
    errors.init_app(app)

    @routes.get("/token")
    def token() -> str:
        return made.token(g.user_id)

    @routes.post("/edit")
    def edit() -> Response:
        made.require()
        said = forms.fields()
        return forms.done("/page", {"title": said.text("title"), "checks": said.texts("checks")}, 201)

    access = Access([hashlib.sha256(token.encode()).hexdigest() for token in TOKENS])
    app.register_blueprint(away.tell(access.protect(routes)))
    return app


@pytest.fixture
def client() -> Any:
    return application(Signer(lambda: "a key of the tests")).test_client()


@pytest.fixture
def post(client: Any) -> Post:
    """A function that sends a form as a browser that knows an admin's token."""

    def send(data: Any = None, authorization: str = BASIC, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post("/edit", data=data, headers={"Authorization": authorization, **named})

    return send


@pytest.fixture
def token(client: Any) -> str:
    return client.get("/token", headers={"Authorization": BASIC}).text


def test_a_form_of_our_own_page_is_taken(post: Post, token: str) -> None:
    answer = post({"csrf_token": token, "title": " Search is slow "})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/page")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_may_be_in_a_header(post: Post, token: str) -> None:
    assert post({"title": "x"}, X_CSRF_Token=token).status_code == 303


def test_a_bearer_token_needs_no_form_token(post: Post) -> None:
    assert post({"title": "x"}, BEARER, Sec_Fetch_Site="cross-site").status_code == 303


@pytest.mark.parametrize("given", ["", "nonsense", "{token}x"])
def test_without_its_token_a_form_is_refused(post: Post, token: str, given: str) -> None:
    answer = post({"csrf_token": given.format(token=token)})
    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert "csrf_token" in answer.json["detail"] and "X-CSRF-Token" in answer.json["detail"]


def test_the_token_of_another_admin_is_refused(post: Post, token: str) -> None:
    assert post({"csrf_token": token}, OTHER).status_code == 403


def test_a_token_that_was_signed_for_another_purpose_is_refused(post: Post, client: Any) -> None:
    user = f"admin-{hashlib.sha256(TOKENS[0].encode()).hexdigest()[:8]}"
    assert post({"csrf_token": Signer(lambda: "a key of the tests").sign("acknowledge", user)}).status_code == 403


def test_a_form_is_good_for_twelve_hours(client: Any, post: Post) -> None:
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False) as traveller:
        token = client.get("/token", headers={"Authorization": BASIC}).text
        traveller.shift(timedelta(hours=12))
        assert post({"csrf_token": token}).status_code == 303
        traveller.shift(timedelta(seconds=1))
        assert post({"csrf_token": token}).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403)]
)
def test_a_form_of_another_site_is_refused(post: Post, token: str, site: str, status: int) -> None:
    answer = post({"csrf_token": token}, Sec_Fetch_Site=site)
    assert answer.status_code == status
    assert status == 303 or site in answer.json["detail"]


def test_a_stranger_is_asked_who_he_is_first(client: Any, token: str) -> None:
    assert client.post("/edit", data={"csrf_token": token}).status_code == 401


def test_json_is_read_as_a_form_is_and_answered_with_json(post: Post) -> None:
    body = json.dumps({"title": " x ", "checks": ["a", " b "]})
    answer = post(body, BEARER, Content_Type="application/json")
    assert (answer.status_code, answer.json) == (201, {"title": "x", "checks": ["a", "b"]})


def test_what_is_missing_or_empty_is_nothing(post: Post) -> None:
    answer = post(json.dumps({"title": "  ", "checks": None}), BEARER, Content_Type="application/json")
    assert answer.json == {"title": None, "checks": []}


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '"x"', "\udc80", '{"title": 1}', '{"title": ["a", "b"]}', "[" * 60_000]
)
def test_what_is_no_object_of_texts_is_a_bad_request(post: Post, body: str) -> None:
    raw = body.encode("utf-8", "surrogateescape")
    assert post(raw, BEARER, Content_Type="application/json").status_code == 400


def test_another_kind_of_body_is_not_taken(post: Post) -> None:
    assert post("<title/>", BEARER, Content_Type="text/xml").status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("authorization", [BASIC, BEARER])
def test_a_body_over_64_kb_is_refused(post: Post, kind: str, authorization: str) -> None:
    assert post(b"a" * (BODY_BYTES + 1), authorization, Content_Type=kind).status_code == 413


def test_a_body_of_64_kb_is_taken(post: Post) -> None:
    body = json.dumps({"title": "x" * (BODY_BYTES - 13)})
    assert len(body) == BODY_BYTES
    assert post(body, BEARER, Content_Type="application/json").status_code == 201


def test_a_key_that_cannot_be_read_is_an_outage_not_a_fault() -> None:
    def away_() -> str:
        raise OperationalError("select", {}, Exception("connection to db1.internal refused"))

    answer = application(Signer(away_)).test_client().get("/token", headers={"Authorization": BASIC})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "db1.internal" not in answer.text


def pleading(page: Callable[[Refused], Response]) -> Any:
    """Return a client of a form that is always refused, on a page that `page` draws."""
    app, routes = Flask("forms", root_path=str(ROOT)), Blueprint("edit", __name__)
    errors.init_app(app)

    @routes.post("/edit")
    def edit() -> Response:
        g.user_id = "admin-12345678"
        abort(400, "title must be text; body must be short.")

    app.register_blueprint(show_again(routes, page, {"title": "Title"}))
    return app.test_client()


def test_a_form_that_is_refused_is_shown_again() -> None:
    client = pleading(
        lambda refused: Response(f"{refused.why} {dict(refused.of('/edit'))} {dict(refused.of('/other'))}")
    )
    answer = client.post("/edit", data={"title": "typed"}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert answer.text == "“Title” must be text; body must be short. {'title': ['typed']} {}"


def test_it_is_said_what_was_wrong_where_the_form_cannot_be_drawn_again() -> None:
    def away_now(_: Refused) -> Response:
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    answer = pleading(away_now).post("/edit", data={"title": "typed"}, headers={"Accept": "text/html"})
    assert (answer.status_code, "title must be text" in answer.text) == (400, True)

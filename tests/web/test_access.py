"""Who is an admin, over HTTP: tokens, JWTs, Basic; and what everybody else is told."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Blueprint, Flask, Request, g, request
from werkzeug.test import EnvironBuilder, TestResponse

from monitoring.logs.redaction import redact
from monitoring.web import access as access_module
from monitoring.web import errors
from monitoring.web.access import CHALLENGES, Access
from monitoring.web.attempts import ALLOWED, Attempts
from tests.support.redis import Redis

TOKEN = "a-token-of-the-tests"
HASHES = ["0" * 64, hashlib.sha256(TOKEN.encode()).hexdigest(), "f" * 64]
SECRET = "a secret of the tests, 32 bytes or more"
WRONG = "Bearer wrong"

Audit = list[tuple[str, str | None, dict[str, Any]]]


def asked_with(authorization: str | None) -> Request:
    headers = {} if authorization is None else {"Authorization": authorization}
    return Request(EnvironBuilder(headers=headers).get_environ())


def signed(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return f"Bearer {jwt.encode(claims, secret, algorithm)}"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def audit() -> Audit:
    return []


@pytest.fixture
def access(audit: Audit) -> Access:
    return Access(HASHES, SECRET, keep_audit=lambda *entry: audit.append(entry))  # type: ignore[arg-type]


@pytest.fixture
def ask(access: Access) -> Callable[..., TestResponse]:
    """A function that asks a protected page."""
    return asker(access)


def asker(access: Access) -> Callable[..., TestResponse]:
    app, routes = Flask("guarded"), Blueprint("admin", __name__)
    errors.init_app(app)
    routes.get("/inside")(lambda: str(g.user_id))
    app.register_blueprint(access.protect(routes))
    app.get("/open")(lambda: str(access.is_admin(request)))
    client = app.test_client()

    def ask(authorization: str | None = None, path: str = "/inside", address: str = "192.0.2.7") -> TestResponse:
        headers = {} if authorization is None else {"Authorization": authorization}
        return client.get(path, headers=headers, environ_base={"REMOTE_ADDR": address})

    return ask


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN} "])
def test_whoever_shows_a_known_token_is_an_admin(authorization: str) -> None:
    assert Access(HASHES).is_admin(asked_with(authorization))


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {HASHES[1]}", "Bearer é\x80"],
)
def test_anybody_else_is_a_stranger(authorization: str | None) -> None:
    assert not Access(HASHES).is_admin(asked_with(authorization))


def test_without_hashes_nobody_is_an_admin() -> None:
    assert not Access().is_admin(asked_with("Bearer "))
    assert not Access().is_admin(asked_with(f"Bearer {TOKEN}"))


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", basic("anybody", TOKEN), basic("", TOKEN)])
def test_a_token_opens_as_bearer_and_as_the_password_of_any_user(ask: Any, authorization: str) -> None:
    answer = ask(authorization)
    assert (answer.status_code, answer.text) == (200, f"admin-{HASHES[1][:8]}")


@pytest.mark.parametrize("claims", [{"role": "admin"}, {"tier": "ultimate"}, {"role": "user", "tier": "ultimate"}])
def test_a_jwt_of_an_admin_opens(ask: Any, claims: dict[str, str]) -> None:
    answer = ask(signed(sub="u-17", exp=time.time() + 60, aud="shop", **claims))
    assert (answer.status_code, answer.text) == (200, "u-17")


def test_a_subject_may_be_a_number(ask: Any) -> None:
    assert ask(signed(sub=17, role="admin")).text == "17"


def test_a_jwt_may_be_the_password_of_basic(ask: Any) -> None:
    assert ask(basic("me", signed(role="admin").removeprefix("Bearer "))).status_code == 200


@pytest.mark.parametrize("claims", [{}, {"role": "user"}, {"role": ["admin"]}, {"tier": "pro"}, {"role": "Admin"}])
def test_a_valid_jwt_of_another_role_is_forbidden(ask: Any, claims: dict[str, Any]) -> None:
    answer = ask(signed(sub="u-17", **claims))
    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize(
    "authorization",
    [
        signed(role="admin", exp=time.time() - 5),
        signed(role="admin", nbf=time.time() + 86400),
        signed("another secret of at least 32 bytes", role="admin"),
        signed(SECRET * 3, "HS512", role="admin"),
        signed("", "none", role="admin"),
        signed(role="admin")[:-2],
        "Bearer a.b.c",
        "Bearer " + base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.x",
    ],
    ids=["expired", "too early", "other key", "other algorithm", "unsigned", "cut", "nonsense", "deeply nested"],
)
def test_a_jwt_that_is_not_in_order_is_refused(ask: Any, authorization: str) -> None:
    assert ask(authorization).status_code == 401


def test_without_a_secret_no_jwt_opens() -> None:
    assert asker(Access(HASHES))(signed(role="admin")).status_code == 401


@pytest.mark.parametrize("secret", ["", "x" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Access(HASHES, secret)


@pytest.mark.parametrize("authorization", [None, "Digest x", "Bearer ", "Basic !!!", "Basic " + "A" * 9])
def test_a_stranger_is_told_how_to_come_in(ask: Any, audit: Audit, authorization: str | None) -> None:
    answer = ask(authorization)
    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == ['Basic realm="Daymark"', "Bearer"]
    assert answer.mimetype == "application/problem+json"
    assert not audit


def test_a_wrong_token_is_challenged_again(ask: Any) -> None:
    answer = ask(WRONG)
    assert (answer.status_code, *answer.headers.getlist("WWW-Authenticate")) == (401, *CHALLENGES)
    assert json.loads(answer.text)["detail"] == "The token is not a right one."


def test_the_eleventh_wrong_token_of_a_minute_is_told_to_wait(ask: Any) -> None:
    assert [ask(WRONG).status_code for _ in range(ALLOWED)] == [401] * ALLOWED
    answer = ask(WRONG)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_right_token_is_never_refused(ask: Any) -> None:
    for _ in range(ALLOWED + 5):
        ask(WRONG)
    assert ask(f"Bearer {TOKEN}").status_code == 200
    assert ask(WRONG).status_code == 429


def test_neither_strangers_nor_other_roles_count_as_failures(ask: Any) -> None:
    for _ in range(ALLOWED + 5):
        ask()
        ask(signed(role="user"))
    assert ask(WRONG).status_code == 401


def test_wrong_tokens_count_wherever_they_are_shown(ask: Any) -> None:
    assert {ask(WRONG, "/open").text for _ in range(ALLOWED)} == {"False"}
    assert ask(WRONG).status_code == 429
    assert ask(f"Bearer {TOKEN}", "/open").text == "True"


def test_workers_share_what_they_count(redis_server: Redis) -> None:
    workers = [asker(Access(HASHES, attempts=Attempts(redis_server.url))) for _ in range(2)]
    answers = [workers[turn % 2](WRONG, address="203.0.113.9").status_code for turn in range(ALLOWED + 2)]
    assert answers == [401] * ALLOWED + [429] * 2


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", WRONG, signed(role="admin"), signed(role="user")])
def test_right_or_wrong_the_same_work_is_done(ask: Any, authorization: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    decoded: list[str] = []
    compare, decode = hmac.compare_digest, jwt.decode
    monkeypatch.setattr(
        access_module.hmac, "compare_digest", lambda one, other: compared.append(other) or compare(one, other)
    )
    monkeypatch.setattr(jwt, "decode", lambda *given, **named: decoded.append("once") or decode(*given, **named))
    ask(authorization)
    assert compared[: len(HASHES)] == HASHES  # a JWT's own signature is compared after them
    assert decoded == ["once"]


@pytest.mark.parametrize(
    ("authorization", "user_id", "outcome"),
    [
        (f"Bearer {TOKEN}", f"admin-{HASHES[1][:8]}", "granted"),
        (signed(sub="u-17", role="user"), "u-17", "forbidden"),
        (WRONG, None, "refused"),
    ],
)
def test_every_attempt_is_audited(ask: Any, audit: Audit, authorization: str, user_id: str, outcome: str) -> None:
    ask(authorization)
    assert audit == [("admin.access", user_id, {"address": "192.0.2.7", "outcome": outcome, "path": "/inside"})]


def test_an_attempt_that_is_limited_is_audited_as_such(ask: Any, audit: Audit) -> None:
    for _ in range(ALLOWED + 1):
        ask(WRONG)
    assert [details["outcome"] for _, _, details in audit] == ["refused"] * ALLOWED + ["limited"]


@pytest.mark.parametrize(
    "authorization", [f"Bearer {TOKEN}", basic(TOKEN, TOKEN), basic(TOKEN, "wrong"), f"Bearer {TOKEN}x"]
)
def test_no_token_is_ever_written_down(
    ask: Any, audit: Audit, authorization: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    answer = ask(authorization)
    told = f"{audit} {answer.text if answer.status_code != 200 else ''} {[vars(each) for each in caplog.records]}"
    assert "Audit Log" in told
    assert TOKEN not in told


def test_an_admins_name_outlives_the_redaction(ask: Any, audit: Audit) -> None:
    ask(f"Bearer {TOKEN}")
    assert redact(audit[0][1]) == audit[0][1]


def test_an_audit_that_cannot_be_kept_keeps_nobody_out() -> None:
    def keep(*entry: object) -> None:
        raise OSError("the store is away")

    assert asker(Access(HASHES, keep_audit=keep))(f"Bearer {TOKEN}").status_code == 200

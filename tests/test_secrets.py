"""A canary stands wherever a secret can stand, and no output may sing of it."""

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitoring.health.checks import KINDS
from monitoring.settings import SettingsError, load
from monitoring.store import migrate
from monitoring.store.database import Database
from tests.support.http import HttpServer
from tests.support.postgres import PASSWORD, Postgres
from tests.support.redis import Redis
from tests.support.service import Service, flask
from tests.support.sockets import refusing_port
from tests.support.waiting import until

CANARY = "C4naryThatSings"
ADMIN_TOKEN = f"{CANARY}-admin-token"
ADMIN_HASH = hashlib.sha256(ADMIN_TOKEN.encode()).hexdigest()
SECRETS = (CANARY, PASSWORD, ADMIN_HASH)
ECHO = json.dumps({"error": {"message": f"Incorrect API key provided: {CANARY}0. password={CANARY}", "token": CANARY}})
VARIABLES = {
    "LOG_LEVEL": "trace",
    "LOG_DIR": "",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}1",
    "AWS_SESSION_TOKEN": f"{CANARY}2",
    "OPENAI_API_KEY": f"sk-{CANARY}3",
    "JWT_SECRET": f"{CANARY}4" * 3,
    "SECRET_KEY": f"{CANARY}5",
    "SENTRY_DSN": f"https://{CANARY}6@sentry.example/5",
    "ADMIN_TOKEN_HASHES": ADMIN_HASH,
    "SHOP_TOKEN": f"{CANARY}7",
}
JOB_TOKEN = f"{CANARY}-of-a-job-that-calls"
SAID = f"We moved to postgresql://app:{CANARY}30@db.internal/shop, password={CANARY}31, sk-{CANARY}32."

HOOKS = {
    f"/chat/{CANARY}40": f"/chat/{CANARY}40",
    "/pager": f"{CANARY}41",
    "/hook": f"user {CANARY}8 with {CANARY}43",
    f"/any/{CANARY}46": f"{CANARY}45 at {CANARY}46",
}
"""What channels send to, and what of it is repeated to them."""


def document(http: HttpServer, redis: Redis) -> str:
    """Return checks that hold secrets in every field that can, and meet servers that repeat what they are told."""
    web, port = http.url.replace("http://", f"http://user:{CANARY}8@"), refusing_port()
    return f"""
[[checks]]
name = "with-header"
type = "http"
url = "{http.url}/echo"
headers = {{ Authorization = "Bearer {CANARY}9", X-Api-Key = "${{SHOP_TOKEN}}" }}
[[checks]]
name = "with-user"
type = "http"
url = "{web}/echo"
condition = "error.message == 'well'"
[[checks]]
name = "with-query"
type = "http"
url = "{http.url}/echo?token={CANARY}10"
expected_status = 200
contains = "wellness"
[[checks]]
name = "with-redirect"
type = "http"
url = "{http.url}/away?key={CANARY}11"
[[checks]]
name = "broken-database"
type = "database"
url = "postgresql://app:{CANARY}12@127.0.0.1:{port}/shop"
[[checks]]
name = "broken-redis"
type = "redis"
url = "redis://:{CANARY}13@127.0.0.1:{port}/0"
[[checks]]
name = "locked-redis"
type = "redis"
url = "redis://app:{CANARY}14@127.0.0.1:{redis.port}/0"
[[checks]]
name = "nightly"
type = "heartbeat"
token = "{JOB_TOKEN}"
every = "1d"
[[channels]]
name = "chat"
type = "slack"
url = "{http.url}/chat/{CANARY}40"
[[channels]]
name = "pager"
type = "pagerduty"
url = "{http.url}/pager"
routing_key = "{CANARY}41"
[[channels]]
name = "mail"
type = "email"
url = "smtp://me:{CANARY}42@127.0.0.1:{port}"
from = "daymark@example.org"
to = ["ops@example.org"]
starttls = false
[[channels]]
name = "hook"
type = "webhook"
url = "{web}/hook?token={CANARY}43"
secret = "{CANARY}44"
[[channels]]
name = "any"
type = "apprise"
url = "json://me:{CANARY}45@127.0.0.1:{http.port}/any/{CANARY}46"
"""


class Scene:
    """A store, a status.toml and variables, all of them with secrets."""

    def __init__(self, postgres: Postgres, redis: Redis, http: HttpServer) -> None:
        self.url = postgres.create_database()
        self.document = document(http, redis)
        http.route("/echo", ECHO, 403)
        for path, sent in HOOKS.items():
            http.route(path, f"Sorry, {sent} is not known here", 403)
        http.redirect("/away", f"http://user:{CANARY}15@127.0.0.1:{refusing_port()}/?token={CANARY}16")
        cache = f"redis://:{CANARY}17@127.0.0.1:{redis.port}/0"
        api = http.url.replace("http://", f"http://{CANARY}18@")
        self.variables = VARIABLES | {
            "REDIS_URL": cache,
            "AWS_ENDPOINT_URL": http.url,
            "OPENAI_BASE_URL": f"{api}/echo",
            "DEADMAN_URL": f"{api}/echo?key={CANARY}47",
        }
        database = Database(self.url)
        migrate.upgrade(database)
        database.close()


@pytest.fixture
def locked_redis() -> Iterator[Redis]:
    server = Redis(password=f"{CANARY}19").start()
    yield server
    server.close()


@pytest.fixture
def scene(postgres: Postgres, locked_redis: Redis, http_server: HttpServer) -> Scene:
    return Scene(postgres, locked_redis, http_server)


def assert_silent(text: str) -> None:
    for secret in SECRETS:
        at = text.find(secret)
        assert at < 0, f"…{text[max(0, at - 300) : at + 60]}…"


@pytest.mark.parametrize("environment", ["production", "development"])
def test_no_answer_and_no_log_line_holds_a_secret(scene: Scene, environment: str, http_server: HttpServer) -> None:
    service = Service(scene.url, scene.document, ENVIRONMENT=environment, **scene.variables)
    try:
        service.start()
        until(lambda: all(check["checked_at"] for check in checks_of(service)), 20)
        say(service)
        until(lambda: all(f">{name}</td>" in alerts_of(service) for name in CHANNELS), 20)
        answers = "".join(answered(service))
        service.stop()
        assert_silent(answers)
        assert_silent(service.log)
        assert CANARY in str(http_server.requests)
        assert all(error in answers for error in ERRORS)
        assert service.log.count("Request completed") >= 8 and "was unknown, is unhealthy" in service.log
    finally:
        service.close()


ERRORS = ("expected 200-399 got 403", "authentication failed")
"""What admins are told of the checks, and strangers are not."""
CHANNELS = ("chat", "pager", "mail", "hook", "any")


def say(service: Service) -> None:
    """Tell, as a person and as a job, what is better not told."""
    admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    checks = ["with-header"]
    told = post(service, "/monitoring/incidents", {"title": SAID, "body": SAID, "checks": checks}, **admin)
    planned = {"title": SAID, "body": SAID, "lasting": "1h", "checks": ["nightly"]}
    assert [told, post(service, "/monitoring/maintenance", planned, **admin)] == [201, 201]
    assert post(service, f"/heartbeat/{JOB_TOKEN}/1", {"log": f"{SAID} {JOB_TOKEN}"}) == 200
    assert post(service, f"/heartbeat/{JOB_TOKEN}x", {}) == 404


def post(service: Service, path: str, body: dict, **headers: str) -> int:
    """Send JSON and return the status."""
    given = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"http://127.0.0.1:{service.port}{path}", json.dumps(body).encode(), given)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as refused:
        return refused.code


def alerts_of(service: Service) -> str:
    """Return the page of alerts, once each channel was tried."""
    page: str = service.get("/monitoring/alerts", Authorization=f"Bearer {ADMIN_TOKEN}")[1]
    return page.partition('id="waiting"')[2]


def checks_of(service: Service) -> list[dict]:
    return json.loads(service.get("/health?detailed=true", Authorization=f"Bearer {ADMIN_TOKEN}")[1])["checks"]


def answered(service: Service) -> Iterator[str]:
    """Yield every kind of answer, to strangers, to admins and to browsers, headers too."""
    paths = ["/", "/history", "/health?detailed=true", f"/nowhere?token={CANARY}20", "/metrics", "/health/nobody"]
    names = [check["service"] for check in checks_of(service)]
    paths += [f"/{room}/{name}" for name in names for room in ("status", "health")]
    paths += [f"/badge/{name}.svg" for name in names] + [f"/badge/{name}/uptime.svg" for name in names]
    rooms = ("", "incidents", "maintenance", "alerts", "checks", "system", "heartbeats/nightly")
    paths += ["/feed.atom", "/maintenance.ics", "/badge.svg", "/openapi.json"] + [
        f"/monitoring/{each}" for each in rooms
    ]
    documents = ("summary", "incidents", "incidents/unresolved", "scheduled-maintenances", "components", "status")
    paths += [f"/api/v2/{each}.json" for each in documents]
    unresolved = json.loads(service.get("/api/v2/incidents/unresolved.json")[1])["incidents"]
    paths += [f"/incidents/{each['id']}" for each in unresolved] + [f"/alerts/{CANARY}24", f"/heartbeat/{CANARY}25"]
    for path in paths:
        for headers in (
            {"Authorization": f"Bearer {ADMIN_TOKEN}"},
            {"Authorization": f"Basic {CANARY}21", "Cookie": f"session={CANARY}22"},
            {"Accept": "text/html", "X-Correlation-ID": f"key={CANARY}23"},
        ):
            status, text, told = service.get(path, **headers)
            assert status < 500 or path.startswith("/health"), (path, status, text)
            told_errors = [error for error in ERRORS if error in text and ADMIN_TOKEN not in str(headers)]
            assert not told_errors, (path, told_errors)
            yield f"{path.partition('?')[0].replace(CANARY, '-')} {status} {text} {told}\n"


def test_the_command_line_prints_no_secret(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "status.toml").write_text(scene.document)
    variables = scene.variables | {"DATABASE_URL": scene.url, "STATUS_CONFIG": str(tmp_path / "status.toml")}
    for command, sign in (("config", "with-redirect"), ("check", "✗ with-header"), ("migrate", "")):
        said = flask(command, **variables)
        assert sign in said.stdout
        assert_silent(said.stdout + said.stderr)


def test_a_store_that_refuses_its_password_is_told_of_without_it(scene: Scene) -> None:
    said = flask("migrate", DATABASE_URL=scene.url.replace(PASSWORD, f"{CANARY}24"))
    assert said.returncode == 1 and "password authentication failed" in said.stderr
    assert_silent(said.stdout + said.stderr)


def test_the_picture_of_settings_holds_no_secret(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "status.toml").write_text(scene.document)
    settings = load(scene.variables | {"DATABASE_URL": scene.url}, KINDS, tmp_path)
    assert_silent(f"{settings!r} {settings} {settings.checks!r} {settings.page!r}")


def test_faults_of_settings_hold_no_secret(tmp_path: Path) -> None:
    wrong = {
        "DATABASE_URL": f"mysql://app:{CANARY}@db/app",
        "REDIS_URL": f"http://:{CANARY}@cache",
        "AWS_ENDPOINT_URL": f"ftp://user:{CANARY}@s3.example",
        "OPENAI_BASE_URL": f"api.example/v1?key={CANARY}",
        "ADMIN_TOKEN_HASHES": f"{CANARY},{CANARY}",
        "JWT_SECRET": CANARY,
        "SENTRY_DSN": f"https://{CANARY}@",
        "SHOP_TOKEN": CANARY,
    }
    tables = f"""
[[checks]]
name = "web"
type = "http"
url = "ftp://user:{CANARY}@web.example/?token={CANARY}"
headers = {{ Authorization = ["{CANARY}"] }}
password = "{CANARY}"
[[checks]]
name = "cache"
type = "redis"
url = "${{SHOP_TOKEN}}"
[[checks]]
name = "api"
type = "openai"
api_key = ["{CANARY}"]
"""
    (tmp_path / "status.toml").write_text(tables)
    with pytest.raises(SettingsError) as raised:
        load(wrong, KINDS, tmp_path)
    assert len(raised.value.faults) >= 11
    assert_silent(str(raised.value))

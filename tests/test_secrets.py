"""A canary stands wherever a secret can stand, and no output may sing of it."""

import hashlib
import json
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
"""


class Scene:
    """A store, a status.toml and variables, all of them with secrets."""

    def __init__(self, postgres: Postgres, redis: Redis, http: HttpServer) -> None:
        self.url = postgres.create_database()
        self.document = document(http, redis)
        http.route("/echo", ECHO, 403)
        http.redirect("/away", f"http://user:{CANARY}15@127.0.0.1:{refusing_port()}/?token={CANARY}16")
        cache = f"redis://:{CANARY}17@127.0.0.1:{redis.port}/0"
        api = http.url.replace("http://", f"http://{CANARY}18@")
        self.variables = VARIABLES | {
            "REDIS_URL": cache,
            "AWS_ENDPOINT_URL": http.url,
            "OPENAI_BASE_URL": f"{api}/echo",
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
        answers = "".join(answered(service))
        service.stop()
        assert_silent(answers)
        assert_silent(service.log)
        assert CANARY in str(http_server.requests)
        assert "expected 200-399 got 403" in answers and "authentication failed" in answers
        assert service.log.count("Request completed") >= 8 and "was unknown, is unhealthy" in service.log
    finally:
        service.close()


def checks_of(service: Service) -> list[dict]:
    return json.loads(service.get("/health?detailed=true", Authorization=f"Bearer {ADMIN_TOKEN}")[1])["checks"]


def answered(service: Service) -> Iterator[str]:
    """Yield every kind of answer, to strangers, to admins and to browsers, headers too."""
    paths = ["/", "/history", "/health?detailed=true", f"/nowhere?token={CANARY}20", "/metrics", "/health/nobody"]
    names = [check["service"] for check in checks_of(service)]
    paths += [f"/{room}/{name}" for name in names for room in ("status", "health")]
    for path in paths:
        for headers in (
            {"Authorization": f"Bearer {ADMIN_TOKEN}"},
            {"Authorization": f"Basic {CANARY}21", "Cookie": f"session={CANARY}22"},
            {"Accept": "text/html", "X-Correlation-ID": f"key={CANARY}23"},
        ):
            status, text, told = service.get(path, **headers)
            assert status < 500 or path.startswith("/health"), (path, status, text)
            yield f"{path.partition('?')[0]} {status} {text} {told}\n"


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

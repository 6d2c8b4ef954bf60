"""`/health` over HTTP: constant for load balancers, in detail for whoever asks."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitoring import clock
from monitoring.health.check import Answer
from monitoring.health.registry import Registry
from monitoring.status import Cause, Result, Status
from monitoring.store.database import Database
from monitoring.web import health
from tests.maintenance.plans import work
from tests.support.apps import NO_BUILTINS, TurnedClock, daymark_of
from tests.support.history import lived, planned
from tests.support.http import HangingServer
from tests.support.waiting import until
from tests.web.conftest import MakeApp

TOKEN = "a-token-of-the-tests"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
HASH = hashlib.sha256(TOKEN.encode()).hexdigest()
DETAILED = "/health?detailed=true"
PUBLIC_FIELDS = {"service", "status", "response_time_ms", "checked_at", "age_seconds", "cause"}
UNCACHED = "no-cache, no-store, must-revalidate"


class Dependency:
    """A check's function that a test tells what to say; it counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self) -> Answer:
        self.asked += 1
        self.go_on.wait(60)
        return Answer(details={"host": "db1.internal"})


class House:
    """An application over a store, its checks, and what they were found to be a moment ago."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self._database = app, database
        self._registry: Registry = daymark_of(app).registry

    def check(self, name: str, status: Status | None = None, **settings: object) -> Dependency:
        """Add a check; `status` is what it was just found to be, None for never asked."""
        dependency = Dependency()
        self._registry.register(name, dependency, **settings)
        if status is not None:
            at, error = clock.now() - 1, None if status is Status.HEALTHY else "refused by db1.internal"
            cause = Cause.REFUSED if error else None
            found = Result(check=name, status=status, scheduled_at=at, finished_at=at, cause=cause, error=error)
            lived(self._database, [self._registry.get(name).settings], [found])
        return dependency

    @property
    def client(self) -> FlaskClient:
        """Return a client of its own, since one must not be shared among threads."""
        return self.app.test_client()

    def detailed(self, **headers: str) -> dict:
        return self.client.get(DETAILED, headers=headers).get_json()

    def one(self, name: str, **headers: str) -> dict:
        return next(check for check in self.detailed(**headers)["checks"] if check["service"] == name)


@pytest.fixture
def house(sqlite: Database, make_app: MakeApp) -> House:
    return House(make_app(sqlite, ADMIN_TOKEN_HASHES=HASH, APP_VERSION="1.2.3"), sqlite)


@pytest.fixture
def slow(house: House) -> Iterator[Dependency]:
    dependency = house.check("slow")
    dependency.go_on.clear()
    yield dependency
    dependency.go_on.set()


@pytest.mark.parametrize("path", ["/health", "/api/health", "/health?detailed=false", "/health/live"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_load_balancers_get_a_constant_without_any_input_or_output(
    make_app: MakeApp, hanging_server: HangingServer, path: str, method: str
) -> None:
    app = make_app(f"postgresql://daymark:x@127.0.0.1:{hanging_server.port}/store")
    answer = app.test_client().open(path, method=method)
    body = b'{"status":"ok"}' if method == "GET" else b""
    assert (answer.status_code, answer.data, answer.content_length) == (200, body, 15)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/json", UNCACHED)
    assert hanging_server.connections == 0


def test_in_detail_it_tells_all_that_a_stranger_may_know(house: House) -> None:
    house.check("api", Status.HEALTHY)
    answer = house.client.get(DETAILED)
    body = answer.get_json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, UNCACHED)
    assert list(body) == ["status", "timestamp", "version", "uptime", "checks", "memory"]
    assert (body["status"], body["version"], body["uptime"]) == ("healthy", "1.2.3", 0)
    [check] = body["checks"]
    assert set(check) == PUBLIC_FIELDS
    assert (check["service"], check["status"], check["cause"]) == ("api", "healthy", None)
    assert 0.9 < check["age_seconds"] < 10 and check["checked_at"].endswith("Z")


def test_memory_is_told_in_bytes(house: House) -> None:
    memory = house.detailed()["memory"]
    assert list(memory) == ["rss", "heap_total", "heap_used", "external"]
    assert memory["rss"] > 10**7 and memory["heap_used"] + memory["external"] == memory["rss"]


def test_both_addresses_say_the_same_in_detail(house: House) -> None:
    house.check("api", Status.HEALTHY)
    assert house.client.get("/api/health?detailed=true").get_json()["checks"][0]["service"] == "api"


def test_strangers_see_the_cause_and_admins_the_error_too(house: House) -> None:
    house.check("api", Status.UNHEALTHY)
    stranger, admin = house.one("api"), house.one("api", **ADMIN)
    assert set(stranger) == PUBLIC_FIELDS and stranger["cause"] == "refused"
    assert set(admin) == PUBLIC_FIELDS | {"details", "error"} and admin["error"] == "refused by db1.internal"


def test_a_wrong_token_makes_a_stranger_and_nothing_else(house: House) -> None:
    house.check("api", Status.HEALTHY)
    answer = house.client.get(DETAILED, headers={"Authorization": f"Bearer {TOKEN}x"})
    assert answer.status_code == 200 and "error" not in answer.get_json()["checks"][0]


def test_private_checks_count_in_the_whole_and_only_admins_see_them(house: House) -> None:
    house.check("vault", Status.UNHEALTHY, public=False)
    house.check("api", Status.HEALTHY)
    answer = house.client.get(DETAILED)
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unhealthy")
    assert "vault" not in answer.text and house.one("vault", **ADMIN)["status"] == "unhealthy"


@pytest.mark.parametrize(
    ("status", "impact", "code"),
    [
        (Status.HEALTHY, "unhealthy", 200),
        (Status.DEGRADED, "unhealthy", 200),
        (Status.UNHEALTHY, "unhealthy", 503),
        (Status.UNHEALTHY, "degraded", 200),
    ],
)
def test_degraded_still_serves_and_unhealthy_does_not(house: House, status: Status, impact: str, code: int) -> None:
    house.check("api", status, impact=impact)
    assert house.client.get(DETAILED).status_code == code


def test_a_whole_of_which_nothing_is_known_does_not_serve(house: House) -> None:
    answer = house.client.get(DETAILED)
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unknown")


def test_a_check_in_maintenance_may_be_down_and_says_so(house: House, sqlite: Database) -> None:
    house.check("api", Status.HEALTHY)
    house.check("mail", Status.UNHEALTHY)
    planned(sqlite, work(clock.now() - 60, checks=("mail",)))
    answer = house.client.get(DETAILED)
    [api, mail] = answer.get_json()["checks"]
    assert (answer.status_code, answer.get_json()["status"]) == (200, "healthy")
    assert (mail["status"], mail["maintenance"], "maintenance" in api) == ("unhealthy", True, False)
    assert house.client.get("/health/mail").status_code == 200


def test_maintenance_of_one_check_excuses_no_other(house: House, sqlite: Database) -> None:
    house.check("api", Status.UNHEALTHY)
    house.check("mail", Status.HEALTHY)
    planned(sqlite, work(clock.now() - 60, checks=("mail",)))
    assert [house.client.get(path).status_code for path in (DETAILED, "/health/api")] == [503, 503]


def test_a_whole_in_maintenance_is_not_known_and_not_refused(house: House, sqlite: Database) -> None:
    house.check("api", Status.UNHEALTHY)
    planned(sqlite, work(clock.now() - 60))
    answer = house.client.get(DETAILED)
    assert (answer.status_code, answer.get_json()["status"]) == (200, "unknown")


def test_a_check_that_was_never_asked_is_asked_now_and_marked_fresh(house: House) -> None:
    house.check("api", Status.HEALTHY)
    unknown = house.check("queue")
    [api, queue] = house.detailed(**ADMIN)["checks"]
    assert "fresh" not in api
    assert (queue["fresh"], queue["status"], queue["details"]) == (True, "healthy", {"host": "db1.internal"})
    assert queue["age_seconds"] < 3 and unknown.asked == 1


def test_a_check_whose_last_result_is_old_is_asked_now(house: House, turned_clock: TurnedClock) -> None:
    dependency = house.check("api", Status.UNHEALTHY, interval="10s", timeout="1s")
    assert house.one("api")["status"] == "unhealthy"
    turned_clock.ahead += 21
    assert house.one("api")["fresh"] and house.one("api")["status"] == "healthy"
    assert dependency.asked == 1


def test_many_who_ask_at_once_share_one_probe(house: House, slow: Dependency) -> None:
    with ThreadPoolExecutor(30) as pool:
        answers = [pool.submit(house.one, "slow") for _ in range(30)]
        until(lambda: slow.asked)
        slow.go_on.set()
    assert [answer.result()["fresh"] for answer in answers] == [True] * 30
    assert slow.asked == 1


def test_it_is_asked_at_most_every_15_seconds(house: House, turned_clock: TurnedClock) -> None:
    dependency = house.check("api")
    for ahead, asked in ((0, 1), (14, 1), (1, 2)):
        turned_clock.ahead += ahead
        assert house.one("api")["fresh"]
        assert dependency.asked == asked


def test_one_that_hangs_stays_unknown_after_three_seconds(house: House, slow: Dependency) -> None:
    began = clock.monotonic()
    answer = house.client.get(DETAILED)
    assert 2.5 < clock.monotonic() - began < 4.5
    [check] = answer.get_json()["checks"]
    assert (check["status"], "fresh" in check, answer.status_code) == ("unknown", False, 503)


def test_a_paid_check_is_never_asked_on_demand(house: House) -> None:
    paid = house.check("embedding", price=0.01, daily_budget=1.0)
    assert (house.one("embedding")["status"], paid.asked) == ("unknown", 0)


def test_it_answers_even_when_its_answer_cannot_be_made_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, int]:
        raise OSError("no /proc here, says db1.internal")

    monkeypatch.setattr(health, "memory", fail)
    answer = house.client.get(DETAILED)
    body = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (503, "application/json")
    assert body.pop("timestamp") and body == {"status": "unhealthy", "error": "Health check failed"}
    assert answer.headers["Cache-Control"] == UNCACHED


@pytest.mark.parametrize(("status", "code"), [(Status.HEALTHY, 200), (Status.DEGRADED, 200), (Status.UNHEALTHY, 503)])
def test_one_check_has_an_address_of_its_own(house: House, status: Status, code: int) -> None:
    house.check("api", status)
    answer = house.client.get("/health/api")
    assert (answer.status_code, answer.get_json()["status"], set(answer.get_json())) == (code, status, PUBLIC_FIELDS)
    assert "error" in house.client.get("/health/api", headers=ADMIN).get_json()


def test_an_unknown_and_a_private_check_look_alike_to_strangers(house: House) -> None:
    house.check("vault", Status.UNHEALTHY, public=False)
    unknown, private = (house.client.get(f"/health/{name}") for name in ("nobody", "vault"))
    for answer in (unknown, private):
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert unknown.text.replace("nobody", "vault").split(',"correlation_id')[0] in private.text
    assert house.client.get("/health/vault", headers=ADMIN).status_code == 503


def test_it_is_ready_once_its_threads_run(sqlite: Database, make_app: MakeApp) -> None:
    app = make_app(sqlite, document=NO_BUILTINS)
    client = app.test_client()
    before = client.get("/health/ready")
    assert (before.status_code, before.get_json(), before.headers["Cache-Control"]) == (
        503,
        {"status": "starting"},
        UNCACHED,
    )
    daymark_of(app).start()
    assert (client.get("/health/ready").status_code, client.get("/health/live").status_code) == (200, 200)
    daymark_of(app).stop()
    assert client.get("/health/ready").status_code == 503

"""A dependency breaks and is mended: page, health and store say the same, in time."""

import time

import pytest

from monitoring.overview.outages import outages_of
from monitoring.store import transitions
from monitoring.store.database import Database
from tests.support.redis import Redis
from tests.support.waiting import until
from tests.system.conftest import Start

INTERVAL, TIMEOUT = 2.0, 1.0
DOCUMENT = f"""
[[checks]]
name = "redis"
interval = "{INTERVAL:g}s"
timeout = "{TIMEOUT:g}s"
retry_interval = "500ms"
"""
IN_TIME = 1.5 * INTERVAL + 3 * TIMEOUT + 1


@pytest.fixture
def own_redis():
    server = Redis().start()
    yield server
    server.close()


def test_a_stopped_redis_is_seen_and_a_started_one_too(store_url: str, own_redis: Redis, serve: Start) -> None:
    service = serve(store_url, DOCUMENT, REDIS_URL=own_redis.url)
    until(lambda: "All systems operational" in _page(service, "operational"), 10)
    assert service.health()["status"] == "healthy"

    stopped = time.time()
    own_redis.stop()
    until(lambda: service.state("redis") == "unhealthy", IN_TIME)
    assert service.get("/health?detailed=true")[0] == 503
    assert "Redis is down" in until(lambda: _page(service, "down"), 2)

    started = time.time()
    own_redis.start()
    until(lambda: service.state("redis") == "healthy", IN_TIME)
    assert "All systems operational" in until(lambda: _page(service, "operational"), 2)

    [outage] = stored_outages(store_url)
    assert stopped <= outage.started_at <= stopped + INTERVAL + 0.5
    assert started <= outage.ended_at <= started + INTERVAL + 0.5
    assert outage.cause == "refused"


def _page(service, word: str) -> str:
    text = service.get("/")[1]
    return text if word in text.split("</h1>")[0] else ""


def stored_outages(url: str) -> list:
    database = Database(url)
    with database.read() as connection:
        changes = transitions.between(connection, ["redis"], 0, time.time() + 1)
    database.close()
    return outages_of(changes, {})

"""From an outage to the people who know: whole services, real dependencies, and stand-ins of those who are told."""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring.clock import iso
from monitoring.overview.outages import outages_of
from monitoring.store import transitions
from monitoring.store.database import Database
from tests.support.certificates import Certificates
from tests.support.hooks import Listener
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.service import Service
from tests.support.smtp import Mailbox
from tests.support.waiting import until
from tests.system.conftest import Start

KILLS = int(os.environ.get("DAYMARK_TEST_KILLS", "2"))
"""Each costs the ten seconds after which another process may claim the lease, so that twenty are for a longer run."""


def check(name: str, more: str = "", interval: str = "2s") -> str:
    """One check that is asked often."""
    return f"""
[[checks]]
name = "{name}"
interval = "{interval}"
timeout = "1s"
retry_interval = "500ms"
{more}
"""


class Ears:
    """One of each who can be told."""

    def __init__(self, certificates: Certificates) -> None:
        self.slack, self.pager, self.hook = Listener(), Listener(202), Listener()
        self.mail = Mailbox(certificates)
        self._authority = certificates.ca

    @property
    def document(self) -> str:
        return f"""
[[channels]]
name = "chat"
type = "slack"
url = "{self.slack.url}"
timeout = "2s"
[[channels]]
name = "pager"
type = "pagerduty"
url = "{self.pager.url}"
routing_key = "0123456789abcdef0123456789abcdef"
[[channels]]
name = "mail"
type = "email"
url = "{self.mail.url}"
from = "daymark@example.org"
to = ["ops@example.org"]
ca_file = "{self._authority}"
[[channels]]
name = "hook"
type = "webhook"
url = "{self.hook.url}"
timeout = "2s"
"""

    def close(self) -> None:
        for each in (self.slack, self.pager, self.hook, self.mail):
            each.close()

    def heard(self, word: str) -> dict[str, int]:
        """How many messages each took that speak of `word`."""
        return {
            "chat": sum(word in text for text in self.chat()),
            "pager": sum(word in one.body.decode() for one in self.pager.taken),
            "mail": sum(word in str(one["Subject"]) for one in self.mail.messages),
            "hook": sum(word in one.body.decode() for one in self.hook.taken),
        }

    def chat(self) -> list[str]:
        return [one.json["text"] for one in self.slack.taken]


@pytest.fixture
def ears(certificates: Certificates) -> Iterator[Ears]:
    made = Ears(certificates)
    yield made
    made.close()


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    server = Redis().start()
    yield server
    server.close()


def events(listener: Listener) -> list[tuple[str, str]]:
    """What a webhook took: event and dedup key, digests taken apart."""
    told = [one.json for one in listener.taken]
    single = [each for one in told for each in one.get("alerts", [one])]
    return [(each["event"], each["dedup_key"]) for each in single]


def actions(listener: Listener) -> list[tuple[str, str]]:
    return [(one.json["event_action"], one.json["dedup_key"]) for one in listener.taken]


def well(service: Service) -> None:
    """Wait until the leader has stored that all is well: `/health` would ask by itself before that."""
    until(lambda: "All systems operational" in service.get("/")[1].split("</h1>")[0], 20)


def kill_leader(service: Service, after_seconds: float) -> None:
    """Kill whoever leads after a while, and wait until another process does."""
    moment = time.monotonic() + after_seconds
    until(lambda: time.monotonic() >= moment, after_seconds + 1)
    leader = service.leader_pid
    os.kill(leader, signal.SIGKILL)
    until(lambda: service.leader_pid not in (0, leader), 40, every=0.1)


def one_trigger_and_one_resolve(ears: Ears) -> None:
    """Everybody heard it once, and once that it is over, under one key."""
    for told in (events(ears.hook), actions(ears.pager)):
        assert [event for event, _ in told] == ["trigger", "resolve"], told
        assert len({key for _, key in told}) == 1
    assert len(ears.chat()) == len(ears.mail.messages) == 2


def test_a_stopped_redis_is_told_once_and_its_return_too(
    store_url: str, own_redis: Redis, ears: Ears, serve: Start
) -> None:
    service = serve(store_url, check("redis") + ears.document, workers=2, REDIS_URL=own_redis.url)
    well(service)
    own_redis.stop()
    until(lambda: min(ears.heard("Redis").values()) == 1, 8)
    assert "Redis is down" in until(lambda: _front(service, "Investigating"), 5)

    own_redis.start()
    until(lambda: min(ears.heard("Redis").values()) == 2, 8)
    one_trigger_and_one_resolve(ears)
    trigger, resolve = (one.json for one in ears.hook.taken)
    assert trigger["started_at"] == resolve["started_at"]
    [outage] = _lasted(store_url)
    assert resolve["duration_seconds"] == pytest.approx(outage, abs=1)
    until(lambda: not _front(service, "Investigating"), 5)
    [incident] = _json(service, "/api/v2/incidents.json")["incidents"]
    assert (incident["status"], incident["components"][0]["name"]) == ("resolved", "Redis")


def test_a_channel_that_hangs_and_one_that_refuses_keep_nobody_else_waiting(
    store_url: str, own_redis: Redis, ears: Ears, serve: Start
) -> None:
    service = serve(store_url, check("redis") + ears.document, REDIS_URL=own_redis.url)
    well(service)
    ears.slack.hang()
    ears.hook.answer(503)
    own_redis.stop()
    until(lambda: ears.heard("Redis")["pager"] == ears.heard("Redis")["mail"] == 1, 8)
    own_redis.start()
    until(lambda: ears.heard("Redis")["pager"] == ears.heard("Redis")["mail"] == 2, 8)
    until(lambda: len(ears.slack.heard) > 1 and len(ears.hook.heard) > 2, 20)
    assert not ears.slack.taken and not ears.hook.taken

    ears.slack.recover()
    ears.hook.recover()
    until(lambda: min(ears.heard("Redis").values()) == 2, 60)
    one_trigger_and_one_resolve(ears)


def test_the_alert_about_the_store_goes_out_while_it_is_away(ears: Ears, serve: Start) -> None:
    server = Postgres().start()
    try:
        url = server.create_database()
        service = serve(url, check("database", interval="4s") + ears.document, workers=2)
        well(service)
        stopped = time.time()
        server.stop()
        until(lambda: min(ears.heard("Database").values()) == 1, 2 * 4 + 2)
        server.start()
        until(lambda: min(ears.heard("Database").values()) == 2, 15)
        one_trigger_and_one_resolve(ears)
        assert {key for _, key in events(ears.hook)} == {"daymark:database"}
        [outage] = until(lambda: _lasted(url, "database"), 10)
        assert outage == pytest.approx(ears.hook.taken[1].json["duration_seconds"], abs=1)
        assert ears.hook.taken[0].json["started_at"] >= iso(stopped - 0.5)  # when the probe that found it was due
    finally:
        server.close()


@pytest.mark.timeout(120 + 30 * KILLS)
def test_whenever_the_leader_is_killed_nobody_hears_it_under_another_key(
    store_url: str, own_redis: Redis, ears: Ears, serve: Start
) -> None:
    service = serve(store_url, check("redis") + ears.document, workers=3, REDIS_URL=own_redis.url)
    well(service)
    own_redis.stop()
    chance = random.Random(4)
    for _ in range(KILLS):
        kill_leader(service, chance.uniform(0, 4))
    until(lambda: events(ears.hook) and actions(ears.pager), 30)
    own_redis.start()
    kill_leader(service, chance.uniform(0, 2))
    until(lambda: "resolve" in dict(events(ears.hook)) and "resolve" in dict(actions(ears.pager)), 30)
    until(lambda: min(ears.heard("Redis").values()) >= 2, 30)
    for told in (events(ears.hook), actions(ears.pager)):
        assert len({key for _, key in told}) == 1, told
        assert told[0][0] == "trigger" and told[-1][0] == "resolve"


def test_ten_checks_behind_one_database_are_one_message(
    store_url: str, own_redis: Redis, ears: Ears, serve: Start
) -> None:
    more = f'type = "tcp"\nhost = "127.0.0.1"\nport = {own_redis.port}\ndepends_on = ["redis"]'
    children = "".join(check(f"part-{number}", more) for number in range(10))
    document = check("redis") + children + ears.document
    service = serve(store_url, document, REDIS_URL=own_redis.url)
    well(service)
    own_redis.stop()
    until(lambda: all(service.state(f"part-{number}") == "unhealthy" for number in range(10)), 10)
    until(lambda: min(ears.heard("Redis").values()) == 1, 8)
    own_redis.start()
    until(lambda: min(ears.heard("Redis").values()) == 2, 8)
    well(service)
    one_trigger_and_one_resolve(ears)
    assert all("Part" not in each["title"] for each in (one.json for one in ears.hook.taken))


def _front(service: Service, word: str) -> str:
    text = service.get("/")[1]
    return text if word in text else ""


def _json(service: Service, path: str) -> Any:
    return json.loads(service.get(path)[1])


def _lasted(url: str, check: str = "redis") -> list[float]:
    """The seconds that each stored outage lasted."""
    database = Database(url)
    with database.read() as connection:
        outages = outages_of(transitions.between(connection, [check], 0, time.time() + 1), {})
    database.close()
    return [each.ended_at - each.started_at for each in outages if each.ended_at]

"""Redis, asked as it really answers."""

import threading

import pytest

from monitoring.health.checks.redis import RedisCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.certificates import Certificates
from tests.support.http import HangingServer
from tests.support.probes import ask, faults_of, make
from tests.support.proxy import Proxy
from tests.support.redis import Redis
from tests.support.waiting import until


def test_it_tells_version_memory_and_clients(runner: Runner, redis_server: Redis) -> None:
    result = ask(runner, make(RedisCheck, url=redis_server.url))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details["version"][0].isdigit()
    assert result.details["used_memory"].endswith("M") or result.details["used_memory"].endswith("K")
    assert result.details["used_memory_bytes"] > 100_000
    assert result.details["connected_clients"] >= 1


def test_it_recovers_when_redis_is_started_again(runner: Runner, redis_server: Redis) -> None:
    check = make(RedisCheck, url=redis_server.url)
    assert ask(runner, check).status is Status.HEALTHY
    redis_server.stop()
    down = ask(runner, check)
    redis_server.start()
    assert (down.status, down.cause, down.error) == (Status.UNHEALTHY, Cause.REFUSED, "refused the connection")
    assert ask(runner, check).status is Status.HEALTHY


@pytest.mark.parametrize("secret", ["", ":wrong-canary@"])
def test_a_wrong_or_missing_password_is_an_authentication_failure(runner: Runner, secret: str) -> None:
    server = Redis(password="right").start()
    result = ask(runner, make(RedisCheck, url=f"redis://{secret}127.0.0.1:{server.port}/0"))
    server.close()
    assert (result.cause, result.error) == (Cause.AUTH, "authentication failed")


def test_the_right_password_is_taken(runner: Runner) -> None:
    server = Redis(password="right").start()
    result = ask(runner, make(RedisCheck, url=server.url))
    server.close()
    assert result.status is Status.HEALTHY


def test_it_times_out_where_nobody_answers(runner: Runner, hanging_server: HangingServer) -> None:
    result = ask(runner, make(RedisCheck, url=f"redis://127.0.0.1:{hanging_server.port}", timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")
    until(lambda: "probe-it" not in [thread.name for thread in threading.enumerate()], 3)
    assert hanging_server.connections == 1


def test_a_name_that_does_not_resolve_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(RedisCheck, url="redis://nobody.invalid:6379", timeout="10s"))
    assert result.cause is Cause.DNS


def test_what_is_no_redis_is_said_so(runner: Runner, foreign_server: HangingServer) -> None:
    result = ask(runner, make(RedisCheck, url=f"redis://127.0.0.1:{foreign_server.port}"))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.CONTENT, "the answer is not Redis's")


def test_a_self_signed_certificate_is_refused_unless_told_otherwise(
    runner: Runner, redis_server: Redis, certificates: Certificates
) -> None:
    front = Proxy(redis_server.port, certificates.context(certificates.self_signed()))
    url = f"rediss://127.0.0.1:{front.port}/0"
    refused = ask(runner, make(RedisCheck, url=url))
    taken = ask(runner, make(RedisCheck, url=url, verify_tls=False))
    front.close()
    assert (refused.cause, refused.error) == (Cause.TLS, "certificate is self-signed")
    assert taken.status is Status.HEALTHY


@pytest.mark.parametrize("url", ["http://host", "redis://", "redis://host:99999", "nonsense"])
def test_it_refuses_what_is_no_redis_address(url: str) -> None:
    assert set(faults_of(RedisCheck, url=url)) == {"url"}


@pytest.mark.parametrize("url", ["redis://h", "rediss://:p@h:1/0", "unix:///run/redis.sock"])
def test_it_takes_redis_addresses(url: str) -> None:
    assert not faults_of(RedisCheck, url=url)

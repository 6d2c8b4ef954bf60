"""Failed attempts by address: shared through a real Redis, and each process for itself without one."""

import pytest

from monitoring.web.attempts import ADDRESSES, ALLOWED, PAUSE_SECONDS, WINDOW_SECONDS, Attempts
from tests.support.apps import TurnedClock
from tests.support.http import HangingServer
from tests.support.redis import Redis
from tests.support.waiting import free_port

ADDRESS = "192.0.2.7"


def failed(attempts: Attempts, times: int, address: str = ADDRESS) -> float:
    """Fail so many times, and return what was said last."""
    return [attempts.failed(address) for _ in range(times)][-1]


@pytest.fixture
def server(redis_server: Redis) -> Redis:
    from redis import Redis as Client

    with Client.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server


@pytest.fixture(params=["alone", "shared"])
def attempts(request: pytest.FixtureRequest) -> Attempts:
    return Attempts(request.getfixturevalue("server").url if request.param == "shared" else None)


def test_ten_failures_a_minute_are_borne_and_the_eleventh_has_to_wait(attempts: Attempts) -> None:
    assert failed(attempts, ALLOWED) == 0.0
    assert 1.0 <= attempts.failed(ADDRESS) <= WINDOW_SECONDS


def test_another_address_is_not_made_to_wait(attempts: Attempts) -> None:
    failed(attempts, ALLOWED + 1)
    assert attempts.failed("192.0.2.8") == 0.0


def test_after_the_minute_it_begins_anew(turned_clock: TurnedClock) -> None:
    attempts = Attempts()
    failed(attempts, ALLOWED + 1)
    turned_clock.ahead = WINDOW_SECONDS
    assert attempts.failed(ADDRESS) == 0.0


def test_processes_count_together_where_there_is_a_redis(server: Redis) -> None:
    one, other = Attempts(server.url), Attempts(server.url)
    failed(one, ALLOWED)
    assert other.failed(ADDRESS) > 0


def test_the_count_in_redis_ends_by_itself(server: Redis) -> None:
    from redis import Redis as Client

    failed(Attempts(server.url), ALLOWED + 5)
    with Client.from_url(server.url) as client:
        [key] = client.keys()
        assert 0 < client.pttl(key) <= WINDOW_SECONDS * 1000


def test_a_redis_that_stops_leaves_each_process_its_own_count() -> None:
    server = Redis().start()
    attempts = Attempts(server.url)
    failed(attempts, 3)
    server.stop()
    assert failed(attempts, ALLOWED) == 0.0
    assert attempts.failed(ADDRESS) > 0
    server.close()


def test_a_redis_that_comes_back_is_asked_again(turned_clock: TurnedClock) -> None:
    server = Redis()
    attempts = Attempts(server.url)
    failed(attempts, ALLOWED + 1)
    server.start()
    assert attempts.failed(ADDRESS) > 0  # still its own count
    turned_clock.ahead = PAUSE_SECONDS
    assert attempts.failed(ADDRESS) == 0.0  # Redis knows of one
    server.close()


def test_a_redis_that_hangs_is_waited_for_once_only(hanging_server: HangingServer) -> None:
    attempts = Attempts(f"redis://127.0.0.1:{hanging_server.port}/0")
    assert failed(attempts, ALLOWED) == 0.0
    assert attempts.failed(ADDRESS) > 0
    assert attempts._away_until > 0


def test_the_password_of_a_redis_that_is_away_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    Attempts(f"redis://:c4nary-S3cret@127.0.0.1:{free_port()}/0").failed(ADDRESS)
    assert "Redis is away" in caplog.text
    assert "c4nary" not in str([vars(record) for record in caplog.records])


def test_an_ipv6_host_counts_as_one_whatever_address_of_its_network_it_takes() -> None:
    attempts = Attempts()
    waits = [attempts.failed(f"2001:db8:1:2::{number:x}") for number in range(ALLOWED + 1)]
    assert waits[-1] > 0
    assert attempts.failed("2001:db8:1:3::1") == 0.0


@pytest.mark.parametrize("address", ["::ffff:192.0.2.7", "192.0.2.7"])
def test_an_ipv4_address_is_one_in_both_spellings(address: str) -> None:
    attempts = Attempts()
    failed(attempts, ALLOWED, "192.0.2.7")
    assert attempts.failed(address) > 0


def test_what_is_no_address_is_counted_too() -> None:
    attempts = Attempts()
    failed(attempts, ALLOWED, "unix:")
    assert attempts.failed("nonsense") > 0


def test_the_addresses_remembered_are_bounded() -> None:
    attempts = Attempts()
    for number in range(ADDRESSES + 50):
        attempts.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(attempts._own) == ADDRESSES

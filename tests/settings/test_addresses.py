from pathlib import Path

import pytest

from monitoring.settings import addresses

HOUSE = Path("/srv/app")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("postgres://u:p@h:5432/d", "postgresql+psycopg://u:p@h:5432/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////var/lib/day.db", "sqlite:////var/lib/day.db"),
        ("sqlite:///data/day.db", "sqlite:////srv/app/data/day.db"),
    ],
)
def test_it_makes_a_database_address(text, address):
    assert addresses.database_address(text, HOUSE) == address


@pytest.mark.parametrize("text", ["mysql://h/d", "h/d", "postgres://h:0/d", "postgres://h:x/d", "postgres://[h/d", ""])
def test_it_refuses_another_database(text):
    with pytest.raises(ValueError, match="postgresql://user:password@host/name or sqlite"):
        addresses.database_address(text, HOUSE)


@pytest.mark.parametrize("text", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?uri=true"])
def test_it_refuses_a_store_that_processes_cannot_share(text):
    with pytest.raises(ValueError, match="a SQLite file"):
        addresses.database_address(text, HOUSE)


@pytest.mark.parametrize("text", ["redis://h", "rediss://:p@h:6380/1", "unix:///run/redis.sock"])
def test_it_takes_a_redis_address(text):
    assert addresses.redis_address(text) == text


@pytest.mark.parametrize("text", ["http://h", "redis://", "unix://", "redis://h:99999", "redis://h\n"])
def test_it_refuses_what_is_no_redis_address(text):
    with pytest.raises(ValueError, match="redis://host"):
        addresses.redis_address(text)


@pytest.mark.parametrize("text", ["h", "//h", "ftp://h", "http://", "http://h:x", "https://h /", "http:h"])
def test_it_refuses_what_is_no_http_address(text):
    with pytest.raises(ValueError, match="an http:// or https:// address"):
        addresses.http_address(text)


@pytest.mark.parametrize("text", ["https://o1.example.com/5", "https://key@o1.example.com", "key@o1.example.com/5"])
def test_it_refuses_a_sentry_address_without_key_or_project(text):
    assert addresses.sentry_address("https://key@o1.example.com/5")
    with pytest.raises(ValueError, match="a Sentry DSN"):
        addresses.sentry_address(text)


def test_it_splits_host_and_port():
    assert addresses.host_and_port("one.example:53") == ("one.example", 53)
    assert addresses.host_and_port("[2001:db8::1]:443") == ("2001:db8::1", 443)


@pytest.mark.parametrize("text", ["host", "host:", "host:0", "host:65536", ":53", "2001:db8::1:53", "h/x:1"])
def test_it_refuses_a_target_without_host_or_port(text):
    with pytest.raises(ValueError, match='"host:port"'):
        addresses.host_and_port(text)

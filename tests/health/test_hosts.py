"""Addresses on the internet, and those at home."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.health.hosts import is_public, split


@pytest.mark.parametrize("host", ["example.com", "1.1.1.1", "2606:4700::1111", "[2606:4700::1111]", "a.b.example."])
def test_the_internet_is_public(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "db", "", "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254"),
        *("::1", "[::1]", "fe80::1%eth0", "fd00::1", "100.64.0.1", "192.0.2.1", "nas.local", "api.internal", "a.lan"),
        *("a.localhost", "a.test", "A.TEST."),
    ],
)
def test_what_is_at_home_is_private(host: str) -> None:
    assert not is_public(host)


@given(st.text())
def test_any_text_has_an_answer(host: str) -> None:
    assert is_public(host) in (True, False)


def test_it_splits_targets() -> None:
    assert split("one.example:53") == ("one.example", 53)
    assert split("[::1]:53") == ("::1", 53)


@pytest.mark.parametrize("target", ["", "host", "host:", ":53", "host:0", "host:65536", "::1:53", "host:x", "[]:1"])
def test_it_refuses_what_is_no_target(target: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        split(target)

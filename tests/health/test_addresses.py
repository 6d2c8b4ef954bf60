"""Web addresses, taken apart."""

import pytest

from monitoring.health.addresses import parsed, target
from monitoring.health.check import CheckFailed


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("http://a.example", "http://a.example/"),
        ("https://A.Example:8443/x?a=b#c", "https://a.example:8443/x?a=b"),
        ("http://bücher.example/ä b?ü=%C3%BC", "http://xn--bcher-kva.example/%C3%A4%20b?%C3%BC=%C3%BC"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http://u:p@a.example/", "http://a.example/"),
    ],
)
def test_what_is_sent_is_ascii_and_has_no_password(text: str, sent: str) -> None:
    assert parsed(text).url == sent


def test_host_port_and_origin_are_told() -> None:
    address = parsed("https://A.example/x")
    assert (address.host, address.port, address.literal) == ("a.example", 443, False)
    assert address.origin == parsed("https://a.example:443/y").origin
    assert address.origin != parsed("http://a.example:443/x").origin
    assert parsed("http://[::1]/").literal and parsed("http://127.0.0.1/").literal


def test_a_name_and_a_password_become_a_header() -> None:
    assert parsed("http://user:p%40ss@a.example/").authorization == "Basic dXNlcjpwQHNz"
    assert parsed("http://a.example/").authorization is None


@pytest.mark.parametrize("text", ["ftp://a/", "http://", "a.example", "http://a:99999/", "http://a:0/", "http://[::1/"])
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parsed(text)


@pytest.mark.parametrize("host", ["a%62c", "a*b", "a\\b", "xn--" + "ü" * 80])
def test_a_host_that_another_reader_could_take_for_another_is_refused(host: str) -> None:
    with pytest.raises(CheckFailed):
        parsed(f"http://{host}/")


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("/c", "http://a.example/c"),
        ("c?d", "http://a.example/x/c?d"),
        ("../c", "http://a.example/c"),
        ("//b.example/c", "http://b.example/c"),
        ("https://b.example/", "https://b.example/"),
    ],
)
def test_a_redirect_may_be_relative(location: str, found: str) -> None:
    assert target("http://a.example/x/y", location) == found

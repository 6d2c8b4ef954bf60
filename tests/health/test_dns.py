"""DNS records, asked of a server of our own."""

from collections.abc import Iterator

import dns.rcode
import pytest

from monitoring.health.checks.dns import DnsCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.dns import DnsServer
from tests.support.probes import ask, faults_of, make


@pytest.fixture
def server() -> Iterator[DnsServer]:
    made = DnsServer()
    made.records = {
        ("a.example", "A"): ["192.0.2.1", "192.0.2.2"],
        ("a.example", "MX"): ["10 Mail.a.example."],
        ("a.example", "TXT"): ['"v=spf1 -all"'],
        ("xn--bcher-kva.example", "A"): ["192.0.2.3"],
    }
    yield made
    made.close()


@pytest.mark.parametrize(
    ("told", "answers"),
    [
        ({"host": "a.example"}, ["192.0.2.1", "192.0.2.2"]),
        ({"host": "a.example", "expected": ["192.0.2.2"]}, ["192.0.2.1", "192.0.2.2"]),
        ({"host": "a.example", "record": "MX", "expected": ["mail.a.example"]}, ["10 Mail.a.example."]),
        ({"host": "a.example", "record": "MX", "expected": ["10 mail.a.example."]}, ["10 Mail.a.example."]),
        ({"host": "a.example", "record": "TXT", "expected": ["v=spf1 -all"]}, ['"v=spf1 -all"']),
        ({"host": "bücher.example"}, ["192.0.2.3"]),
    ],
)
def test_it_finds_records(runner: Runner, server: DnsServer, told: dict[str, object], answers: list[str]) -> None:
    result = ask(runner, make(DnsCheck, server=server.address, **told))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details == {"answers": answers, "ttl_seconds": 300}


@pytest.mark.parametrize(
    ("told", "cause", "error"),
    [
        ({"host": "none.example"}, Cause.DNS, "the name none.example does not exist"),
        ({"host": "a.example", "record": "AAAA"}, Cause.DNS, "a.example has no AAAA record"),
        (
            {"host": "a.example", "expected": ["192.0.2.1", "192.0.2.9"]},
            Cause.CONTENT,
            "expected 192.0.2.9, got 192.0.2.1, 192.0.2.2",
        ),
    ],
)
def test_it_says_what_is_not_as_expected(
    runner: Runner, server: DnsServer, told: dict[str, object], cause: Cause, error: str
) -> None:
    result = ask(runner, make(DnsCheck, server=server.address, **told))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, cause, error)


def test_a_server_that_fails_is_said_so(runner: Runner, server: DnsServer) -> None:
    server.rcode = dns.rcode.SERVFAIL
    result = ask(runner, make(DnsCheck, host="a.example", server=server.address))
    assert (result.cause, result.error) == (Cause.DNS, "no name server gave an answer: SERVFAIL")


def test_a_silent_server_times_out(runner: Runner, server: DnsServer) -> None:
    server.silent = True
    result = ask(runner, make(DnsCheck, host="a.example", server=server.address, timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"host": "https://a.example"}, "host"),
        ({"host": ""}, "host"),
        ({"host": "a.example", "server": "one.one.one.one"}, "server"),
        ({"host": "a.example", "server": "1.1.1.1:0"}, "server"),
    ],
)
def test_it_refuses_what_cannot_be_asked(told: dict[str, object], key: str) -> None:
    assert set(faults_of(DnsCheck, **told)) == {key}


@pytest.mark.parametrize("server", ["", "1.1.1.1", "127.0.0.1:5353", "::1", "[::1]:53"])
def test_it_takes_addresses_of_servers(server: str) -> None:
    assert not faults_of(DnsCheck, host="a.example", server=server)


def test_its_host_is_the_server_that_is_asked() -> None:
    assert make(DnsCheck, host="a.example", server="192.0.2.1:53").host == "192.0.2.1"  # type: ignore[attr-defined]
    assert make(DnsCheck, host="a.example").host == "a.example"  # type: ignore[attr-defined]

"""Ports and certificates, on servers of our own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.health.checks.tcp import TcpCheck
from monitoring.health.checks.tls import TlsCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.certificates import Certificates
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import ask, faults_of, make
from tests.support.sockets import BlackHole, refusing_port

Serve = Callable[[Path], HttpServer]


@pytest.fixture
def serve(certificates: Certificates) -> Iterator[Serve]:
    servers: list[HttpServer] = []

    def start(certificate: Path) -> HttpServer:
        servers.append(HttpServer(certificates.context(certificate)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_a_port_that_takes_connections_is_healthy(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(TcpCheck, host="127.0.0.1", port=http_server.port))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert set(result.phases) == {"connect"}


def test_a_name_is_resolved_and_every_address_of_it_tried(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(TcpCheck, host="localhost", port=http_server.port))
    assert result.status is Status.HEALTHY
    assert set(result.phases) == {"dns", "connect"}


def test_ipv6_addresses_are_taken_with_and_without_brackets(runner: Runner) -> None:
    server = HttpServer(host="::1")
    results = [ask(runner, make(TcpCheck, host=host, port=server.port)).status for host in ("::1", "[::1]")]
    server.close()
    assert results == [Status.HEALTHY, Status.HEALTHY]


def test_a_refused_connection_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(TcpCheck, host="localhost", port=refusing_port()))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.REFUSED, "refused the connection")
    assert result.response_seconds is None


def test_a_connection_that_hangs_times_out(runner: Runner) -> None:
    with BlackHole() as hole:
        result = ask(runner, make(TcpCheck, host="127.0.0.1", port=hole.port, timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")


@pytest.mark.parametrize("host", ["nobody.invalid", "kein-büro.invalid"])
def test_a_name_that_does_not_resolve_is_said_so(runner: Runner, host: str) -> None:
    result = ask(runner, make(TcpCheck, host=host, port=80, timeout="20s"))
    assert result.cause is Cause.DNS
    assert result.error in ("the host name does not resolve", "the name servers do not answer")


@pytest.mark.parametrize(("host", "port", "key"), [("", 80, "host"), ("http://a", 80, "host"), ("a", 65536, "port")])
def test_it_refuses_what_is_no_endpoint(host: str, port: int, key: str) -> None:
    assert set(faults_of(TcpCheck, host=host, port=port)) == {key}
    assert set(faults_of(TlsCheck, host=host, port=port)) == {key}


def test_a_good_certificate_is_healthy(runner: Runner, trusted: Certificates, serve: Serve) -> None:
    result = ask(runner, make(TlsCheck, host="localhost", port=serve(trusted.good()).port))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details["certificate_days_left"] == 90
    assert result.details["certificate_issuer"] == "Test authority"
    assert set(result.phases) == {"dns", "connect", "tls"}


def test_a_certificate_near_its_end_is_degraded(runner: Runner, trusted: Certificates, serve: Serve) -> None:
    port = serve(trusted.days_left(13)).port
    result = ask(runner, make(TlsCheck, host="127.0.0.1", port=port))
    assert (result.status, result.cause) == (Status.DEGRADED, Cause.TLS)
    assert result.error == "certificate expires in 13 days"
    assert ask(runner, make(TlsCheck, host="127.0.0.1", port=port, certificate_days=13)).status is Status.HEALTHY


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired", "certificate expired 3 days ago"),
        ("wrong_host", "certificate is for other.example, not localhost"),
        ("self_signed", "certificate is self-signed"),
    ],
)
def test_a_bad_certificate_is_said_plainly(
    runner: Runner, trusted: Certificates, serve: Serve, kind: str, error: str
) -> None:
    result = ask(runner, make(TlsCheck, host="localhost", port=serve(getattr(trusted, kind)()).port))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.TLS, error)


def test_the_server_name_is_what_the_certificate_must_be_for(
    runner: Runner, trusted: Certificates, serve: Serve
) -> None:
    port = serve(trusted.wrong_host()).port
    result = ask(runner, make(TlsCheck, host="localhost", port=port, server_name="other.example"))
    assert result.status is Status.HEALTHY


def test_an_authority_that_is_not_trusted_is_said_so(runner: Runner, certificates: Certificates, serve: Serve) -> None:
    result = ask(runner, make(TlsCheck, host="localhost", port=serve(certificates.good()).port))
    assert result.cause is Cause.TLS
    assert result.error is not None and "authority that is not trusted" in result.error


def test_what_speaks_no_tls_is_said_so(runner: Runner, foreign_server: HangingServer) -> None:
    result = ask(runner, make(TlsCheck, host="127.0.0.1", port=foreign_server.port))
    assert (result.cause, result.error) == (Cause.TLS, "TLS failed: wrong version number")


def test_a_handshake_that_hangs_times_out(runner: Runner, hanging_server: HangingServer) -> None:
    result = ask(runner, make(TlsCheck, host="127.0.0.1", port=hanging_server.port, timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")

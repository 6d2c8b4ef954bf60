"""What every web probe keeps to on the wire, on servers of our own."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.health import names
from monitoring.health.checks.http import HttpCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.certificates import Certificates
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import Waiting, ask, faults_of, make
from tests.support.sockets import refusing_port
from tests.support.waiting import until

HEAD = b"HTTP/1.1 200 OK\r\n"
Saying = Callable[[bytes], int]


@pytest.fixture
def saying() -> Iterator[Saying]:
    """Start a server that reads once, says what it is told and hangs up; return its port."""
    listening: list[socket.socket] = []

    def start(words: bytes) -> int:
        listening.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_say, args=(listening[-1], words), daemon=True).start()
        return int(listening[-1].getsockname()[1])

    yield start
    for each in listening:
        each.close()


def _say(listening: socket.socket, words: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(words)


@pytest.mark.parametrize(
    ("words", "cause", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", Cause.REFUSED, "cut the connection before it answered"),
        (b"", Cause.REFUSED, "cut the connection before it answered"),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
            Cause.REFUSED,
            "cut the connection before the answer was",
        ),
        (HEAD + b"Content-Length: x\r\n\r\n", Cause.CONTENT, "the answer is not HTTP"),
        (HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n", Cause.CONTENT, "the answer is not HTTP"),
        (HEAD + b"Content-Encoding: gzip\r\n\r\nno gzip at all", Cause.CONTENT, "the answer is compressed in a way"),
    ],
)
def test_an_answer_that_is_none_is_said_plainly(
    runner: Runner, saying: Saying, words: bytes, cause: Cause, error: str
) -> None:
    result = ask(runner, make(HttpCheck, url=f"http://127.0.0.1:{saying(words)}/"))
    assert (result.status, result.cause) == (Status.UNHEALTHY, cause)
    assert result.error is not None and result.error.startswith(error)


def test_an_answer_without_a_length_ends_with_its_connection(runner: Runner, saying: Saying) -> None:
    port = saying(HEAD + b"\r\nall of it")
    assert ask(runner, make(HttpCheck, url=f"http://127.0.0.1:{port}/", contains="all of it")).status is Status.HEALTHY


def test_what_comes_before_the_answer_is_passed_over(runner: Runner, saying: Saying) -> None:
    port = saying(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok")
    assert ask(runner, make(HttpCheck, url=f"http://127.0.0.1:{port}/", contains="ok")).details == {"status": 200}


def test_a_compressed_answer_that_nobody_asked_for_is_read(runner: Runner, http_server: HttpServer) -> None:
    url = http_server.route("/z", gzip.compress(b"plain words"), headers={"Content-Encoding": "gzip"})
    assert ask(runner, make(HttpCheck, url=url, contains="plain words")).status is Status.HEALTHY
    assert http_server.requests[0].headers["accept-encoding"] == "identity"


def test_a_wrong_status_is_said_before_the_body_has_come(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.route("/d", b"", 503, way="drip"), timeout="900ms"))
    assert result.error == "expected 200-399 got 503"
    assert set(result.phases) == {"connect", "first_byte"}
    assert min(result.phases.values()) >= 0


def test_a_probe_that_is_given_up_closes_its_connection_at_once(runner: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ask(runner, make(HttpCheck, url=f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout="200ms"))
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(2)
            assert connection.recv(65536).startswith(b"GET / HTTP/1.1\r\n")
            assert connection.recv(65536) == b""


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_stopped_runner_leaves_no_connection_open(http_server: HttpServer) -> None:
    before = open_files()
    hanging, runner = HangingServer(), Runner()
    for number in range(20):
        runner.run(make(HttpCheck, name=f"stuck{number}", url=f"http://127.0.0.1:{hanging.port}/"), 0, Waiting())
    until(lambda: hanging.connections == 20)
    ask(runner, make(HttpCheck, url=http_server.url))
    runner.stop()
    hanging.close()
    until(lambda: open_files() <= before)


def test_each_probe_resolves_anew(runner: Runner, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.2"]])

    async def resolve(host: str, port: int) -> list[names.AddressInfo]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in next(found)]

    monkeypatch.setattr(names, "resolve", resolve)
    check = make(HttpCheck, url=f"http://nobody.invalid:{http_server.port}/")
    errors = [ask(runner, check).error for _ in range(4)]
    assert errors == ["refused the connection", None, None, "refused the connection"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_name_is_reached_by_either_family(runner: Runner, host: str) -> None:
    server = HttpServer(host=host)
    result = ask(runner, make(HttpCheck, url=f"http://LocalHost:{server.port}/"))
    server.close()
    assert (result.error, set(result.phases)) == (None, {"dns", "connect", "first_byte"})


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"])
def test_it_asks_no_proxy(runner: Runner, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{refusing_port()}")
    assert ask(runner, make(HttpCheck, url=http_server.url)).status is Status.HEALTHY


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (302, "PUT", "PUT"), (307, "POST", "POST")],
)
def test_a_redirect_changes_the_method_as_browsers_do(
    runner: Runner, http_server: HttpServer, status: int, method: str, then: str
) -> None:
    http_server.route("/b")
    ask(runner, make(HttpCheck, url=http_server.redirect("/a", "b", status), method=method, body="words"))
    seen = http_server.requests[1]
    assert (seen.method, seen.path, seen.body) == (then, "/b", b"" if then == "GET" else b"words")


def test_a_status_that_redirects_nowhere_is_the_answer(runner: Runner, http_server: HttpServer) -> None:
    http_server.route("/b", b"", 304, headers={"Location": "/c"})
    assert ask(runner, make(HttpCheck, url=http_server.redirect("/a", "/b"))).details == {"status": 304}
    assert ask(runner, make(HttpCheck, url=http_server.route("/d", b"", 302))).details == {"status": 302}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_request_without_a_body_has_none(runner: Runner, http_server: HttpServer, method: str) -> None:
    ask(runner, make(HttpCheck, url=http_server.url, method=method))
    seen = http_server.requests[0]
    assert (seen.method, seen.body, seen.headers.get("content-type")) == (method, b"", None)
    assert seen.headers.get("content-length", "0") == "0"


def test_its_own_headers_go_before_what_is_added(runner: Runner, http_server: HttpServer) -> None:
    headers = {"user-agent": "mine", "Content-Type": "text/x", "X-Empty": "", "X-Text": "Grüße"}
    ask(runner, make(HttpCheck, url=http_server.url, method="POST", body="words", headers=headers))
    seen = http_server.requests[0].headers
    assert (seen["user-agent"], seen["content-type"], seen["x-empty"]) == ("mine", "text/x", "")
    assert seen["x-text"].encode("latin-1").decode() == "Grüße"


def test_a_name_and_a_password_stay_with_their_origin(runner: Runner, http_server: HttpServer) -> None:
    other = HttpServer()
    http_server.redirect("/b", other.url + "/")
    http_server.redirect("/a", http_server.url + "/b")
    ask(runner, make(HttpCheck, url=http_server.url.replace("//", "//user:canary@") + "/a"))
    other.close()
    assert [request.headers.get("authorization") for request in http_server.requests] == ["Basic dXNlcjpjYW5hcnk="] * 2
    assert other.requests[0].headers.get("authorization") is None


@pytest.mark.parametrize("headers", [{"X-Key": "a\r\nX-Other: b"}, {"X\n": "a"}, {"": "a"}])
def test_it_refuses_headers_that_would_be_more_than_one(headers: dict[str, str]) -> None:
    assert set(faults_of(HttpCheck, url="http://a/", headers=headers)) == {"headers"}


def test_an_authority_that_is_not_trusted_is_said_so(runner: Runner, certificates: Certificates) -> None:
    server = HttpServer(certificates.context(certificates.good()))
    result = ask(runner, make(HttpCheck, url=server.url))
    server.close()
    assert (result.cause, "authority that is not trusted" in str(result.error)) == (Cause.TLS, True)


def test_a_certificate_for_another_address_is_said_so(runner: Runner, trusted: Certificates) -> None:
    server = HttpServer(trusted.context(trusted.wrong_host()))
    result = ask(runner, make(HttpCheck, url=f"https://127.0.0.1:{server.port}/"))
    server.close()
    assert (result.cause, result.error) == (Cause.TLS, "certificate is for other.example, not 127.0.0.1")


def test_what_speaks_no_tls_is_said_so(runner: Runner, foreign_server: HangingServer) -> None:
    result = ask(runner, make(HttpCheck, url=f"https://127.0.0.1:{foreign_server.port}/"))
    assert (result.cause, result.error) == (Cause.TLS, "TLS failed: wrong version number")


def test_a_handshake_that_is_cut_is_said_so(runner: Runner, saying: Saying) -> None:
    result = ask(runner, make(HttpCheck, url=f"https://127.0.0.1:{saying(b'')}/"))
    assert (result.cause, result.error) == (Cause.TLS, "cut the connection during the TLS handshake")


def test_the_certificate_is_known_past_a_redirect_and_phases_add_up(
    runner: Runner, trusted: Certificates, http_server: HttpServer
) -> None:
    server = HttpServer(trusted.context(trusted.good()))
    url = server.redirect("/a", http_server.url + "/")
    result = ask(runner, make(HttpCheck, url=url))
    server.close()
    assert (result.error, result.details["certificate_days_left"]) == (None, 90)
    assert set(result.phases) == {"dns", "connect", "tls", "first_byte"}

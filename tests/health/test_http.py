"""Web addresses, on servers of our own."""

import json
from collections.abc import Iterator

import pytest

from monitoring.health.checks.http import HttpCheck
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.certificates import Certificates
from tests.support.http import HangingServer, HttpServer
from tests.support.probes import ask, faults_of, make
from tests.support.sockets import BlackHole, refusing_port


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[HttpServer]:
    server = HttpServer(certificates.context(certificates.good()))
    yield server
    server.close()


def test_it_asks_and_keeps_the_phases(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.url))
    assert (result.status, result.error, result.details) == (Status.HEALTHY, None, {"status": 200})
    assert set(result.phases) == {"connect", "first_byte"}
    assert result.response_seconds is not None
    assert 0 < sum(result.phases.values()) <= result.response_seconds


def test_it_sends_what_it_is_told(runner: Runner, http_server: HttpServer) -> None:
    url = http_server.route("/path")
    ask(runner, make(HttpCheck, url=url + "?a=b", method="POST", headers={"X-Key": "v"}, body="the body"))
    request = http_server.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/path?a=b", b"the body")
    assert request.headers["x-key"] == "v"
    assert request.headers["user-agent"] == "Daymark"


def test_each_probe_has_a_connection_of_its_own(runner: Runner, http_server: HttpServer) -> None:
    check = make(HttpCheck, url=http_server.url)
    for _ in range(3):
        ask(runner, check)
    assert http_server.connections == 3


@pytest.mark.parametrize(
    ("expected", "got", "healthy"),
    [
        ("200-399", 399, True),
        ("2xx", 299, True),
        ("2xx", 304, False),
        (204, 204, True),
        (204, 200, False),
        ((200, "4xx"), 404, True),
        ((200, "400-403"), 404, False),
    ],
)
def test_it_compares_the_status(
    runner: Runner, http_server: HttpServer, expected: object, got: int, healthy: bool
) -> None:
    url = http_server.route("/s", b"", got)
    result = ask(runner, make(HttpCheck, url=url, expected_status=expected))
    assert (result.status is Status.HEALTHY) is healthy


@pytest.mark.parametrize(
    ("expected", "words"),
    [(200, "expected 200 got 503"), ("200-399", "expected 200-399 got 503"), ([200, "3xx"], "expected 200 or 3xx got")],
)
def test_a_wrong_status_is_said(runner: Runner, http_server: HttpServer, expected: object, words: str) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.route("/s", b"", 503), expected_status=expected))
    assert (result.status, result.cause) == (Status.UNHEALTHY, Cause.STATUS)
    assert result.error is not None and result.error.startswith(words)
    assert result.details == {"status": 503}
    assert "first_byte" in result.phases


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"contains": "fine"}, None),
        ({"contains": "Grüße"}, None),
        ({"contains": "broken"}, "the answer does not contain 'broken'"),
        ({"condition": "status == 'ok'"}, None),
        ({"condition": "queue < `5`"}, "the condition queue < `5` is not met: false"),
        ({"condition": "length(queue)"}, "the condition length(queue) is not met: null"),
        ({"condition": "missing"}, "the condition missing is not met: null"),
    ],
)
def test_it_looks_into_the_answer(
    runner: Runner, http_server: HttpServer, told: dict[str, str], error: str | None
) -> None:
    url = http_server.route("/j", json.dumps({"status": "ok", "queue": 7, "text": "fine Grüße"}, ensure_ascii=False))
    result = ask(runner, make(HttpCheck, url=url, **told))
    assert (result.error, result.cause) == (error, Cause.CONTENT if error else None)


def test_a_condition_on_what_is_no_json_is_said_so(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.url, condition="status"))
    assert (result.cause, result.error) == (Cause.CONTENT, "the answer is not JSON")


def test_a_huge_body_is_read_up_to_a_mebibyte(runner: Runner, http_server: HttpServer) -> None:
    url = http_server.route("/huge", b"x" * 65536, way="stall", repeat=20)
    assert ask(runner, make(HttpCheck, url=url, contains="xxx")).status is Status.HEALTHY
    result = ask(runner, make(HttpCheck, url=url, condition="a"))
    assert result.error == "the answer is longer than 1 MiB, too long to look into"


@pytest.mark.parametrize(
    ("way", "cause", "error"),
    [
        ("hang", Cause.TIMEOUT, "timed out after 0.5 s"),
        ("drip", Cause.TIMEOUT, "timed out after 0.5 s"),
        ("cut", Cause.REFUSED, "cut the connection before the answer was whole"),
        ("garbage", Cause.CONTENT, "the answer is not HTTP"),
    ],
)
def test_a_faltering_server_is_said_plainly(
    runner: Runner, http_server: HttpServer, way: str, cause: Cause, error: str
) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.route("/f", way=way), timeout="500ms"))
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, cause, error)


def test_a_line_cut_before_the_answer_is_said_so(runner: Runner, http_server: HttpServer) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.route("/f", way="close")))
    assert (result.cause, result.error) == (Cause.REFUSED, "cut the connection before it answered")


def test_a_refused_connection_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(HttpCheck, url=f"http://localhost:{refusing_port()}/"))
    assert (result.cause, result.error) == (Cause.REFUSED, "refused the connection")


def test_a_connection_that_hangs_times_out(runner: Runner) -> None:
    with BlackHole() as hole:
        result = ask(runner, make(HttpCheck, url=f"http://127.0.0.1:{hole.port}/", timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")


def test_a_handshake_that_hangs_times_out(runner: Runner, hanging_server: HangingServer) -> None:
    result = ask(runner, make(HttpCheck, url=f"https://127.0.0.1:{hanging_server.port}/", timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")


@pytest.mark.parametrize("host", ["nobody.invalid", "kein-büro.invalid", "a..b", "x" * 70 + ".example"])
def test_a_name_that_does_not_resolve_is_said_so(runner: Runner, host: str) -> None:
    assert ask(runner, make(HttpCheck, url=f"http://{host}/", timeout="20s")).cause is Cause.DNS


def test_ipv6_addresses_are_taken(runner: Runner) -> None:
    server = HttpServer(host="::1")
    result = ask(runner, make(HttpCheck, url=server.url))
    server.close()
    assert result.status is Status.HEALTHY


def test_it_follows_redirects(runner: Runner, http_server: HttpServer) -> None:
    http_server.route("/b", "there")
    url = http_server.redirect("/a", "/b")
    assert ask(runner, make(HttpCheck, url=url, contains="there")).status is Status.HEALTHY


def test_it_does_not_follow_redirects_when_told_so(runner: Runner, http_server: HttpServer) -> None:
    check = make(HttpCheck, url=http_server.redirect("/a", "/b"), follow_redirects=False)
    assert ask(runner, check).details == {"status": 302}


def test_it_follows_five_redirects_and_no_more(runner: Runner, http_server: HttpServer) -> None:
    for step in range(6):
        http_server.redirect(f"/{step}", f"/{step + 1}")
    http_server.route("/6")
    assert ask(runner, make(HttpCheck, url=http_server.url + "/1")).status is Status.HEALTHY
    result = ask(runner, make(HttpCheck, url=http_server.url + "/0"))
    assert (result.cause, result.error) == (Cause.STATUS, "more than 5 redirects")


@pytest.mark.parametrize("to", ["ftp://host/", "http://", "javascript:alert(1)"])
def test_a_redirect_to_nowhere_is_said_so(runner: Runner, http_server: HttpServer, to: str) -> None:
    result = ask(runner, make(HttpCheck, url=http_server.redirect("/a", to)))
    assert (result.cause, result.error) == (Cause.STATUS, "redirects to what is no web address")


def test_its_headers_do_not_follow_a_redirect_to_another_origin(runner: Runner, http_server: HttpServer) -> None:
    other = HttpServer()
    http_server.redirect("/b", other.url + "/")
    url = http_server.redirect("/a", "/b")
    ask(runner, make(HttpCheck, url=url, headers={"X-Api-Key": "canary"}))
    other.close()
    assert [request.headers.get("x-api-key") for request in http_server.requests] == ["canary", "canary"]
    assert [request.headers.get("x-api-key") for request in other.requests] == [None]


def test_it_keeps_no_cookies(runner: Runner, http_server: HttpServer) -> None:
    url = http_server.route("/c", headers={"Set-Cookie": "a=b"})
    for _ in range(2):
        ask(runner, make(HttpCheck, url=url))
    assert "cookie" not in http_server.requests[1].headers


def test_https_has_all_phases_and_the_certificate(runner: Runner, trusted: Certificates, secure: HttpServer) -> None:
    result = ask(runner, make(HttpCheck, url=secure.url))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert set(result.phases) == {"dns", "connect", "tls", "first_byte"}
    assert result.details["certificate_days_left"] == 90


def test_https_without_verification_still_knows_the_days_left(runner: Runner, certificates: Certificates) -> None:
    server = HttpServer(certificates.context(certificates.self_signed()))
    taken = ask(runner, make(HttpCheck, url=server.url, verify_tls=False))
    warned = ask(runner, make(HttpCheck, url=server.url, verify_tls=False, certificate_days=100))
    server.close()
    assert (taken.status, taken.details["certificate_days_left"]) == (Status.HEALTHY, 90)
    assert (warned.status, warned.error) == (Status.DEGRADED, "certificate expires in 90 days")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired", "certificate expired 3 days ago"),
        ("wrong_host", "certificate is for other.example, not localhost"),
        ("self_signed", "certificate is self-signed"),
    ],
)
def test_a_bad_certificate_is_said_plainly(runner: Runner, trusted: Certificates, kind: str, error: str) -> None:
    server = HttpServer(trusted.context(getattr(trusted, kind)()))
    result = ask(runner, make(HttpCheck, url=server.url))
    server.close()
    assert (result.status, result.cause, result.error) == (Status.UNHEALTHY, Cause.TLS, error)


@pytest.mark.parametrize("url", ["ftp://a/", "http://", "a.example", "http://a:99999/", "http://a b/", "http://[::1/"])
def test_it_refuses_what_is_no_web_address(url: str) -> None:
    assert set(faults_of(HttpCheck, url=url)) == {"url"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("method", "FETCH"),
        ("expected_status", "ok"),
        ("expected_status", 99),
        ("expected_status", "399-200"),
        ("expected_status", []),
        ("condition", "a =="),
    ],
)
def test_it_refuses_what_it_cannot_do(key: str, value: object) -> None:
    assert set(faults_of(HttpCheck, url="http://a/", **{key: value})) == {key}


def test_head_has_no_body_to_look_at(runner: Runner, http_server: HttpServer) -> None:
    assert ask(runner, make(HttpCheck, url=http_server.url, method="HEAD")).status is Status.HEALTHY
    assert set(faults_of(HttpCheck, url="http://a/", method="HEAD", contains="x")) == {"method"}

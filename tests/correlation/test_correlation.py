import contextvars
import http.server
import string
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import correlation

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text and uuid.UUID(text).version == 4


@pytest.mark.parametrize("given", ["a", "a" * 128, "A-z_0.9", "0d7f7c62-7d0b-4c1c-9d1f-5a8f8a1e2b3c"])
@pytest.mark.parametrize("name", ["X-Correlation-ID", "X-Request-ID"])
def test_a_valid_id_is_taken(name: str, given: str) -> None:
    assert correlation.accept_or_make({name: given}) == given


@pytest.mark.parametrize(
    "given", ["", "a" * 129, "a b", "a\n", "a\r\nSet-Cookie: x", "é", "a/b", '"', "\x00", "\uff11"]
)
@pytest.mark.parametrize("name", ["X-Correlation-ID", "X-Request-ID", "traceparent"])
def test_any_other_id_is_replaced(name: str, given: str) -> None:
    assert is_uuid(correlation.accept_or_make({name: given}))


def test_the_more_telling_header_goes_first() -> None:
    headers = {"X-Correlation-ID": "first", "X-Request-ID": "second", "traceparent": PARENT}
    assert correlation.accept_or_make(headers) == "first"
    assert correlation.accept_or_make({**headers, "X-Correlation-ID": "not valid"}) == "second"
    assert correlation.accept_or_make({"traceparent": PARENT}) == TRACE


@pytest.mark.parametrize(
    "traceparent", [PARENT, PARENT.replace("00-", "cc-", 1), PARENT.replace("00-", "cc-", 1) + "-more"]
)
def test_a_trace_id_is_taken(traceparent: str) -> None:
    assert correlation.accept_or_make({"traceparent": traceparent}) == TRACE


@pytest.mark.parametrize(
    "traceparent",
    [
        PARENT + "-more",
        PARENT.upper(),
        PARENT[:-1],
        PARENT.replace("00-", "ff-", 1),
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_a_trace_that_the_standard_forbids_is_not(traceparent: str) -> None:
    assert is_uuid(correlation.accept_or_make({"traceparent": traceparent}))


@given(st.text(), st.text(), st.text())
def test_whatever_comes_the_id_is_safe_to_print(first: str, second: str, third: str) -> None:
    made = correlation.accept_or_make({"X-Correlation-ID": first, "X-Request-ID": second, "traceparent": third})
    assert 1 <= len(made) <= 128 and set(made) <= set(string.ascii_letters + string.digits + "._-")


def test_background_work_has_an_id_per_run() -> None:
    assert correlation.current() is None
    with correlation.bind() as first, correlation.bind() as second:
        assert is_uuid(first) and first != second and correlation.current() == second
    assert correlation.current() is None


def test_work_inside_work_gives_the_id_back_even_when_it_fails() -> None:
    with correlation.bind("outer"):
        with pytest.raises(ZeroDivisionError), correlation.bind("inner"):
            raise ZeroDivisionError
        assert correlation.current() == "outer"


def test_a_token_of_another_context_clears_the_id() -> None:
    token = contextvars.copy_context().run(correlation.set, "there")
    with correlation.bind("here"):
        correlation.reset(token)
        assert correlation.current() is None


@pytest.fixture
def echo() -> Iterator[tuple[str, list[Any]]]:
    """The address of a server, and the headers it was sent."""
    seen: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers)
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_calls_pass_the_id_on_through_redirects_too(echo: tuple[str, list[Any]]) -> None:
    address, seen = echo
    with correlation.bind("abc"), correlation.session() as session:
        session.get(f"{address}/moved")
    assert [headers["X-Correlation-ID"] for headers in seen] == ["abc", "abc"]


def test_an_id_that_the_caller_sets_is_kept(echo: tuple[str, list[Any]]) -> None:
    address, seen = echo
    with correlation.bind("abc"), correlation.session() as session:
        session.get(address, headers={"x-correlation-id": "mine"})
    assert seen[0].get_all("X-Correlation-ID") == ["mine"]


def test_outside_of_any_work_there_is_no_id_to_pass_on(echo: tuple[str, list[Any]]) -> None:
    address, seen = echo
    with correlation.session() as session:
        session.get(address)
    assert "X-Correlation-ID" not in seen[0]


@pytest.mark.parametrize(("asked", "used"), [(None, (3.0, 10.0)), (1.5, 1.5)])
def test_a_call_has_a_timeout(
    monkeypatch: pytest.MonkeyPatch, asked: Any, used: Any, echo: tuple[str, list[Any]]
) -> None:
    import requests

    timeouts = []
    send = requests.Session.send
    monkeypatch.setattr(
        requests.Session,
        "send",
        lambda *given, **options: timeouts.append(options["timeout"]) or send(*given, **options),
    )
    with correlation.session() as session:
        session.get(echo[0], timeout=asked)
    assert timeouts == [used]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, str]]:
    """What is told of calls."""
    monkeypatch.setattr(correlation, "_listeners", [])
    told: list[tuple[str, float, str]] = []
    correlation.on_call(lambda *given: pytest.fail("another has taken its place"))
    correlation.on_call(lambda *given: told.append(given))
    return told


def test_each_call_is_told_of_with_host_time_and_status(echo: tuple[str, list[Any]], calls: Any) -> None:
    with correlation.session() as session:
        session.get(f"{echo[0].replace('//', '//anna:hunter22@')}/moved")
    assert [(host, status) for host, _, status in calls] == [("127.0.0.1", "302"), ("127.0.0.1", "200")]
    assert all(0 < duration_ms < 10_000 for _, duration_ms, _ in calls)


def test_a_call_that_fails_is_told_of_and_fails(calls: Any) -> None:
    import requests

    with pytest.raises(requests.ConnectionError), correlation.session() as session:
        session.get("http://127.0.0.1:9/")
    assert [(host, status) for host, _, status in calls] == [("127.0.0.1", "error")]


def test_who_is_told_of_a_call_cannot_break_it(monkeypatch: pytest.MonkeyPatch, echo: tuple[str, list[Any]]) -> None:
    monkeypatch.setattr(correlation, "_listeners", [])
    correlation.on_call(lambda *given: 1 / 0)
    with correlation.session() as session:
        assert session.get(echo[0]).status_code == 200


def test_nothing_is_imported_for_it() -> None:
    import subprocess
    import sys

    code = "import sys, monitoring.correlation; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_new_ids_are_uuids_and_all_different() -> None:
    made = [correlation.make() for _ in range(2000)]
    assert all(map(is_uuid, made)) and len(set(made)) == 2000
    assert {each[19] for each in made} == set("89ab")

"""The id that ties together all that one request, or one piece of background work, does.

It lives in a context variable: every log line, outgoing call and error of the request carries it.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

HEADER = "X-Correlation-ID"
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# https://www.w3.org/TR/trace-context/: version, trace id, parent id, flags; later versions may add fields.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
_listeners: list[Callable[[str, float, str], object]] = []
_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_random_bits = random.getrandbits


class Headers(Protocol):
    """What a request's headers are asked for; a mapping from strings to strings is one."""

    def get(self, key: str, /) -> str | None:
        """Return the header of that name, None where there is none."""


def current() -> str | None:
    """Return the id of the work being done here, None outside of any."""
    return _current.get()


def make() -> str:
    """Return a new id: a random UUID (version 4). Nothing secret depends on it, so it costs no system call."""
    digits = _random_bits(128).to_bytes(16).hex()  # seeded anew after a fork
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"


def accept_or_make(headers: Headers) -> str:
    """Return the id that a request brings, or a new one.

    `headers` ignore case, as those of web frameworks do. Taken is the first that is valid of `X-Correlation-ID`,
    `X-Request-ID` (1 to 128 of `A-Za-z0-9._-`) and the trace id of a W3C `traceparent`.
    """
    for name in (HEADER, "X-Request-ID"):
        given = headers.get(name)
        if given and _ID.fullmatch(given):
            return given
    return _trace_id(headers.get("traceparent")) or make()


def _trace_id(traceparent: str | None) -> str | None:
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None or (match[1] == "00" and match[3]):
        return None
    return match[2]


def set(correlation_id: str | None) -> Token[str | None]:
    """Make `correlation_id` the current one; give the token to `reset`."""
    return _current.set(correlation_id)


def reset(token: Token[str | None]) -> None:
    """Restore what was current before the `set` that returned `token`; none is, where that was another context."""
    try:
        _current.reset(token)
    except (ValueError, RuntimeError):  # a streamed response may be ended by another thread
        _current.set(None)


@contextmanager
def bind(correlation_id: str | None = None) -> Iterator[str]:
    """Do the work inside under `correlation_id`, by default a new one; yield it."""
    bound = correlation_id or make()
    token = set(bound)
    try:
        yield bound
    finally:
        reset(token)


def on_call(record: Callable[[str, float, str], object]) -> None:
    """Tell `record` alone of each call made with `session()` from now on.

    It gets the host, the milliseconds until the answer began, and the answer's status or `error`.
    """
    _listeners[:] = [record]


def session() -> "requests.Session":
    """Return a `requests.Session` that passes the current id on as `X-Correlation-ID`, unless a call sets its own.

    A call without a timeout has 3 s to connect and 10 s between bytes read. Who is told of calls says `on_call`: each
    redirect is one more.
    """
    return _session_type()()


@cache
def _session_type() -> "type[requests.Session]":
    import requests

    class CorrelatedSession(requests.Session):
        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            correlation_id = current()
            if correlation_id is not None:
                request.headers.setdefault(HEADER, correlation_id)
            if options.get("timeout") is None:
                options["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
            return super().send(request, **options)

        def get_adapter(self, url: str) -> Any:
            return _TimedAdapter(super().get_adapter(url))

    return CorrelatedSession


class _TimedAdapter:
    """Stands around whichever adapter a session has for an address."""

    def __init__(self, adapter: Any) -> None:
        self._adapter = adapter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def send(self, request: "requests.PreparedRequest", **options: Any) -> "requests.Response":
        at, status = perf_counter(), "error"
        try:
            answer: requests.Response = self._adapter.send(request, **options)
            status = str(answer.status_code)
            return answer
        finally:
            _tell(request.url, (perf_counter() - at) * 1000, status)


def _tell(url: str | None, duration_ms: float, status: str) -> None:
    for record in _listeners:
        with suppress(Exception):  # whoever counts calls must not break one
            record(urlsplit(url or "").hostname or "none", duration_ms, status)

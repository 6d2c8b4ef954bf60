"""The HTTP client of all web probes: one session per loop, a fresh connection per probe, its phases timed.

Fresh connections are honest: a kept one goes on working when the name no longer resolves, the listener is gone
or the certificate has run out, which is what a new visitor meets.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec

from monitoring.health import certificates, names
from monitoring.health.check import CheckFailed
from monitoring.status import Cause

if TYPE_CHECKING:
    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession, TraceConfig
    from aiohttp.abc import AbstractResolver

BODY_BYTES = 1024 * 1024
"""How much of a body is read."""

REDIRECTS = 5

_sessions: "WeakKeyDictionary[asyncio.AbstractEventLoop, ClientSession]" = WeakKeyDictionary()


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `headers` go to the address's own origin only, also where it redirects."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes | None = None
    follow_redirects: bool = False
    verify_tls: bool = True


class Timing:
    """The phases of one probe in seconds, added up over its redirects, and its last TLS handshake."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self.handshake = certificates.Handshake()
        self._mark = time.monotonic()

    def begin(self) -> None:
        """Begin a connection."""
        self.handshake.begun = None
        self._mark = time.monotonic()

    def connected(self) -> None:
        """Note that the connection stands, TLS included."""
        shaking_since = self.handshake.begun
        if shaking_since is not None:
            self.note("connect", shaking_since)
        self.note("connect" if shaking_since is None else "tls")

    def note(self, phase: str, until: float | None = None) -> None:
        """Book the time since the last note to `phase`."""
        now = until or time.monotonic()
        self.phases[phase] = self.phases.get(phase, 0.0) + now - self._mark
        self._mark = now


_timing: ContextVar[Timing] = ContextVar("timing")


@asynccontextmanager
async def answer_to(ask: Ask) -> "AsyncIterator[tuple[ClientResponse, Timing]]":
    """Ask and yield the answer once its head is here; CheckFailed, or an OSError, where there is none."""
    from aiohttp import ClientError

    timing = Timing()
    certificates.current.set(timing.handshake)
    _timing.set(timing)
    try:
        async with _request(ask) as response:
            timing.note("first_byte")
            yield response, timing
    except ClientError as error:
        known = await _known(error)
        if known is None:
            raise
        raise known from error


async def body_of(response: "ClientResponse") -> bytes:
    """Return the body, or its first MiB and the first byte too many."""
    chunks: list[bytes] = []
    length = 0
    while length <= BODY_BYTES and (chunk := await response.content.readany()):
        chunks.append(chunk)
        length += len(chunk)
    return b"".join(chunks)[: BODY_BYTES + 1]


async def close() -> None:
    """Close the running loop's session, if it has one."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


def _request(ask: Ask) -> Any:
    headers = dict(ask.headers)
    return _session().request(
        ask.method,
        ask.url,
        headers=headers,
        data=ask.body,
        allow_redirects=ask.follow_redirects,
        max_redirects=REDIRECTS + 1,
        ssl=certificates.context(ask.verify_tls) if ask.url.startswith("https") or ask.follow_redirects else True,
        middlewares=(_at_home(ask.url, headers),) if headers and ask.follow_redirects else (),
    )


def _at_home(url: str, headers: Mapping[str, str]) -> Any:
    """Return what takes a check's own headers, secrets often, off requests that leave its origin."""
    from yarl import URL

    home = URL(url).origin()

    async def stay(request: "ClientRequest", handler: "ClientHandlerType") -> "ClientResponse":
        if request.url.origin() != home:
            for name in headers:
                request.headers.popall(name, None)
        return await handler(request)

    return stay


def _session() -> "ClientSession":
    loop = asyncio.get_running_loop()
    found = _sessions.get(loop)
    if found is None:
        found = _sessions[loop] = _new_session()
    return found


def _new_session() -> "ClientSession":
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    connector = TCPConnector(limit=0, force_close=True, use_dns_cache=False, resolver=_new_resolver())
    return ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        headers={"User-Agent": "Daymark", "Accept-Encoding": "identity"},
        timeout=ClientTimeout(total=None, sock_connect=None),  # the deadline is the runner's
        trace_configs=[_traces()],
    )


def _new_resolver() -> "AbstractResolver":
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        """Resolves as every other network check does, and times it."""

        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002 - the interface's
            try:
                infos = await names.resolve(host, port)
            except CheckFailed as error:
                raise OSError(None, error.message) from error
            _timing.get().note("dns")
            return [
                ResolveResult(hostname=host, host=address[0], port=port, family=kind, proto=proto, flags=0)
                for kind, _, proto, _, address in infos
            ]

        async def close(self) -> None:
            """Nothing: the resolver is the loop's."""

    return Resolver()


def _traces() -> "TraceConfig":
    from aiohttp import TraceConfig

    async def begin(*_: object) -> None:
        _timing.get().begin()

    async def connected(*_: object) -> None:
        _timing.get().connected()

    async def redirected(*_: object) -> None:
        _timing.get().note("first_byte")

    traces = TraceConfig()
    traces.on_connection_create_start.append(begin)
    traces.on_connection_create_end.append(connected)
    traces.on_request_redirect.append(redirected)
    return traces


async def _known(error: Exception) -> CheckFailed | None:
    """Return what the client library itself found; None where the system's own error is in its."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        refused = error.certificate_error
        if isinstance(refused, ssl.SSLCertVerificationError):
            return await certificates.mismatch(refused, error.host, error.port or 443, error.host)
    for kind, cause, words in _WORDS:
        if isinstance(error, getattr(aiohttp, kind)):
            return CheckFailed(cause, words)
    return None


_WORDS = (
    ("ServerDisconnectedError", Cause.REFUSED, "cut the connection before it answered"),
    ("ClientPayloadError", Cause.REFUSED, "cut the connection before the answer was whole"),
    ("TooManyRedirects", Cause.STATUS, f"more than {REDIRECTS} redirects"),
    ("RedirectClientError", Cause.STATUS, "redirects to what is no web address"),
    ("InvalidURL", Cause.DNS, "not a web address"),
    ("ClientResponseError", Cause.CONTENT, "the answer is not HTTP"),
)
"""By class name, since the library is imported only where it is needed; the narrower kind first."""

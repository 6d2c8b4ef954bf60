"""The HTTP client of all web probes: a fresh connection for each, its phases timed, its redirects followed.

Fresh connections are honest: a kept one goes on working when the name no longer resolves, the listener is gone
or the certificate has run out, which is what a new visitor meets.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from monitoring.health import addresses
from monitoring.health.certificates import Certificate
from monitoring.health.check import CheckFailed
from monitoring.status import Cause

if TYPE_CHECKING:
    from monitoring.health.transfer import Exchange, Head

REDIRECTS = 5

_REDIRECTING = (301, 302, 303, 307, 308)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `headers` go to the address's own origin only, also where it redirects."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    body: bytes | None = None
    follow_redirects: bool = False
    verify_tls: bool = True


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The last answer: of its body the first MiB, which `is_whole` or not, and the last certificate shown.

    `phases` are seconds by name (dns, connect, tls, first_byte), added up over the redirects.
    """

    status: int
    content_type: str
    body: bytes
    is_whole: bool
    certificate: Certificate | None
    phases: dict[str, float]


class _Hop(NamedTuple):
    url: str
    method: str
    body: bytes | None


async def answer_to(ask: Ask, reads_body: Callable[[int], bool]) -> Reply:
    """Ask and return the answer; CheckFailed, or an OSError, where there is none.

    Its body is read where `reads_body` says so of its status.
    """
    hop = _Hop(ask.url, ask.method, ask.body)
    phases: dict[str, float] = {}
    certificate = None
    for _ in range(REDIRECTS + 1):
        said = await _exchange(ask, hop, reads_body)
        certificate = said.certificate or certificate
        for name, seconds in said.phases.items():
            phases[name] = phases.get(name, 0.0) + seconds
        if not _leads_on(ask, said.head):
            return _reply(said, certificate, phases)
        hop = _next(hop, said.head)
    raise CheckFailed(Cause.STATUS, f"more than {REDIRECTS} redirects")


async def _exchange(ask: Ask, hop: _Hop, reads_body: Callable[[int], bool]) -> "Exchange":
    from monitoring.health.transfer import Exchange, Request

    address = _address(hop.url)
    request = Request(
        address=address,
        method=hop.method,
        headers=_lines(ask, address, hop),
        body=hop.body,
        verify_tls=ask.verify_tls,
        reads_body=lambda head: not _leads_on(ask, head) and reads_body(head.status),
    )
    said = Exchange(request)
    await said.run()
    return said


def _reply(said: "Exchange", certificate: Certificate | None, phases: dict[str, float]) -> Reply:
    return Reply(
        status=said.head.status,
        content_type=said.content_type,
        body=said.body,
        is_whole=said.is_whole,
        certificate=certificate,
        phases=phases,
    )


def _address(url: str) -> addresses.WebAddress:
    try:
        return addresses.parsed(url)
    except ValueError as error:
        raise CheckFailed(Cause.DNS, "not a web address") from error


def _leads_on(ask: Ask, head: "Head") -> bool:
    return ask.follow_redirects and head.status in _REDIRECTING and bool(head.location)


def _next(hop: _Hop, head: "Head") -> _Hop:
    """Return what is asked next: as in every browser a POST becomes a GET, and after 303 all but HEAD does."""
    try:
        url = addresses.target(hop.url, head.location)
    except ValueError as error:
        raise CheckFailed(Cause.STATUS, "redirects to what is no web address") from error
    if (head.status in (301, 302) and hop.method == "POST") or (head.status == 303 and hop.method != "HEAD"):
        return _Hop(url, "GET", None)
    return _Hop(url, hop.method, hop.body)


def _lines(ask: Ask, address: addresses.WebAddress, hop: _Hop) -> list[str]:
    """Return the header's lines that libcurl does not write itself."""
    home = _address(ask.url)
    at_home = address.origin == home.origin
    headers = dict(ask.headers) if at_home else {}
    given = {name.lower() for name in headers}
    authorization = address.authorization or (home.authorization if at_home else None)
    if authorization and "authorization" not in given:
        headers["Authorization"] = authorization
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
    if hop.method in ("GET", "HEAD") and hop.body is None:
        return lines
    # Without a value libcurl leaves out what it would add: a form's type, and the wish to be told to go on.
    kind = "Content-Type: application/octet-stream" if hop.body is not None else "Content-Type:"
    return [*lines, "Expect:", *([] if "content-type" in given else [kind])]

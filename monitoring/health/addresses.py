"""Web addresses, taken apart as a request needs them."""

import ipaddress
from base64 import b64encode
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit

import msgspec

from monitoring.health.check import CheckFailed
from monitoring.health.names import ascii_name
from monitoring.status import Cause

_PORTS = {"http": 80, "https": 443}
_AS_THEY_ARE = "/:@!$&'()*+,;=~%?[]"
_HOST_MARKS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")


class WebAddress(msgspec.Struct, frozen=True, kw_only=True):
    """`url` is ASCII, without the user's name and password: these are in `authorization`, as its header has them."""

    url: str
    scheme: str
    host: str
    port: int
    literal: bool
    authorization: str | None

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return what two addresses have in common that are the same server's."""
        return self.scheme, self.host, self.port


@lru_cache(4096)
def parsed(text: str) -> WebAddress:
    """Return `text` taken apart; ValueError where it is no web address, CheckFailed where its host cannot exist."""
    parts = urlsplit(text)
    if parts.scheme not in _PORTS or not parts.hostname or parts.port == 0:
        raise ValueError("not a web address")
    literal = _is_literal(parts.hostname)
    host = parts.hostname if literal else _name(parts.hostname)
    return WebAddress(
        url=_ascii(parts, host),
        scheme=parts.scheme,
        host=host,
        port=parts.port or _PORTS[parts.scheme],
        literal=literal,
        authorization=_authorization(parts),
    )


def target(base: str, location: str) -> str:
    """Return the address that `base` redirects to; ValueError where that is no web address."""
    parts = urlsplit(location)
    if parts.scheme and not parts.netloc:
        raise ValueError("not a web address")
    found = urljoin(base, location)
    parsed(found)
    return found


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    """Return a name as it is asked for; with other marks in it libcurl could read another one."""
    name = ascii_name(host).lower()
    if not _HOST_MARKS.issuperset(name):
        raise CheckFailed(Cause.DNS, "not a host name that can exist")
    return name


def _ascii(parts: SplitResult, host: str) -> str:
    """Return the address as it is sent: what is in it beyond ASCII is quoted, what is quoted already is not again."""
    place = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    query = f"?{quote(parts.query, _AS_THEY_ARE)}" if parts.query else ""
    return f"{parts.scheme}://{place}{port}{quote(parts.path, _AS_THEY_ARE) or '/'}{query}"


def _authorization(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"

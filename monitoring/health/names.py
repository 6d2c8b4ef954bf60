"""Names to addresses to connected sockets, without a thread: one that hangs waits for nobody else."""

import asyncio
import ipaddress
import socket
import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from monitoring.health.check import CheckFailed
from monitoring.status import Cause

if TYPE_CHECKING:
    from aiodns import DNSResolver
    from aiodns.error import DNSError

AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]

_NEXT_ADDRESS_AFTER_SECONDS = 0.25
"""RFC 8305: how long one address may keep the next one waiting."""

_resolvers: "WeakKeyDictionary[asyncio.AbstractEventLoop, DNSResolver]" = WeakKeyDictionary()


async def connect(host: str, port: int, phases: dict[str, float]) -> socket.socket:
    """Return a connected, non-blocking socket and note the seconds `dns` and `connect` took in `phases`.

    CheckFailed where the name does not resolve; OSError where no address takes the connection.
    """
    from aiohappyeyeballs import start_connection

    begun = time.monotonic()
    infos = _literal(host, port)
    if infos is None:
        infos = await resolve(host, port)
        phases["dns"] = time.monotonic() - begun
        begun = time.monotonic()
    connected = await start_connection(infos, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_SECONDS)
    phases["connect"] = time.monotonic() - begun
    return connected


def _literal(host: str, port: int) -> list[AddressInfo] | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if address.version == 6:
        return [(socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), port, 0, 0))]
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), port))]


async def resolve(host: str, port: int) -> list[AddressInfo]:
    """Return the addresses of a name, both families, in the order to try them; CheckFailed where there is none."""
    from aiodns.error import DNSError

    try:
        found = await resolver().getaddrinfo(ascii_name(host), socket.AF_UNSPEC, port, type=socket.SOCK_STREAM)
    except DNSError as error:
        raise unresolved(error) from error
    return [(node.family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", _address(node.addr)) for node in found.nodes]


def _address(raw: tuple[bytes, int] | tuple[bytes, int, int, int]) -> tuple[str, int] | tuple[str, int, int, int]:
    host = raw[0].decode("ascii")
    return (host, raw[1]) if len(raw) == 2 else (host, raw[1], raw[2], raw[3])


def resolver() -> "DNSResolver":
    """Return the running loop's own resolver."""
    import aiodns

    loop = asyncio.get_running_loop()
    found = _resolvers.get(loop)
    if found is None:
        found = _resolvers[loop] = aiodns.DNSResolver(loop=loop)
    return found


async def close() -> None:
    """Close the running loop's resolver, if it has one."""
    found = _resolvers.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()


def unresolved(error: "DNSError") -> CheckFailed:
    """Return what a resolver's error means."""
    from aiodns import error as codes

    silent = (codes.ARES_ETIMEOUT, codes.ARES_ECONNREFUSED, codes.ARES_ESERVFAIL, codes.ARES_EREFUSED)
    if error.args and error.args[0] in silent:
        return CheckFailed(Cause.DNS, "the name servers do not answer")
    return CheckFailed(Cause.DNS, "the host name does not resolve")


def ascii_name(host: str) -> str:
    """Return `host` as DNS knows it: `bücher.example` as `xn--bcher-kva.example`; CheckFailed where it cannot be."""
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise CheckFailed(Cause.DNS, "not a host name that can exist") from error

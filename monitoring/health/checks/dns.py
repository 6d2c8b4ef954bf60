"""A DNS record: that it is there, and that it says what it should."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from monitoring.health import hosts
from monitoring.health.check import Answer, CheckFailed, NetworkCheck
from monitoring.health.names import ascii_name
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver
    from dns.resolver import Answer as Found

DNS_PORT = 53
_SHOWN = 20

Record = Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]


class DnsSettings(CheckSettings, frozen=True, kw_only=True):
    """`expected` are values that must be among the answers; `server` is an address, with `:port` if not 53."""

    host: str
    record: Record = "A"
    expected: tuple[str, ...] = ()
    server: str = ""

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        if not self.host or any(mark in self.host for mark in "/@: "):
            yield "host", "a name, without a scheme, port or path"
        try:
            _server(self.server)
        except ValueError:
            yield "server", "an address such as 1.1.1.1, 127.0.0.1:5353 or [::1]:53"


class DnsCheck(NetworkCheck[DnsSettings]):
    """Asks the system's name servers, or the one that is named."""

    type = "dns"
    settings_type = DnsSettings

    @property
    def host(self) -> str:
        """Return the server that is asked, if one is named, else the name that is asked for."""
        server = _server(self.settings.server)
        return server[0] if server else self.settings.host

    async def ask(self) -> Answer:
        """Resolve; CheckFailed where there is no such record, or not the expected one."""
        import dns.exception

        try:
            found = await self._resolve()
        except dns.exception.DNSException as error:
            raise self._explained(error) from error
        shown = sorted(record.to_text() for record in found)
        missing = [value for value in self.settings.expected if _plain(value) not in _forms(shown)]
        if missing:
            raise CheckFailed(Cause.CONTENT, f"expected {', '.join(missing)}, got {', '.join(shown[:_SHOWN])}")
        ttl = found.rrset.ttl if found.rrset is not None else None
        return Answer(details={"answers": shown[:_SHOWN], "ttl_seconds": ttl})

    async def _resolve(self) -> "Found":
        resolver = _resolver(self.settings.server)
        name = ascii_name(self.settings.host).rstrip(".") + "."
        return await resolver.resolve(name, self.settings.record, lifetime=self.settings.timeout_seconds)

    def _explained(self, error: Exception) -> CheckFailed:
        import dns.exception
        import dns.resolver

        if isinstance(error, dns.resolver.NXDOMAIN):
            return CheckFailed(Cause.DNS, f"the name {self.settings.host} does not exist")
        if isinstance(error, dns.resolver.NoAnswer):
            return CheckFailed(Cause.DNS, f"{self.settings.host} has no {self.settings.record} record")
        if isinstance(error, dns.resolver.NoNameservers):
            return CheckFailed(Cause.DNS, f"no name server gave an answer: {_code(error)}")
        if isinstance(error, dns.exception.Timeout):
            raise TimeoutError from error
        return CheckFailed(Cause.DNS, "the name servers gave no answer that can be read")


def _server(text: str) -> tuple[str, int] | None:
    """Return the address and port in `text`, None where it is empty; ValueError where it is neither."""
    if not text:
        return None
    try:
        return str(ipaddress.ip_address(text)), DNS_PORT
    except ValueError:
        host, port = hosts.split(text)
        return str(ipaddress.ip_address(host)), port


def _resolver(server: str) -> "Resolver":
    from dns.asyncresolver import Resolver

    named = _server(server)
    if named is None:
        return Resolver()
    resolver = Resolver(configure=False)
    resolver.nameservers, resolver.port = [named[0]], named[1]
    return resolver


def _code(error: Exception) -> str:
    """Return what the last server said, such as SERVFAIL."""
    tried = getattr(error, "kwargs", {}).get("errors") or [(None, None, None, "silence", None)]
    said = tried[-1][3]
    return said if isinstance(said, str) and said.isupper() else "silence"


def _forms(shown: list[str]) -> set[str]:
    """Return the answers as people write them: without quotes and final dots, an MX also without its preference."""
    plain = {_plain(text) for text in shown}
    return plain | {text.rpartition(" ")[2] for text in plain if text.partition(" ")[0].isdecimal()}


def _plain(text: str) -> str:
    return text.replace('" "', "").strip('"').rstrip(".").lower()

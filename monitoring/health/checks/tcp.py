"""A TCP port that takes connections."""

from collections.abc import Iterator

from monitoring.health import names
from monitoring.health.check import Answer, NetworkCheck
from monitoring.settings.checks import CheckSettings


class TcpSettings(CheckSettings, frozen=True, kw_only=True):
    """`host` is a name or an address."""

    host: str
    port: int

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        yield from endpoint_faults(self.host, self.port)


def endpoint_faults(host: str, port: int) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a host and a port."""
    if not host or any(mark in host for mark in "/@ ?#"):
        yield "host", "a host name or an address, without a scheme, port or path"
    if not 0 < port < 65536:
        yield "port", "from 1 to 65535"


class TcpCheck(NetworkCheck[TcpSettings]):
    """Connects and hangs up."""

    type = "tcp"
    settings_type = TcpSettings

    @property
    def host(self) -> str:
        """Return the host that is asked."""
        return self.settings.host

    async def ask(self) -> Answer:
        """Connect; OSError or CheckFailed where it fails."""
        phases: dict[str, float] = {}
        connected = await names.connect(self.settings.host.strip("[]"), self.settings.port, phases)
        connected.close()
        return Answer(phases=phases)

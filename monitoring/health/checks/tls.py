"""A TLS server: its chain, its host name, and the days its certificate has left."""

import ssl
from collections.abc import Iterator
from typing import Annotated

import msgspec

from monitoring.health import certificates
from monitoring.health.check import Answer, NetworkCheck
from monitoring.health.checks.tcp import endpoint_faults
from monitoring.settings.checks import CheckSettings
from monitoring.status import Cause, Status

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class TlsSettings(CheckSettings, frozen=True, kw_only=True):
    """`server_name` is the name the certificate must have, `host` unless given; 0 days left turn the warning off."""

    host: str
    port: int = 443
    server_name: str = ""
    certificate_days: Days = 14

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what contradicts."""
        yield from super().faults()
        yield from endpoint_faults(self.host, self.port)


class TlsCheck(NetworkCheck[TlsSettings]):
    """Shakes hands and hangs up."""

    type = "tls"
    settings_type = TlsSettings

    @property
    def host(self) -> str:
        """Return the host that is asked."""
        return self.settings.host

    async def ask(self) -> Answer:
        """Shake hands; CheckFailed or OSError where it fails."""
        host, port = self.settings.host.strip("[]"), self.settings.port
        server_name = self.settings.server_name or host
        phases: dict[str, float] = {}
        try:
            certificate = await certificates.shake_hands(host, port, server_name, True, phases)
        except ssl.SSLCertVerificationError as error:
            raise await certificates.mismatch(error, host, port, server_name) from error
        return judged(certificate, self.settings.certificate_days, phases)


def judged(certificate: certificates.Certificate | None, days: int, phases: dict[str, float]) -> Answer:
    """Return a healthy answer, or a degraded one where the certificate has fewer than `days` left."""
    if certificate is None:
        return Answer(phases=phases)
    warning = certificates.nearing_end(certificate, days)
    if warning is None:
        return Answer(details=certificate.details(), phases=phases)
    details = certificate.details()
    return Answer(status=Status.DEGRADED, cause=Cause.TLS, error=warning, details=details, phases=phases)

"""TLS contexts, and what a certificate says of itself."""

import asyncio
import os
import ssl
import time
from functools import lru_cache
from typing import Any

import msgspec

from monitoring import clock
from monitoring.health import names
from monitoring.health.check import CheckFailed
from monitoring.health.failures import explain
from monitoring.status import Cause

_EXPIRED, _HOST_MISMATCH, _ADDRESS_MISMATCH = 10, 62, 64
_TELLS_MORE = frozenset({_EXPIRED, _HOST_MISMATCH, _ADDRESS_MISMATCH})
_LAST_NAMES = 3


class Certificate(msgspec.Struct, frozen=True):
    """What a server showed: the host names it is for, who issued it, and its end in Unix seconds."""

    names: tuple[str, ...]
    issuer: str
    expires_at: float

    def days_left(self) -> int:
        """Return whole days until it ends; negative once it has."""
        return int((self.expires_at - clock.now()) // clock.DAY_SECONDS)

    def details(self) -> dict[str, Any]:
        """Return what an admin wants to see."""
        return {
            "certificate_days_left": self.days_left(),
            "certificate_expires_at": clock.iso(self.expires_at),
            "certificate_issuer": self.issuer,
        }


def context(verify: bool) -> ssl.SSLContext:
    """Return the client's TLS context; it trusts the system's authorities, or those in `SSL_CERT_FILE`."""
    return _context(verify, os.environ.get("SSL_CERT_FILE"))


@lru_cache(4)
def _context(verify: bool, _authorities: str | None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify:
        made.load_default_certs()
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


async def shake_hands(
    host: str, port: int, server_name: str, verify: bool, phases: dict[str, float]
) -> Certificate | None:
    """Connect, speak TLS, hang up; return the certificate and note `dns`, `connect` and `tls` in `phases`.

    CheckFailed where the name does not resolve; OSError (ssl.SSLError among them) where it fails.
    """
    connected = await names.connect(host, port, phases)
    try:
        begun = time.monotonic()
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, sock=connected, ssl=context(verify), server_hostname=names.ascii_name(server_name)
        )
        phases["tls"] = time.monotonic() - begun
        shown = _shown(transport.get_extra_info("ssl_object"))
        transport.abort()
    finally:
        connected.close()
    return shown


async def mismatch(error: ssl.SSLCertVerificationError, host: str, port: int, server_name: str) -> CheckFailed:
    """Return why a certificate was refused, with its day or its names: these take a second look, unverified."""
    words = explain(error, 0)[1]
    if error.verify_code in _TELLS_MORE:
        try:
            seen = await shake_hands(host, port, server_name, False, {})
        except (OSError, CheckFailed):
            seen = None
        words = _words(error.verify_code, seen, server_name) if seen else words
    return CheckFailed(Cause.TLS, words)


@lru_cache(1024)
def read(pem: bytes) -> Certificate:
    """Return what a certificate says, checked or not."""
    return _from_der(ssl.PEM_cert_to_DER_cert(pem.decode("ascii")))


def nearing_end(certificate: Certificate, days: int) -> str | None:
    """Return the words for a certificate with fewer than `days` left; None while it has more."""
    left = certificate.days_left()
    if left >= days:
        return None
    return f"certificate expired {_days(-left - 1)} ago" if left < 0 else f"certificate expires in {_days(left)}"


def _shown(tls: ssl.SSLObject) -> Certificate | None:
    """Return the peer's certificate, checked or not."""
    checked = tls.getpeercert()
    if checked:
        return _from_checked(checked)
    raw = tls.getpeercert(binary_form=True)
    return _from_der(raw) if raw else None


def _words(code: int, certificate: Certificate, server_name: str) -> str:
    if code == _EXPIRED:
        return nearing_end(certificate, 0) or "certificate in the chain expired"
    shown = ", ".join(certificate.names[:_LAST_NAMES]) or "no host"
    more = " and others" if len(certificate.names) > _LAST_NAMES else ""
    return f"certificate is for {shown}{more}, not {server_name}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _from_checked(shown: Any) -> Certificate:
    """Read what the standard library tells of a verified certificate."""
    issuer = {key: value for group in shown.get("issuer", ()) for key, value in group}
    return Certificate(
        names=tuple(value for _, value in shown.get("subjectAltName", ())),
        issuer=issuer.get("organizationName") or issuer.get("commonName", ""),
        expires_at=float(ssl.cert_time_to_seconds(shown["notAfter"])),
    )


def _from_der(raw: bytes) -> Certificate:
    """Read a certificate that was not verified: the standard library tells nothing of it."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    seen = x509.load_der_x509_certificate(raw)
    try:
        alternatives = seen.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = tuple(str(name.value) for name in alternatives)
    except x509.ExtensionNotFound:
        hosts = tuple(str(name.value) for name in seen.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
    kinds = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    issuers = [str(name.value) for kind in kinds for name in seen.issuer.get_attributes_for_oid(kind)]
    return Certificate(hosts, issuers[0] if issuers else "", seen.not_valid_after_utc.timestamp())

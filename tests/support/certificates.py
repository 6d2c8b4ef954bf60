"""Certificates made when the tests run: none is kept, so none can run out."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOCAL = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """A certificate authority and what it has issued; `ca` is the file that clients trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(_pem(self._sign(self._name, self._key, days=3650, ca=True)))

    def good(self) -> Path:
        """For localhost, valid for 90 days."""
        return self.issue("good", days=90)

    def expired(self, days_ago: int = 3) -> Path:
        """For localhost, run out `days_ago`."""
        return self.issue(f"expired{days_ago}", days=-days_ago)

    def days_left(self, days: int) -> Path:
        """For localhost, valid for `days` more."""
        return self.issue(f"days{days}", days=days)

    def wrong_host(self) -> Path:
        """For another host."""
        return self.issue("wrong", hosts=("other.example",), days=90)

    def self_signed(self) -> Path:
        """For localhost, signed by itself."""
        return self.issue("selfsigned", days=90, own=True)

    def issue(self, name: str, *, days: float, hosts: tuple[str, ...] = LOCAL, own: bool = False) -> Path:
        """Return a PEM file with a key and a certificate for `hosts`, made once."""
        path = self._folder / f"{name}.pem"
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
            certificate = self._sign(subject, key, days=days, hosts=hosts, own=own)
            path.write_bytes(_key_pem(key) + _pem(certificate))
        return path

    def context(self, path: Path) -> ssl.SSLContext:
        """Return a server's TLS context for the certificate in `path`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        days: float,
        hosts: tuple[str, ...] = (),
        own: bool = False,
        ca: bool = False,
    ) -> x509.Certificate:
        # An hour more, so that "14 days left" stays so while the test runs.
        end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days, hours=1 if days > 0 else -1)
        issuer_key = key if own or ca else self._key
        builder = (
            x509.CertificateBuilder(subject_name=subject, issuer_name=subject if own else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(end, datetime.datetime.now(datetime.UTC)) - datetime.timedelta(days=30))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(name) for name in hosts]), critical=False
            )
        return builder.sign(issuer_key, hashes.SHA256())


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

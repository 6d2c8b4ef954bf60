"""Any failure in plain words, with a cause that strangers may read."""

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from itertools import product

from monitoring.health.check import CheckFailed
from monitoring.logs.redaction import redact
from monitoring.status import Cause

Explanation = tuple[Cause, str]

ERROR_CHARACTERS = 500
_NO_WAY = {
    errno.ENETUNREACH: "the network is unreachable",
    errno.EHOSTUNREACH: "the host is unreachable",
    errno.EADDRNOTAVAIL: "the network is unreachable",
    errno.ENETDOWN: "the network is down",
}
_CERTIFICATE = {
    9: "certificate is not valid yet",
    10: "certificate expired",
    18: "certificate is self-signed",
    19: "certificate chain ends in an authority that is not trusted",
    20: "certificate is signed by an authority that is not trusted, or the chain lacks a link",
    21: "certificate is signed by an authority that is not trusted, or the chain lacks a link",
    62: "certificate is for another host",
    64: "certificate is for another address",
}
"""OpenSSL's verification codes, <openssl/x509_vfy.h>."""


def explain(error: BaseException, timeout_seconds: float) -> Explanation:
    """Return the cause and the words, redacted and at most 500 characters, for any failure of a probe.

    `timeout_seconds` is the deadline that a timeout ran into. What is not expected is `Cause.UNKNOWN` and names
    its class only: such a message could hold anything.
    """
    found = _expected(error)
    if found is None:
        return Cause.UNKNOWN, f"unknown error ({type(error).__name__})"
    link, words = found
    cause, text = words(link, timeout_seconds)
    return cause, str(redact(text))[:ERROR_CHARACTERS]


def is_unexpected(error: BaseException) -> bool:
    """Return whether a failure is none that there are words for, and so deserves to be logged whole."""
    return _expected(error) is None


def _expected(error: BaseException) -> tuple[BaseException, Callable[..., Explanation]] | None:
    """Return the first link of the chain that there are words for, and the words."""
    links = tuple(_chain(error))
    for kinds in (_EXPECTED, _SYSTEM):
        for link, (kind, words) in product(links, kinds):
            if isinstance(link, kind):
                return link, words
    return None


def timed_out(seconds: float) -> str:
    """Return the words for a deadline that ran out."""
    return f"timed out after {seconds:.3g} s"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what led to it: libraries wrap the system's own error several times."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _failed(error: CheckFailed, _: float) -> Explanation:
    return error.cause, error.message


def _timeout(error: TimeoutError, seconds: float) -> Explanation:
    gave_up = error.errno == errno.ETIMEDOUT
    return Cause.TIMEOUT, "the connection timed out" if gave_up else timed_out(seconds)


def _certificate(error: ssl.SSLCertVerificationError, _: float) -> Explanation:
    return Cause.TLS, _CERTIFICATE.get(error.verify_code, f"certificate is not valid: {error.verify_message}")


def _tls(error: ssl.SSLError, _: float) -> Explanation:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Cause.TLS, "cut the connection during the TLS handshake"
    reason = (error.reason or "no reason given").lower().replace("_", " ")
    return Cause.TLS, f"TLS failed: {reason}"


def _name(error: socket.gaierror, _: float) -> Explanation:
    again = error.errno == socket.EAI_AGAIN
    return Cause.DNS, "the name servers do not answer" if again else "the host name does not resolve"


def _refused(_: ConnectionRefusedError, __: float) -> Explanation:
    return Cause.REFUSED, "refused the connection"


def _cut(_: OSError, __: float) -> Explanation:
    return Cause.REFUSED, "cut the connection"


def _system(error: OSError, _: float) -> Explanation:
    if error.errno in _NO_WAY:
        return Cause.REFUSED, _NO_WAY[error.errno]
    where = f": {error.filename}" if error.filename else ""
    return Cause.UNKNOWN, f"{(error.strerror or 'system error').lower()}{where}"


_EXPECTED: tuple[tuple[type[BaseException], Callable[..., Explanation]], ...] = (
    (CheckFailed, _failed),
    (ssl.SSLCertVerificationError, _certificate),
    (ssl.SSLError, _tls),
    (TimeoutError, _timeout),
    (socket.gaierror, _name),
    (ConnectionRefusedError, _refused),
    (ConnectionError, _cut),
    (EOFError, _cut),
)
"""The narrower kind first: most are kinds of OSError."""

_SYSTEM: tuple[tuple[type[BaseException], Callable[..., Explanation]], ...] = ((OSError, _system),)
"""Looked for last: a library's own kind of OSError says less than the one it wraps."""

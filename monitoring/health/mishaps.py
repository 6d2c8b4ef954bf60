"""What libcurl's codes mean: the system's own error where it has one, else plain words."""

import os
import re
import ssl

import pycurl

from monitoring.health import certificates
from monitoring.health.addresses import WebAddress
from monitoring.health.check import CheckFailed
from monitoring.status import Cause

_HOST_MISMATCH, _ADDRESS_MISMATCH = 62, 64
_UNSAID = (0, 1)
"""What libcurl says of a chain that is sound: it compares the host's name itself."""

_TLS_REASON = re.compile(r"error:[0-9A-F]+:[^:]*:[^:]*:([^:,]+)")
_NOT_HTTP = (Cause.CONTENT, "the answer is not HTTP")
_NO_NAME = (Cause.DNS, "the host name does not resolve")
_WORDS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: _NOT_HTTP,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: _NOT_HTTP,
    100: _NOT_HTTP,  # a line or a head that is too long; pycurl has no name for it
    pycurl.E_BAD_CONTENT_ENCODING: (Cause.CONTENT, "the answer is compressed in a way that cannot be read"),
    pycurl.E_URL_MALFORMAT: (Cause.DNS, "not a web address"),
    pycurl.E_COULDNT_RESOLVE_HOST: _NO_NAME,
    pycurl.E_ABORTED_BY_CALLBACK: _NO_NAME,
    pycurl.E_SSL_CACERT_BADFILE: (Cause.TLS, "TLS failed: the trusted authorities cannot be read"),
}
_CUT = (pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE)


async def mishap(code: int, curl: pycurl.Curl, address: WebAddress, answered: bool) -> Exception:
    """Return what a transfer failed of, CheckFailed or OSError; `answered` says whether its head was whole."""
    if code == pycurl.E_COULDNT_CONNECT:
        number = curl.getinfo(pycurl.OS_ERRNO)
        return OSError(number, os.strerror(number))
    if code == pycurl.E_PEER_FAILED_VERIFICATION:
        return await certificates.mismatch(_refusal(curl, address), address.host, address.port, address.host)
    if code == pycurl.E_SSL_CONNECT_ERROR:
        return CheckFailed(Cause.TLS, _handshake(curl.errstr()))
    if code in _CUT:
        return cut(answered)
    if code in _WORDS:
        return CheckFailed(*_WORDS[code])
    return OSError(None, pycurl.easy_strerror(code))


def cut(answered: bool) -> CheckFailed:
    """Return the words for a connection that ended too early; `answered` says whether the head was whole."""
    return CheckFailed(
        Cause.REFUSED, f"cut the connection before {'the answer was whole' if answered else 'it answered'}"
    )


def _refusal(curl: pycurl.Curl, address: WebAddress) -> ssl.SSLCertVerificationError:
    """Return the error that Python's own TLS would have raised."""
    refused = ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, "certificate verify failed")
    code = curl.getinfo(pycurl.SSL_VERIFYRESULT)
    if code in _UNSAID:
        code = _ADDRESS_MISMATCH if address.literal else _HOST_MISMATCH
    refused.verify_code = code
    refused.verify_message = curl.errstr().rpartition(": ")[2]
    return refused


def _handshake(said: str) -> str:
    found = _TLS_REASON.search(said)
    if found is None or found[1] == "unexpected eof while reading":
        return "cut the connection during the TLS handshake"
    return f"TLS failed: {found[1]}"

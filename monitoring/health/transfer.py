"""One request over a fresh connection, and what comes back: libcurl's options, callbacks and times."""

import os
import ssl
import time
from collections.abc import Callable
from functools import lru_cache

import msgspec
import pycurl

from monitoring.health import certificates, multi, names
from monitoring.health.addresses import WebAddress
from monitoring.health.mishaps import cut, mishap

BODY_BYTES = 1024 * 1024
"""How much of a body is read."""

_FIXED = {
    pycurl.FRESH_CONNECT: 1,
    pycurl.FORBID_REUSE: 1,
    pycurl.SSL_SESSIONID_CACHE: 0,
    pycurl.NOSIGNAL: 1,
    pycurl.PROXY: "",  # else the environment's would be asked
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.CONNECTTIMEOUT: 1_000_000,  # the deadline is the runner's; unset it would be 300 s
    pycurl.USERAGENT: "Daymark",
    pycurl.ACCEPT_ENCODING: "identity",
    pycurl.OPT_CERTINFO: 1,
    # As Python's own TLS, which the other checks use: a chain must end in a root.
    pycurl.SSL_OPTIONS: pycurl.SSLOPT_NO_PARTIALCHAIN,
}


_WITH_A_LENGTH = ("POST", "PUT", "PATCH")
"""Methods whose requests say how long their body is, even where it is empty."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent; `headers` are whole lines. The body is read where `reads_body` says so of the head."""

    address: WebAddress
    method: str
    headers: list[str]
    body: bytes | None
    verify_tls: bool
    reads_body: Callable[["Head"], bool]


class Head(msgspec.Struct):
    """An answer's status, and where it redirects to, empty where it does not."""

    status: int = 0
    location: str = ""


class Exchange:
    """One request and what came of it; `phases` are seconds by name."""

    def __init__(self, request: Request) -> None:
        self.head = Head()
        self.phases: dict[str, float] = {}
        self.certificate: certificates.Certificate | None = None
        self.content_type = ""
        self._request = request
        self._head_is_whole = False
        self._read_enough = False
        self._chunks: list[bytes] = []
        self._length = 0

    @property
    def body(self) -> bytes:
        """Return the body's first MiB."""
        return b"".join(self._chunks)[:BODY_BYTES]

    @property
    def is_whole(self) -> bool:
        """Return whether that is all of it."""
        return self._length <= BODY_BYTES

    async def run(self) -> None:
        """Send it and read the answer; CheckFailed or OSError where there is none."""
        curl = _prepared(self._request.verify_tls, os.environ.get("SSL_CERT_FILE")).duphandle()
        try:
            self._tell(curl)
            if not self._request.address.literal:
                await self._resolve(curl)
            code = await multi.running().perform(curl)
            if code and not self._read_enough:
                raise await mishap(code, curl, self._request.address, self._head_is_whole)
            if not self._head_is_whole:  # to libcurl half a head will do
                raise cut(answered=False)
            self._note(curl)
        finally:
            curl.close()

    def _tell(self, curl: pycurl.Curl) -> None:
        request = self._request
        curl.setopt(pycurl.URL, request.address.url)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_head)
        curl.setopt(pycurl.WRITEFUNCTION, self._take_body)
        if request.headers:
            curl.setopt(pycurl.HTTPHEADER, [line.encode() for line in request.headers])
        if request.method == "HEAD":
            curl.setopt(pycurl.NOBODY, 1)
        elif request.method != "GET" or request.body is not None:
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
            if request.body is not None or request.method in _WITH_A_LENGTH:
                curl.setopt(pycurl.POSTFIELDS, request.body or b"")

    async def _resolve(self, curl: pycurl.Curl) -> None:
        """Give libcurl the host's addresses, so that it asks for none: it would do so in threads of its own."""
        begun = time.monotonic()
        address = self._request.address
        infos = await names.resolve(address.host, address.port)
        found = ",".join(f"[{info[4][0]}]" if ":" in info[4][0] else info[4][0] for info in infos)
        # With a plus it is forgotten after a minute; until then the next probe's takes its place.
        curl.setopt(pycurl.RESOLVE, [f"+{address.host}:{address.port}:{found}"])
        curl.setopt(pycurl.RESOLVER_START_FUNCTION, _refuse)
        self.phases["dns"] = time.monotonic() - begun

    def _take_head(self, line: bytes) -> int:
        """Take a line of the head; 0 ends the transfer, once the head is whole and the body is not wanted."""
        if self._head_is_whole:
            return len(line)  # a trailer
        if line.startswith(b"HTTP/"):
            self.head = Head(_status(line))
        elif line[:9].lower() == b"location:":
            self.head.location = line[9:].strip().decode("utf-8", "replace")
        elif not line.strip() and self.head.status >= 200:
            self._head_is_whole = True
            self._read_enough = not self._request.reads_body(self.head)
        return 0 if self._read_enough else len(line)

    def _take_body(self, chunk: bytes) -> int:
        self._chunks.append(chunk)
        self._length += len(chunk)
        self._read_enough = self._length > BODY_BYTES
        return 0 if self._read_enough else len(chunk)

    def _note(self, curl: pycurl.Curl) -> None:
        """Note times and certificate."""
        resolved, connected = curl.getinfo(pycurl.NAMELOOKUP_TIME), curl.getinfo(pycurl.CONNECT_TIME)
        begun = connected
        self.phases["connect"] = connected - resolved
        if self._request.address.scheme == "https":
            begun = curl.getinfo(pycurl.APPCONNECT_TIME)
            self.phases["tls"] = begun - connected
            self.certificate = _certificate(curl)
        self.phases["first_byte"] = curl.getinfo(pycurl.STARTTRANSFER_TIME) - begun
        self.content_type = curl.getinfo(pycurl.CONTENT_TYPE) or ""


@lru_cache(4)
def _prepared(verify_tls: bool, _authorities: str | None) -> pycurl.Curl:
    """Return a handle to copy, which is cheaper than to set all of its options again."""
    curl = pycurl.Curl()
    for option, value in _FIXED.items():
        curl.setopt(option, value)
    if not verify_tls:
        curl.setopt(pycurl.SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.SSL_VERIFYHOST, 0)
    trusted = ssl.get_default_verify_paths()
    for option, path in ((pycurl.CAINFO, trusted.cafile), (pycurl.CAPATH, trusted.capath)):
        if path is None:
            curl.unsetopt(option)
        else:
            curl.setopt(option, path)
    return curl


def _certificate(curl: pycurl.Curl) -> certificates.Certificate | None:
    """Return what the server showed of itself, the first of its chain."""
    chain = curl.getinfo_raw(pycurl.INFO_CERTINFO)
    shown = dict(chain[0]).get(b"Cert") if chain else None
    return certificates.read(shown) if shown else None


def _status(line: bytes) -> int:
    parts = line.split(None, 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def _refuse(*_: object) -> int:
    return 1

"""Rendered pages kept as bytes: compressed once, tagged once, served many times."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache

import brotli
from flask import Request, Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

PAGES_KEPT = 256
FOR_GOOD = "public, max-age=31536000, immutable"
PAGE_CACHED = "public, max-age=1, stale-if-error=86400"

_ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: bytes(brotli.compress(body, quality=4)),  # half the time of 5 for a seventh more bytes
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
"""The better one first."""


class Rendered:
    """One text. Its tag is a hash of it, so workers that draw the same text agree."""

    def __init__(self, text: str, mimetype: str = "text/html", cache_control: str = PAGE_CACHED) -> None:
        body = text.encode()
        self._mimetype, self._cache_control = mimetype, cache_control
        self.etag = hashlib.sha256(body).hexdigest()[:20]
        self._encoded = {"identity": body}

    def respond(self, request: Request) -> Response:
        """Return the page as the request can take it, or 304 where the reader has it already."""
        response = Response(mimetype=self._mimetype)
        headers = response.headers
        headers["Cache-Control"] = self._cache_control
        headers["Vary"] = "Accept-Encoding"
        response.set_etag(self.etag, weak=True)
        if request.if_none_match.contains_weak(self.etag):
            response.status_code = 304
            return response
        encoding = _encoding(request.headers.get("Accept-Encoding", ""))
        response.set_data(self._body(encoding))
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return response

    def _body(self, encoding: str) -> bytes:
        if encoding not in self._encoded:
            self._encoded[encoding] = _ENCODERS[encoding](self._encoded["identity"])
        return self._encoded[encoding]


@lru_cache(maxsize=64)
def _encoding(accepted: str) -> str:
    """Return the best encoding that an `Accept-Encoding` takes; browsers send few different ones."""
    qualities = parse_accept_header(accepted, Accept)
    return next((name for name in _ENCODERS if qualities.quality(name) > 0), "identity")


class Shelf:
    """The pages of one process by path. One request renders a page anew; the others are served the old one."""

    def __init__(self, mimetype: str = "text/html", cache_control: str = PAGE_CACHED) -> None:
        self._mimetype, self._cache_control = mimetype, cache_control
        self._pages: OrderedDict[str, tuple[object, Rendered]] = OrderedDict()
        self._lock = threading.Lock()
        self._rendering = threading.Lock()

    def page(self, path: str, source: object, render: Callable[[], str]) -> Rendered:
        """Return the page of `path`, rendered anew only where `source` is another object than last time."""
        source_then, page = self._kept(path)
        if page is not None and source_then is source:
            return page
        if page is not None and not self._rendering.acquire(blocking=False):
            return page
        if page is None:
            self._rendering.acquire()
        try:
            return self._renewed(path, source, render)
        finally:
            self._rendering.release()

    def _renewed(self, path: str, source: object, render: Callable[[], str]) -> Rendered:
        source_then, page = self._kept(path)
        if page is not None and source_then is source:
            return page  # another request rendered it while this one waited
        page = Rendered(render(), self._mimetype, self._cache_control)
        with self._lock:
            self._pages[path] = (source, page)
            self._pages.move_to_end(path)
            while len(self._pages) > PAGES_KEPT:
                self._pages.popitem(last=False)
        return page

    def _kept(self, path: str) -> tuple[object, Rendered | None]:
        with self._lock:
            return self._pages.get(path, (None, None))

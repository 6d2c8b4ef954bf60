"""Sentry's ingest endpoint, as far as a client sees it."""

import gzip
import json
from typing import Any

import brotli

from tests.support.http import HttpServer
from tests.support.waiting import until

PATH = "/api/7/envelope/"


class Ingest:
    """Takes envelopes for project 7."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        server.route(PATH, "{}")
        self.dsn = server.url.replace("http://", "http://publickey@") + "/7"

    def bodies(self) -> list[bytes]:
        """All envelopes as they came, unpacked."""
        return [_unpacked(request.body, request.headers) for request in self.server.requests if request.path == PATH]

    def items(self, kind: str) -> list[dict[str, Any]]:
        """All items of one type: `event` or `transaction`."""
        return [item for body in self.bodies() for item_kind, item in _items(body) if item_kind == kind]

    def wait_for(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """The items, once there are so many."""
        return until(lambda: len(self.items(kind)) >= count and self.items(kind))


def _unpacked(body: bytes, headers: dict[str, str]) -> bytes:
    encoding = headers.get("content-encoding")
    if encoding == "br":
        return brotli.decompress(body)
    return gzip.decompress(body) if encoding == "gzip" else body


def _items(body: bytes) -> list[tuple[str, dict[str, Any]]]:
    _head, *lines = body.split(b"\n")
    pairs = zip(lines[::2], lines[1::2], strict=False)
    return [(json.loads(head)["type"], json.loads(payload)) for head, payload in pairs if head]

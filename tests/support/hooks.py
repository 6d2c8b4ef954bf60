"""A stand-in for what channels call: it answers, refuses, hangs, drips or cuts the line, and keeps what it heard.

listener = Listener()               # answers 200 to everything
listener.answer(503, {"Retry-After": "2"})
listener.hang()
listener.recover()                  # answers as it did in the beginning, on the same port
listener.taken[0].json["event"]     # what it answered with 2xx; `heard` has everything that came
"""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.loops import LoopThread


@dataclass
class Heard:
    """One request: `at` is Unix seconds, header names are in lower case, `status` is None where it got no answer."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int | None = None

    @property
    def json(self) -> Any:
        """What its body says."""
        return json.loads(self.body)


@dataclass
class _Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    way: str = "answer"


class Listener:
    """An HTTP server on a port of its own. With `answers`, the first requests are answered with these, in turn."""

    def __init__(self, status: int = 200, answers: Iterable[int] = (), context: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.connections = 0
        self._tasks: list[asyncio.Task[None] | None] = []
        self._usual = _Answer(status)
        self._now = self._usual
        self._queue = [_Answer(each) for each in answers]
        self._context = context
        self._loops = LoopThread()
        self._server: asyncio.Server | None = None
        self.port = 0
        self._listen()

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme, host = ("https", "localhost") if self._context else ("http", "127.0.0.1")
        return f"{scheme}://{host}:{self.port}/hook"

    @property
    def taken(self) -> list[Heard]:
        """What was answered with 2xx, in order."""
        return [each for each in self.heard if each.status is not None and 200 <= each.status < 300]

    def answer(self, status: int, headers: Mapping[str, str] | None = None, body: str = "ok") -> None:
        """Answer so from now on."""
        self._now = _Answer(status, headers or {}, body.encode())

    def hang(self) -> None:
        """Hear each request out and never answer it."""
        self._now = _Answer(way="hang")

    def cut(self) -> None:
        """Hear each request out and cut the line after ten bytes of the answer."""
        self._now = _Answer(way="cut")

    def drip(self) -> None:
        """Answer with a header line a tenth of a second, without end."""
        self._now = _Answer(way="drip")

    def refuse(self) -> None:
        """Listen no more: connections are refused."""
        if self._server is not None:
            self._loops.end(self._server)
            self._server = None

    def recover(self) -> None:
        """Answer as in the beginning. A request that hangs stays so."""
        self._now = self._usual
        if self._server is None:
            self._listen()

    def close(self) -> None:
        """Stop for good."""
        self.refuse()
        self._loops.stop()

    def _listen(self) -> None:
        listen = asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context, reuse_address=True)
        self._server = self._loops.call(listen)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._tasks.append(asyncio.current_task())  # one that waits for nothing would be thrown away
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                heard = await _read(reader)
                answer = self._queue.pop(0) if self._queue else self._now
                self.heard.append(heard)
                await _WAYS[answer.way](heard, answer, writer)
        writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Heard(time.time(), method, path, headers, body)


async def _answer(heard: Heard, answer: _Answer, writer: asyncio.StreamWriter) -> None:
    usual = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(answer.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**usual, **answer.headers}.items())
    heard.status = answer.status
    writer.write(f"HTTP/1.1 {answer.status} Told\r\n{lines}\r\n".encode() + answer.body)
    await writer.drain()


async def _hang(_heard: Heard, _answer: _Answer, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _cut(_heard: Heard, _answer: _Answer, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 2")
    await writer.drain()
    raise ConnectionAbortedError


async def _drip(_heard: Heard, _answer: _Answer, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Told\r\n")
    while True:
        writer.write(b"X-Drip: drop\r\n")
        await writer.drain()
        await asyncio.sleep(0.1)


_WAYS = {"answer": _answer, "hang": _hang, "cut": _cut, "drip": _drip}

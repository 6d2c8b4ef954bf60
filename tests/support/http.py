"""HTTP servers that answer, hang, drip, cut the line or redirect, as a test tells them."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field

from tests.support.loops import LoopThread


@dataclass
class Reply:
    """What one path answers. `way` is `answer`, `hang`, `drip` (a byte a second), `cut`, `close`,
    `stall` (after `repeat` bodies of a gigabyte promised) or `garbage`."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    way: str = "answer"
    repeat: int = 1


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpServer:
    """A server on a port of its own; unknown paths answer 404. `requests` has all that was asked."""

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.routes: dict[str, Reply] = {"/": Reply()}
        self.requests: list[Request] = []
        self.connections = 0
        self._context = context
        self._host = host
        self._loops = LoopThread()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Its address without a path; the host is `localhost` under TLS."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://localhost:{self.port}" if self._context else f"http://{host}:{self.port}"

    def route(self, path: str, body: bytes | str = b"ok", status: int = 200, **options: object) -> str:
        """Let `path` answer so and return its address."""
        raw = body.encode() if isinstance(body, str) else body
        self.routes[path] = Reply(status=status, body=raw, **options)  # type: ignore[arg-type]
        return self.url + path

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Let `path` send clients to `to` and return its address."""
        return self.route(path, b"", status, headers={"Location": to})

    def start(self) -> None:
        """Listen, on the same port as before."""
        listen = asyncio.start_server(
            self._serve, self._host, self.port, ssl=self._context, backlog=2048, reuse_address=True
        )
        self._server = self._loops.call(listen)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Refuse connections until `start`."""
        if self._server is not None:
            self._loops.end(self._server)
            self._server = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self._loops.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await _read(reader)
        self.requests.append(request)
        reply = self.routes.get(request.path.partition("?")[0], Reply(404, b"not here"))
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.way == "hang":
            await asyncio.Event().wait()
        if reply.way == "garbage":
            writer.write(b"this is no HTTP\r\n\r\n")
        elif reply.way != "answer":
            await _falter(writer, reply)
        else:
            _write(writer, reply, request.method == "HEAD")
        await writer.drain()
        return reply.way == "answer"


class HangingServer:
    """Accepts connections and never says a word (to TLS neither), or none but `greeting`."""

    def __init__(self, greeting: bytes = b"") -> None:
        self.connections = 0
        self._greeting = greeting
        self._loops = LoopThread()
        self._server = self._loops.call(asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=2048))
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Cut all connections and stop."""
        self._loops.end(self._server)
        self._loops.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(self._greeting)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while await reader.read(65536):
                pass
        writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


def _head(reply: Reply, length: int) -> bytes:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(length), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Told\r\n{lines}\r\n".encode()


def _write(writer: asyncio.StreamWriter, reply: Reply, head_only: bool) -> None:
    writer.write(_head(reply, len(reply.body) * reply.repeat))
    for _ in range(0 if head_only else reply.repeat):
        writer.write(reply.body)


async def _falter(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Close at once; or promise 1,000 bytes, and cut the line, or drip one byte a second."""
    if reply.way == "close":
        return
    if reply.way == "stall":
        writer.write(_head(reply, 10**9) + reply.body * reply.repeat)
        await writer.drain()
        await asyncio.Event().wait()
    if reply.way == "cut":
        writer.write(_head(reply, 1000) + b"half")
        await writer.drain()
        return
    writer.write(_head(reply, 1000))
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(1)

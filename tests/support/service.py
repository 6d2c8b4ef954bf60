"""The whole service as a user runs it: gunicorn, its workers, and one of them leading."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from monitoring.store import leases
from monitoring.store.database import Database
from tests.support import processes
from tests.support.waiting import free_port, until

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def environment(**variables: str) -> dict[str, str]:
    """Return an environment without anything of the machine's that the service would read."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1", **variables}


def flask(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `flask monitor …` and return what it printed."""
    command, env = [str(BIN / "flask"), "monitor", *words], environment(**variables)
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


class Service:
    """One gunicorn over `database_url`. `document` is its status.toml."""

    def __init__(self, database_url: str, document: str = "", workers: int = 1, **variables: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="service-"))
        (self.folder / "status.toml").write_text(document)
        self._database = Database(database_url)
        self._env = environment(
            PORT=str(self.port),
            DATABASE_URL=database_url,
            STATUS_CONFIG=str(self.folder / "status.toml"),
            WEB_CONCURRENCY=str(workers),
            **variables,
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text()

    @property
    def leader_pid(self) -> int:
        """The process that leads, of whichever service of this machine; 0 for none."""
        with self._database.read() as connection:
            owner = leases.read(connection).owner
        return int(owner.split(":")[-2]) if owner else 0

    def start(self) -> "Service":
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "gunicorn", "--chdir", ROOT, "-c", ROOT / "gunicorn.conf.py", "wsgi:app"]
        self._process = processes.start(command, log=self.folder / "log", env=self._env)
        until(self._ready, 20)
        return self

    def stop(self) -> None:
        """End it as a platform does."""
        if self._process is not None:
            processes.end(self._process, seconds=20)
            self._process = None

    def close(self) -> None:
        """End it and remove what it left."""
        self.stop()
        self._database.close()
        processes.remove(self.folder)

    def get(self, path: str, **headers: str) -> tuple[int, str, Any]:
        """Return status, text and headers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode(), response.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def health(self, **headers: str) -> dict[str, Any]:
        """Return `/health?detailed=true`."""
        return json.loads(self.get("/health?detailed=true", **headers)[1])

    def state(self, check: str) -> str:
        """Return one check's status."""
        return next(item["status"] for item in self.health()["checks"] if item["service"] == check)

    def _ready(self) -> bool:
        assert self._process is not None
        processes.ensure_alive(self._process, self.folder / "log")
        try:
            return self.get("/health/ready")[0] == 200
        except OSError:
            return False

"""The Procfile's processes with Heroku's variables: release first, then web."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from monitoring.store import migrate
from monitoring.store.database import Database
from tests.support import processes
from tests.support.checkout import check_out
from tests.support.postgres import Postgres
from tests.support.service import environment
from tests.support.waiting import free_port, until

HONCHO = [sys.executable, "-m", "honcho", "start", "--no-colour", "--no-prefix"]


class Dyno:
    """A checkout of its own, and the variables that Heroku sets."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.port = check_out(folder / "app"), free_port()
        self.variables = environment(
            PORT=str(self.port),
            DATABASE_URL=database_url.replace("postgresql+psycopg://", "postgres://"),
            DYNO="web.1",
            HEROKU_RELEASE_VERSION="v42",
        )
        self.log = folder / "log"
        self._web: subprocess.Popen[bytes] | None = None

    def release(self) -> subprocess.CompletedProcess[str]:
        """Run the release phase to its end."""
        where = {"cwd": self.folder, "env": self.variables}
        return subprocess.run([*HONCHO, "release"], capture_output=True, text=True, timeout=60, check=False, **where)

    def start(self) -> None:
        """Start the web process and wait until it serves."""
        self._web = processes.start([*HONCHO, "-d", self.folder, "web"], log=self.log, env=self.variables)
        until(self._serves, 30)

    def stop(self) -> None:
        """End it as Heroku does."""
        if self._web is not None:
            processes.end(self._web, seconds=25)
            self._web = None

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask as Heroku's router passes a request on."""
        return requests.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=10)

    def lines(self) -> list[dict[str, Any]]:
        """Return what it wrote to stdout, every line parsed but honcho's own."""
        own = ("web.1 ", "SIGTERM received", "sending SIGTERM")
        return [json.loads(line) for line in self.log.read_text().splitlines() if not line.startswith(own)]

    def _serves(self) -> bool:
        assert self._web is not None
        processes.ensure_alive(self._web, self.log)
        try:
            return self.get("/health/ready").ok
        except requests.ConnectionError:
            return False


@pytest.fixture
def dyno(tmp_path: Path, postgres: Postgres) -> Iterator[Dyno]:
    dyno = Dyno(tmp_path, postgres.create_database())
    yield dyno
    dyno.stop()


def test_release_migrates_and_says_nothing_else(dyno: Dyno) -> None:
    for _ in range(2):
        released = dyno.release()
        assert released.returncode == 0 and "release.1 stopped (rc=0)" in released.stdout, released.stdout
        assert len(released.stdout.splitlines()) == 2
    database = Database(dyno.variables["DATABASE_URL"].replace("postgres://", "postgresql+psycopg://"))
    migrate.check(database)
    database.close()


def test_web_serves_and_writes_to_stdout_alone(dyno: Dyno) -> None:
    assert dyno.release().returncode == 0
    dyno.start()
    routed = {"X-Request-ID": "heroku-request-1", "X-Forwarded-For": "203.0.113.5, 192.0.2.7"}
    page = dyno.get("/", **routed)
    assert page.ok and page.headers["X-Correlation-ID"] == "heroku-request-1"
    until(lambda: {check["status"] for check in detailed(dyno)["checks"]} == {"healthy"}, 15)
    assert detailed(dyno)["version"] == "v42"
    dyno.stop()
    [line] = [line for line in dyno.lines() if line.get("correlation_id") == "heroku-request-1"]
    assert (line["level"], line["path"], line["status"], line["ip"]) == ("info", "/", 200, "192.0.2.7")
    assert {(line["environment"], line["service"]) for line in dyno.lines()} == {("production", "daymark")}
    assert [path.name for path in (dyno.folder / "logs").iterdir()] == [".gitkeep"]
    assert not (dyno.folder / "instance").exists()


def detailed(dyno: Dyno) -> dict[str, Any]:
    body: dict[str, Any] = dyno.get("/health?detailed=true").json()
    return body


def test_web_comes_up_before_its_tables_are_there(dyno: Dyno) -> None:
    dyno.start()
    assert "We cannot tell yet" in dyno.get("/").text and dyno.get("/health").ok
    assert dyno.release().returncode == 0
    until(lambda: "All systems operational" in dyno.get("/").text, 20)

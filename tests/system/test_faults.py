"""The store is locked, stopped or taken leave of: the service goes on, and nothing that was found out is lost."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from monitoring.store import leases, models
from monitoring.store.database import Database
from tests.support.apps import NO_BUILTINS
from tests.support.http import HttpServer
from tests.support.postgres import Postgres
from tests.support.service import Service
from tests.support.waiting import until
from tests.system.conftest import Start

AWAY_SECONDS = 8.0
PATIENCE_SECONDS = 2.0
CHECKS = 4


def document(server: HttpServer) -> str:
    return NO_BUILTINS + "".join(
        f'[[checks]]\nname = "c{number}"\ntype = "http"\nurl = "{server.url}/{number}"\n'
        'interval = "1s"\ntimeout = "1s"\n'
        for number in range(CHECKS)
    )


def stored(url: str) -> list[float]:
    """Return when each stored result was scheduled."""
    database = Database(url)
    with database.read() as connection:
        times = list(connection.execute(sa.select(models.results.c.scheduled_at)).scalars())
    database.close()
    return times


def owner(url: str) -> str:
    database = Database(url)
    with database.read() as connection:
        row = leases.read(connection)
    database.close()
    return row.owner


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    server = Postgres().start()
    yield server
    os.kill(server.pid, signal.SIGCONT)
    server.close()


@pytest.fixture
def watch(http_server: HttpServer, serve: Start) -> Start:
    """Start a service that watches a few addresses, and wait for results and for a page."""
    for number in range(CHECKS):
        http_server.route(f"/{number}")

    def start(url: str, **options: int) -> Service:
        service = serve(url, document(http_server), **options)
        until(lambda: stored(url) and service.get("/")[0] == 200, 15)
        return service

    return start


def ask_all_the_while(service: Service, seconds: float) -> None:
    """Ask for page and health again and again; each must answer in time and well."""
    end, slowest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        for path in ("/", "/health"):
            began = time.monotonic()
            assert service.get(path)[0] == 200
            slowest = max(slowest, time.monotonic() - began)
    assert slowest < PATIENCE_SECONDS


def assert_nothing_was_lost(service: Service, url: str, server: HttpServer, away: tuple[float, float]) -> None:
    """Each probe that the server saw was stored, with times of its own while the store was away too."""
    service.stop()
    times = stored(url)
    asked = len(server.requests)
    assert asked - CHECKS <= len(times) <= asked  # what was in the air at the very end may be missing
    inside = [at for at in times if away[0] + 1 < at < away[1] - 1]
    assert len(inside) >= (AWAY_SECONDS - 3) * CHECKS
    assert len(set(inside)) >= len(inside) - CHECKS


def test_a_store_locked_by_another_process_makes_nobody_wait_and_loses_nothing(
    tmp_path: Path, http_server: HttpServer, watch: Start
) -> None:
    path = tmp_path / "store.db"
    url = f"sqlite:///{path}"
    service = watch(url, workers=2)
    locked_at = time.time()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    ask_all_the_while(service, AWAY_SECONDS)
    other.execute("ROLLBACK")
    other.close()
    freed_at = time.time()
    until(lambda: max(stored(url)) > freed_at, 10)
    assert_nothing_was_lost(service, url, http_server, (locked_at, freed_at))


def test_results_of_the_time_without_a_store_are_stored_afterwards(
    own_postgres: Postgres, http_server: HttpServer, watch: Start
) -> None:
    url = own_postgres.create_database()
    service = watch(url, workers=2)
    leader = owner(url)
    stopped_at = time.time()
    own_postgres.stop("fast")
    ask_all_the_while(service, AWAY_SECONDS)
    own_postgres.start()
    started_at = time.time()
    until(lambda: max(stored(url)) > started_at, 10)
    assert owner(url) == leader
    assert_nothing_was_lost(service, url, http_server, (stopped_at, started_at))


def test_a_store_that_is_there_and_says_nothing_makes_nobody_wait(
    own_postgres: Postgres, http_server: HttpServer, watch: Start
) -> None:
    url = own_postgres.create_database()
    service = watch(url, workers=1)
    pids = [own_postgres.pid, *children(own_postgres.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    ask_all_the_while(service, AWAY_SECONDS)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    back_at = time.time()
    until(lambda: max(stored(url)) > back_at, 15)


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def test_when_told_to_end_it_writes_what_waits_and_gives_the_lease_back(
    store_url: str, http_server: HttpServer, watch: Start
) -> None:
    service = watch(store_url)
    until(lambda: len(http_server.requests) >= 3 * CHECKS, 15)
    assert owner(store_url)
    service.stop()
    assert owner(store_url) == ""
    assert len(stored(store_url)) >= len(http_server.requests) - CHECKS
    assert "Traceback" not in service.log and "Exception" not in service.log

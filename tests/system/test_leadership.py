"""Many processes over one store: exactly one probes, and another takes over."""

import os
import signal
import sqlite3
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from monitoring.store import models
from monitoring.store.database import Database
from tests.support.http import HttpServer
from tests.support.service import Service
from tests.support.waiting import until
from tests.system.conftest import Start

TAKEOVER = 15.0


def document(server: HttpServer) -> str:
    checks = (
        f'[[checks]]\nname = "c{number}"\ntype = "http"\nurl = "{server.url}/ok"\ninterval = "1s"\ntimeout = "1s"\n'
        for number in range(5)
    )
    return "\n".join(checks)


def results(url: str) -> list[tuple[str, float]]:
    database = Database(url)
    table = models.results.c
    with database.read() as connection:
        query = sa.select(table.check_name, table.scheduled_at).order_by(table.check_name, table.scheduled_at)
        rows = [(name, at) for name, at in connection.execute(query) if name.startswith("c")]
    database.close()
    return rows


def newest(url: str) -> float:
    return max((at for _, at in results(url)), default=0.0)


def probes_again(service: Service, url: str, old: int) -> float:
    """Wait for another leader's first stored result; return the seconds it took."""
    began = time.monotonic()
    until(lambda: service.leader_pid not in (0, old), TAKEOVER, every=0.1)
    since = time.time()
    until(lambda: newest(url) >= since, TAKEOVER - (time.monotonic() - began) + 2, every=0.1)
    return time.monotonic() - began


def assert_one_probed(url: str) -> None:
    """No check was asked twice within half its interval, however many processes there were."""
    for (name, first), (other, then) in pairwise(results(url)):
        assert name != other or then - first > 0.5, f"{name} at {first} and {then}"


@pytest.fixture
def two(store_url: str, http_server: HttpServer, serve: Start) -> tuple[Service, str]:
    """Four workers and a second service on another port, over one store."""
    text = document(http_server)
    first = serve(store_url, text, workers=4)
    serve(store_url, text, workers=1)
    until(lambda: newest(store_url), 10)
    return first, store_url


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
def test_another_process_leads_within_fifteen_seconds(two: tuple[Service, str], how: signal.Signals) -> None:
    service, url = two
    leader = service.leader_pid
    os.kill(leader, how)
    probes_again(service, url, leader)
    if how is signal.SIGSTOP:
        with suppress(ProcessLookupError):  # gunicorn ends a worker that has been silent for so long
            os.kill(leader, signal.SIGCONT)
    until(lambda: newest(url) > time.time() - 2, 5)
    assert_one_probed(url)


def test_a_leader_stopped_inside_a_transaction_of_postgresql(postgres, http_server: HttpServer, serve: Start) -> None:
    url = postgres.create_database()
    service = serve(url, document(http_server), workers=2)
    until(lambda: newest(url), 10)
    leader = service.leader_pid
    with psycopg.connect(url.replace("+psycopg", "")) as blocking:
        blocking.execute("LOCK TABLE results IN EXCLUSIVE MODE")
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'results'::regclass"
        until(lambda: blocking.execute(waits).fetchone()[0], 5)
        os.kill(leader, signal.SIGSTOP)
    probes_again(service, url, leader)
    assert_one_probed(url)


def test_a_leader_stopped_inside_a_transaction_of_sqlite(tmp_path: Path, http_server: HttpServer, serve: Start) -> None:
    path = tmp_path / "x.db"
    url = f"sqlite:///{path}"
    service = serve(url, document(http_server), workers=2)
    until(lambda: newest(url), 10)
    leader = service.leader_pid
    _stop_inside(leader, path)
    probes_again(service, url, leader)
    assert_one_probed(url)


def _stop_inside(leader: int, path: Path) -> None:
    """Stop a process while it holds the write lock; slow inserts make that moment easy to meet."""
    other = sqlite3.connect(path, timeout=0.05, isolation_level=None)
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT sum(i) FROM n"
    until(lambda: _executed(other, f"CREATE TRIGGER slow AFTER INSERT ON results BEGIN {slow}; END"), 5)

    def stopped_inside() -> bool:
        os.kill(leader, signal.SIGSTOP)
        if _executed(other, "BEGIN IMMEDIATE"):
            other.execute("ROLLBACK")
            os.kill(leader, signal.SIGCONT)
            return False
        return True

    until(stopped_inside, 20, every=0.02)
    other.close()


def _executed(connection: sqlite3.Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except sqlite3.OperationalError:
        return False
    return True

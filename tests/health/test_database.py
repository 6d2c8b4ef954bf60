"""SQLite and PostgreSQL, asked as they really answer."""

import os
import signal
import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest

from monitoring.health.checks.database import DatabaseCheck, DatabaseSettings
from monitoring.health.runner import Runner
from monitoring.status import Cause, Status
from tests.support.http import HangingServer
from tests.support.postgres import PASSWORD, Postgres
from tests.support.probes import Waiting, ask, faults_of, make, settings_of
from tests.support.proxy import Proxy
from tests.support.sockets import refusing_port
from tests.support.waiting import until


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "it is ours.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x int)")
    connection.close()
    return path


def test_it_asks_sqlite(runner: Runner, file: Path) -> None:
    result = ask(runner, make(DatabaseCheck, url=f"sqlite:///{file}"))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details == {"dialect": "sqlite", "version": sqlite3.sqlite_version}


def test_a_missing_sqlite_file_is_a_failure_and_stays_missing(runner: Runner, tmp_path: Path) -> None:
    result = ask(runner, make(DatabaseCheck, url=f"sqlite:///{tmp_path}/none.db"))
    assert (result.cause, result.error) == (Cause.CONTENT, "there is no such file, or it may not be opened")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_a_failure(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database " * 100)
    result = ask(runner, make(DatabaseCheck, url=f"sqlite:///{tmp_path}/text"))
    assert (result.cause, result.error) == (Cause.CONTENT, "the file is not a database, or it is damaged")


def test_a_locked_sqlite_file_times_out(runner: Runner, file: Path) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    result = ask(runner, make(DatabaseCheck, url=f"sqlite:///{file}", timeout="300ms"))
    holder.close()
    assert result.cause is Cause.TIMEOUT


def test_it_asks_postgresql(runner: Runner, postgres: Postgres) -> None:
    result = ask(runner, make(DatabaseCheck, url=postgres.url))
    assert (result.status, result.error) == (Status.HEALTHY, None)
    assert result.details["dialect"] == "postgresql"
    assert result.details["version"][0].isdigit()


def test_it_takes_herokus_form_of_address(runner: Runner, postgres: Postgres) -> None:
    url = postgres.url.replace("postgresql+psycopg", "postgres")
    assert ask(runner, make(DatabaseCheck, url=url)).status is Status.HEALTHY


def test_it_shows_the_pool_in_use_where_it_is_told_of_one(runner: Runner, file: Path) -> None:
    figures = {"total": 5, "idle": 3, "waiting": 0}
    settings = settings_of(DatabaseSettings, url=f"sqlite:///{file}")
    assert ask(runner, DatabaseCheck(settings, lambda: figures)).details["pool"] == figures


def test_two_who_ask_at_once_are_both_cut_off_in_time(postgres: Postgres) -> None:
    line, prober, reader = Proxy(postgres.port), Runner(), Runner()
    check = make(DatabaseCheck, url=postgres.url.replace(str(postgres.port), str(line.port)), timeout="700ms")
    for _ in range(2):  # the first also asks what the driver wants to know
        assert ask(prober, check).status is Status.HEALTHY
    line.silent_after = line.passed - 1
    answers = [Waiting(), Waiting()]
    for who, answer in zip((prober, reader), answers, strict=True):
        who.run(check, 1.0, answer)
    assert [answer.wait()[0].error for answer in answers] == ["timed out after 0.7 s"] * 2
    until(lambda: "probe-it" not in [thread.name for thread in threading.enumerate()])
    prober.stop()
    reader.stop()
    line.close()


@pytest.mark.parametrize("url", ["postgres://u:p@h:70000/db", "postgres://u:p@", "postgresql://", "postgres://h:x/d"])
def test_an_address_that_cannot_be_is_a_fault(url: str) -> None:
    assert list(faults_of(DatabaseCheck, url=url)) == ["url"]


def test_it_recovers_when_postgresql_is_started_again(runner: Runner, postgres: Postgres) -> None:
    check = make(DatabaseCheck, url=postgres.url)
    assert ask(runner, check).status is Status.HEALTHY
    postgres.stop()
    down = ask(runner, check)
    postgres.start()
    assert (down.status, down.cause, down.error) == (Status.UNHEALTHY, Cause.REFUSED, "refused the connection")
    assert ask(runner, check).status is Status.HEALTHY


def test_a_stopped_postgresql_times_out_and_lets_go_of_its_thread(runner: Runner, postgres: Postgres) -> None:
    line = Proxy(postgres.port)
    check = make(DatabaseCheck, url=postgres.url.replace(str(postgres.port), str(line.port)), timeout="500ms")
    assert ask(runner, check).status is Status.HEALTHY
    os.kill(postgres.pid, signal.SIGSTOP)
    result = ask(runner, check)
    os.kill(postgres.pid, signal.SIGCONT)
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.5 s")
    until(lambda: "probe-it" not in [thread.name for thread in threading.enumerate()])
    line.close()


def test_it_does_not_wait_for_a_question_that_is_not_answered(runner: Runner, postgres: Postgres) -> None:
    line = Proxy(postgres.port)
    check = make(DatabaseCheck, url=postgres.url.replace(str(postgres.port), str(line.port)), timeout="700ms")
    for _ in range(2):  # the first also asks what the driver wants to know
        assert ask(runner, check).status is Status.HEALTHY
    line.silent_after = line.passed - 1  # the log-in is through, the answer is not
    result = ask(runner, check)
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.7 s")
    until(lambda: "probe-it" not in [thread.name for thread in threading.enumerate()])
    line.close()


def test_it_times_out_where_nobody_answers(runner: Runner, hanging_server: HangingServer) -> None:
    url = f"postgresql://u:p@127.0.0.1:{hanging_server.port}/db"
    result = ask(runner, make(DatabaseCheck, url=url, timeout="300ms"))
    assert (result.cause, result.error) == (Cause.TIMEOUT, "timed out after 0.3 s")


@pytest.mark.parametrize(
    ("find", "put", "cause", "error"),
    [
        (PASSWORD, "wrong", Cause.AUTH, "authentication failed"),
        ("/postgres", "/nothing", Cause.CONTENT, "there is no such database"),
        ("127.0.0.1", "nobody.invalid", Cause.DNS, "the host name does not resolve"),
    ],
)
def test_it_says_what_postgresql_refused(
    runner: Runner, postgres: Postgres, find: str, put: str, cause: Cause, error: str
) -> None:
    result = ask(runner, make(DatabaseCheck, url=postgres.url.replace(find, put), timeout="20s"))
    assert (result.cause, result.error) == (cause, error)


def test_it_says_when_postgresql_has_no_connection_left(runner: Runner) -> None:
    server = Postgres(max_connections=1, superuser_reserved_connections=0, max_wal_senders=0)
    server.start()
    with until(lambda: _only_connection(server)):
        result = ask(runner, make(DatabaseCheck, url=server.url))
    server.close()
    assert (result.cause, result.error) == (Cause.REFUSED, "has no connection left")


def test_a_refused_connection_is_said_so(runner: Runner) -> None:
    result = ask(runner, make(DatabaseCheck, url=f"postgresql://u:p@127.0.0.1:{refusing_port()}/db"))
    assert (result.cause, result.error) == (Cause.REFUSED, "refused the connection")


@pytest.mark.parametrize("url", ["mysql://h/db", "postgresql", "sqlite:relative", ""])
def test_it_refuses_what_is_no_database_address(url: str) -> None:
    assert set(faults_of(DatabaseCheck, url=url)) == {"url"}


def _only_connection(server: Postgres) -> psycopg.Connection | None:
    """Return a connection once the one before it has gone."""
    try:
        return psycopg.connect(server.url.replace("+psycopg", ""))
    except psycopg.OperationalError:
        return None

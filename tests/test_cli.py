"""`flask monitor …`, as an operator sees it."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import Result

from monitoring.store import facts, migrate
from monitoring.store.database import Database
from tests.support.apps import NO_BUILTINS, application, daymark_of
from tests.support.http import HttpServer
from tests.support.service import flask
from tests.support.sockets import refusing_port

Monitor = Callable[..., Result]


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    """Run one command over a store, by default one of its own."""
    with ExitStack() as stack:

        def run(*words: str, url: str = f"sqlite:///{tmp_path / 'own.db'}", document: str = NO_BUILTINS) -> Result:
            app = stack.enter_context(application(url, tmp_path, document))
            return app.test_cli_runner().invoke(args=["monitor", *words])

        yield run


def http_check(name: str, url: str, more: str = "") -> str:
    return f'[[checks]]\nname = "{name}"\ntype = "http"\nurl = "{url}"\n{more}\n'


def test_config_prints_what_is_in_force(monitor: Monitor) -> None:
    said = monitor("config", document='[page]\ntitle = "The lamp"\n')
    assert said.exit_code == 0
    assert 'title       = "The lamp"' in said.output and 'name                 = "disk-space"' in said.output


def test_migrate_makes_the_tables_and_the_signing_key_and_may_be_repeated(monitor: Monitor, store_url: str) -> None:
    first, key = monitor("migrate", url=store_url), signing_key(store_url)
    again = monitor("migrate", url=store_url)
    assert [(said.exit_code, said.output) for said in (first, again)] == [(0, "")] * 2
    assert len(key) > 30 and signing_key(store_url) == key


def signing_key(url: str) -> str:
    database = Database(url)
    migrate.check(database)
    with database.write() as connection:
        key = facts.secret_key(connection)
    database.close()
    return key


def test_a_store_that_cannot_be_reached_is_one_clear_line() -> None:
    port = refusing_port()
    said = flask("migrate", DATABASE_URL=f"postgres://app:hunter2@127.0.0.1:{port}/store")
    assert (said.returncode, said.stdout) == (1, "")
    [line] = said.stderr.splitlines()
    assert line.startswith(f"The store postgresql+psycopg://app:***@127.0.0.1:{port}/store cannot be migrated: ")
    assert "refused" in line and "hunter2" not in line and "sqlalche.me" not in line


def test_a_file_that_is_no_database_is_one_clear_line(monitor: Monitor, tmp_path: Path) -> None:
    (tmp_path / "rubbish.db").write_bytes(b"no database at all" * 1000)
    said = monitor("migrate", url=f"sqlite:///{tmp_path / 'rubbish.db'}")
    assert said.exit_code == 1 and said.output.strip().endswith("cannot be migrated: file is not a database")


def test_a_folder_that_cannot_be_made_is_one_clear_line(monitor: Monitor, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = monitor("migrate", url=f"sqlite:///{tmp_path / 'file' / 'store.db'}")
    assert said.exit_code == 1 and len(said.output.splitlines()) == 1
    assert said.output.strip().endswith("cannot be migrated: unable to open database file")


def test_a_token_fits_its_hash_and_is_another_each_time(monitor: Monitor) -> None:
    tokens = []
    for _ in range(2):
        token, known = re.findall(r": +(\S+)$", monitor("token").output, re.MULTILINE)
        assert hashlib.sha256(token.encode()).hexdigest() == known and len(token) >= 43
        tokens.append(token)
    assert tokens[0] != tokens[1]


def test_check_asks_everything_once_and_says_what_it_found(monitor: Monitor, http_server: HttpServer) -> None:
    document = NO_BUILTINS + http_check("good", http_server.route("/good")) + http_check("bad", http_server.url + "/no")
    said = monitor("check", document=document)
    good, bad = said.output.splitlines()
    assert re.fullmatch(r"✓ good +healthy +\d+ ms", good)
    assert re.fullmatch(r"✗ bad +unhealthy +\d+ ms +expected 200-399 got 404", bad)
    assert (said.exit_code, len(http_server.requests)) == (1, 2)


def test_check_is_content_with_what_is_degraded(monitor: Monitor, http_server: HttpServer) -> None:
    slow = http_check("slow", http_server.route("/slow", delay=0.1), 'slow_after = "10ms"')
    said = monitor("check", "slow", document=slow)
    assert said.exit_code == 0 and said.output.startswith("! slow")


def test_check_asks_those_that_are_named_each_once(monitor: Monitor, http_server: HttpServer) -> None:
    document = http_check("one", http_server.route("/one")) + http_check("two", http_server.route("/two"))
    said = monitor("check", "two", "two", document=document)
    assert (said.exit_code, [request.path for request in http_server.requests]) == (0, ["/two"])


def test_check_names_those_there_are_where_one_is_not(monitor: Monitor) -> None:
    said = monitor("check", "nobody", document='[[checks]]\nname = "database"\n')
    assert said.exit_code == 2 and "no check named nobody; there are database, disk-space" in said.output


def test_check_pays_only_for_what_is_named(monitor: Monitor, http_server: HttpServer) -> None:
    paid = NO_BUILTINS + http_check("paid", http_server.route("/paid"), "price = 0.01\ndaily_budget = 1.0")
    assert (monitor("check", document=paid).output, http_server.requests) == ("", [])
    assert monitor("check", "paid", document=paid).output.startswith("✓ paid")


def test_no_command_leads(monitor: Monitor, sqlite: Database, tmp_path: Path) -> None:
    monitor("check", url=str(sqlite.url))
    with application(str(sqlite.url), tmp_path) as app:
        assert not daymark_of(app).running

"""Servers and material that tests of every part share."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from monitoring.store.database import Database
from tests.support import stores
from tests.support.certificates import Certificates
from tests.support.http import HangingServer, HttpServer
from tests.support.postgres import Postgres
from tests.support.redis import Redis
from tests.support.s3 import S3

for _name in [name for name in os.environ if name.startswith(("AWS_", "DATABASE_", "REDIS_", "OPENAI_"))]:
    del os.environ[_name]  # no test may reach, or be judged by, somebody's real service


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write lone surrogates out, of which tests of logs have many: xdist cannot pass them on between its processes."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; `create_database()` gives each test its own."""
    server = Postgres()
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A running Redis without a password."""
    server = Redis().start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3]:
    """A running S3 server without buckets."""
    server = S3().start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate authority."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """A running HTTP server whose routes a test sets."""
    server = HttpServer()
    yield server
    server.close()


@pytest.fixture
def foreign_server() -> Iterator[HangingServer]:
    """A server that speaks another language than anybody expects."""
    server = HangingServer(b"HELLO what is your business here?\r\n" * 10)
    yield server
    server.close()


@pytest.fixture
def hanging_server() -> Iterator[HangingServer]:
    """A server that accepts and never answers."""
    server = HangingServer()
    yield server
    server.close()


@pytest.fixture(params=stores.KINDS)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once SQLite and once PostgreSQL."""
    postgres = None if request.param == "sqlite" else request.getfixturevalue("postgres")
    return stores.fresh_url(request.param, tmp_path, postgres)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """A database with this version's tables, once SQLite and once PostgreSQL."""
    with stores.migrated(store_url) as migrated:
        yield migrated


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """A SQLite database with this version's tables, where the kind does not matter."""
    with stores.migrated(f"sqlite:///{tmp_path / 'store.db'}") as migrated:
        yield migrated

"""Whole services, ended with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitoring.store import migrate
from monitoring.store.database import Database
from tests.support.service import Service

Start = Callable[..., Service]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests of whole services take turns: they are many processes each, and some of them wait for deadlines."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("system"))


@pytest.fixture
def serve() -> Iterator[Start]:
    """Start a service over a store with tables."""
    services: list[Service] = []

    def start(database_url: str, document: str = "", **options: str) -> Service:
        database = Database(database_url)
        migrate.upgrade(database)
        database.close()
        service = Service(database_url, document, **options)
        services.append(service)
        return service.start()

    yield start
    for service in services:
        service.close()

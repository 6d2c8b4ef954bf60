"""Whole services, ended with the test."""

from collections.abc import Callable, Iterator

import pytest

from monitoring.store import migrate
from monitoring.store.database import Database
from tests.support.service import Service

Start = Callable[..., Service]


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

"""Desks over stores of both kinds."""

import pytest

from monitoring.store.database import Database
from tests.incidents.desk import Desk


@pytest.fixture
def desk(sqlite: Database) -> Desk:
    """A desk over SQLite, where the kind of the store does not matter."""
    return Desk(sqlite)

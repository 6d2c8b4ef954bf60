"""The application, without threads and with a store that was never migrated: enough to ask it what it has."""

import hashlib

import pytest
from flask import Flask

from app import create_app

TOKEN = "a token for the documents"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("application")
    return create_app(
        {
            "ENVIRONMENT": "test",
            "DATABASE_URL": f"sqlite:///{folder / 'store.db'}",
            "ADMIN_TOKEN_HASHES": hashlib.sha256(TOKEN.encode()).hexdigest(),
        },
        folder,
    )

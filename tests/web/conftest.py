"""Applications over a store, and a clock to turn."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from monitoring.store.database import Database
from tests.support.apps import TurnedClock, application

MakeApp = Callable[..., Flask]


@pytest.fixture
def turned_clock(monkeypatch: pytest.MonkeyPatch) -> TurnedClock:
    """The service's clock, to be turned forward."""
    return TurnedClock(monkeypatch)


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """A function that makes an application over `store`, a database or an address, ended with the test."""
    with ExitStack() as stack:

        def make(store: Database | str, **options: str) -> Flask:
            url = store if isinstance(store, str) else store.url.render_as_string(hide_password=False)
            return stack.enter_context(application(url, tmp_path, **options))

        yield make

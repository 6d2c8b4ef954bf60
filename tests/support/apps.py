"""The service as a WSGI application in the test's own process; nothing probes in it unless it is started."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from app import EXTENSION, Daymark, create_app
from monitoring import clock

NO_BUILTINS = "".join(f'[[checks]]\nname = "{name}"\nenabled = false\n' for name in ("database", "disk-space"))


@contextmanager
def application(url: str, folder: Path, document: str = NO_BUILTINS, **environ: str) -> Iterator[Flask]:
    """Yield an application over the store at `url`, silent unless `environ` says otherwise, and stop it."""
    (folder / "status.toml").write_text(document)
    app = create_app({"ENVIRONMENT": "test", "DATABASE_URL": url, **environ}, folder)
    try:
        yield app
    finally:
        daymark_of(app).stop()
        daymark_of(app).database.close()


def daymark_of(app: Flask) -> Daymark:
    """Return what the rooms are joined in."""
    daymark: Daymark = app.extensions[EXTENSION]
    return daymark


class TurnedClock:
    """Both clocks of the service, `ahead` seconds in front of the real ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        now, monotonic = clock.now, clock.monotonic
        monkeypatch.setattr(clock, "now", lambda: now() + self.ahead)
        monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + self.ahead)

"""Lines as a production process writes them, read back."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from monitoring.logs import configure
from monitoring.logs.handler import LineHandler


class Lines:
    """What has been written to stdout so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        """All of it since the last call."""
        return self._capsys.readouterr().out

    def all(self) -> list[dict[str, Any]]:
        """Each line since the last call, parsed; a line that is not JSON fails the test."""
        return [json.loads(line) for line in self.text().split("\n") if line]

    def one(self) -> dict[str, Any]:
        """The only line since the last call."""
        (line,) = self.all()
        return line


@contextmanager
def captured(capsys: pytest.CaptureFixture[str], environment: str = "production", **settings: Any) -> Iterator[Lines]:
    """Write lines as in `environment` while inside."""
    root = logging.getLogger()
    level = root.level
    configure(**{"environment": environment, "level": "trace", "directory": None, "service": "tested", **settings})
    try:
        yield Lines(capsys)
    finally:
        configure(environment="test", level="info", directory=None, service="tested")
        root.setLevel(level)


@contextmanager
def alone() -> Iterator[None]:
    """Let nobody but our own handlers listen while inside, as in production: pytest's own listen in every test."""
    root = logging.getLogger()
    others = [handler for handler in root.handlers if not isinstance(handler, LineHandler)]
    for handler in others:
        root.removeHandler(handler)
    try:
        yield
    finally:
        for handler in others:
            root.addHandler(handler)

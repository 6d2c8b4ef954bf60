"""The real Prometheus: its server and its linter, from Debian's package `prometheus`."""

import json
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support import processes
from tests.support.waiting import free_port, until

_SETTINGS = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: tested
    authorization: {{credentials: "{token}"}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def binary(name: str) -> str:
    """Return where `prometheus` or `promtool` is; skip the test where it is not installed."""
    return shutil.which(name) or pytest.skip(f"{name} is not installed: Debian's package prometheus has it")


def complaints(exposition: str) -> str:
    """Return what `promtool check metrics` has to say; nothing where all is well."""
    command = [binary("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=exposition, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")


class Prometheus:
    """A server that scrapes one port of this machine every second."""

    def __init__(self, target: int, token: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="prometheus-"))
        settings = self.folder / "prometheus.yml"
        settings.write_text(_SETTINGS.format(token=token, port=target))
        command = [binary("prometheus"), f"--config.file={settings}", f"--storage.tsdb.path={self.folder / 'data'}"]
        command.append(f"--web.listen-address=127.0.0.1:{self.port}")
        self._process = processes.start(command, log=self.folder / "log")
        until(self._ready, 30)

    def query(self, query: str) -> list[dict[str, Any]]:
        """Return the vector that `query` yields now."""
        return list(self._get(f"query?{urllib.parse.urlencode({'query': query})}")["data"]["result"])

    def targets(self) -> list[dict[str, Any]]:
        """Return what it says of the targets."""
        return list(self._get("targets")["data"]["activeTargets"])

    def close(self) -> None:
        """Stop it and remove what it left."""
        processes.end(self._process)
        processes.remove(self.folder)

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=5) as response:
            return json.load(response)

    def _ready(self) -> bool:
        processes.ensure_alive(self._process, self.folder / "log")
        try:
            return bool(self.targets())
        except OSError:
            return False

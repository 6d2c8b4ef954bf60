"""Wrong settings: nothing starts, and one message tells all that is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.service import BIN, ROOT, environment
from tests.support.waiting import accepts, free_port

WRONG = {
    "DATABASE_URL": "mysql://app:hunter2@db/app",
    "WEB_CONCURRENCY": "900",  # of what is no number gunicorn itself complains first, in words of its own
    "LOG_LEVEL": "loud",
    "JWT_SECRET": "short",
    "TRUSTED_PROXIES": "-1",
}
DOCUMENT = """
[pages]
title = "Lamp"
[[checks]]
type = "http"
url = "https://example.com/"
[[checks]]
name = "web"
type = "htpp"
url = "https://example.com/"
[[checks]]
name = "api"
type = "http"
url = "example.com"
intervall = "30s"
timeout = "5 parsecs"
[[checks]]
name = "mail"
type = "tcp"
host = "example.com"
port = 70000
"""
TOLD = (
    "DATABASE_URL", "WEB_CONCURRENCY", "LOG_LEVEL", "JWT_SECRET", "TRUSTED_PROXIES", "pages", "checks[1]: name",
    '"web": type', '"api": url', '"api": intervall', '"api": timeout', '"mail": port',
)  # fmt: skip


@pytest.mark.parametrize(
    "command", [[BIN / "gunicorn", "wsgi:app"], [BIN / "flask", "monitor", "migrate"], [sys.executable, "wsgi.py"]]
)
def test_it_tells_every_fault_once_and_starts_nothing(tmp_path: Path, command: list[Path | str]) -> None:
    (tmp_path / "status.toml").write_text(DOCUMENT)
    port = str(free_port())
    env = environment(PORT=port, STATUS_CONFIG=str(tmp_path / "status.toml"), **WRONG)
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    lines = ended.stderr.strip().splitlines()
    assert ended.returncode != 0 and ended.stdout == ""
    for fault in TOLD:
        assert len([line for line in lines if fault in line.partition(" = ")[0]]) == 1, fault
    assert len(lines) == len(TOLD) and all(": expected " in line for line in lines)
    assert "hunter2" not in ended.stderr and not accepts(int(port))


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    env = environment(PORT=str(free_port()), STATUS_CONFIG=str(tmp_path / "nowhere.toml"))
    command = [BIN / "gunicorn", "wsgi:app"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode != 0
    [line] = ended.stderr.strip().splitlines()
    assert line.startswith("STATUS_CONFIG") and "nowhere.toml" in line

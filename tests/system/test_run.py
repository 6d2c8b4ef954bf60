"""`make run` and `make demo`, as in a clone of the project in which everything is installed already."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.support import processes
from tests.support.checkout import check_out, lend_environment
from tests.support.service import environment
from tests.support.waiting import accepts, free_port, until

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")


class Made:
    """What a target of the Makefile has started; `folder` is the clone."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder, self.port, self._log = folder, free_port(), folder.parent / "log"
        command = ["make", "-C", folder, "-o", ".venv/.runtime", target]
        env = environment(PORT=str(self.port), NO_COLOR="1")
        self._process: subprocess.Popen[bytes] = processes.start(command, log=self._log, env=env)

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text()

    @property
    def page(self) -> str:
        """The front page; empty while nobody serves it."""
        processes.ensure_alive(self._process, self._log)
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/", timeout=10).text
        except requests.ConnectionError:
            return ""

    def stop(self) -> None:
        """End make and all that it started, as Ctrl-C in its terminal does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(20)
        until(lambda: not accepts(self.port), 20)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Made]]:
    clone = check_out(tmp_path / "clone")
    lend_environment(clone)
    made: list[Made] = []

    def start(target: str) -> Made:
        made.append(Made(clone, target))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def test_make_run_migrates_serves_real_checks_and_says_where(make: Callable[[str], Made]) -> None:
    made = make("run")
    text = until(lambda: made.page if "operational" in made.page.split("</h1>")[0] else "", 60)
    assert "Database" in text and "Disk space" in text and "made up" not in text
    assert f"http://127.0.0.1:{made.port}/" in made.said
    assert (made.folder / "instance" / "daymark.db").exists() and "Traceback" not in made.said


def test_make_demo_shows_a_history_and_says_that_it_is_made_up(make: Callable[[str], Made]) -> None:
    made = make("demo")
    text = until(lambda: made.page, 60)
    assert "the history on this page is made up" in text and text.count('class="check"') == 20
    assert "over 90 days" in text
    assert [path.name for path in (made.folder / "instance").glob("*.db")] == ["demo.db"]

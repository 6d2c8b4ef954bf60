"""What Daymark is measured against: Flask's hello-world, under the same gunicorn."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from flask import Flask

from benchmarks.rounds import workers_of
from tests.support import processes
from tests.support.service import environment
from tests.support.waiting import accepts, free_port, until

ROOT = Path(__file__).parents[1]
OPTIONS = {"worker-class": "gthread", "threads": "8", "workers": "1", "timeout": "10", "log-level": "warning"}

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "Hello, World!"


class Bare:
    """The hello-world in one gunicorn with the options of Daymark's own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="bare-"))
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        where = [f"--bind=0.0.0.0:{self.port}", f"--config={os.devnull}", "--no-control-socket", f"--chdir={ROOT}"]
        command = [sys.executable, "-m", "gunicorn", *options, *where, "benchmarks.bare:app"]
        self._process: subprocess.Popen[bytes] = processes.start(command, log=self._folder / "log", env=environment())
        until(lambda: accepts(self.port) and workers_of(self._process.pid), 20)

    @property
    def worker_pid(self) -> int:
        """Return its one worker."""
        return workers_of(self._process.pid)[0]

    def close(self) -> None:
        """End it and remove what it left."""
        processes.end(self._process)
        processes.remove(self._folder)

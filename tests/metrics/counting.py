"""The small application, running under a real gunicorn."""

import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support import processes
from tests.support.service import ROOT, environment
from tests.support.waiting import free_port, until

TOKEN = "Bearer right"


class Counting:
    """Several workers over one folder of figures; `temporary` is where that folder is made."""

    def __init__(self, workers: int = 3, flush_seconds: float = 0.1) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="counting-"))
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        command = [sys.executable, "-m", "gunicorn", "--chdir", ROOT, "-c", ROOT / "tests/metrics/counting_conf.py"]
        command += ["-w", str(workers), "-b", f"127.0.0.1:{self.port}", "tests.metrics.counting_app:app"]
        env = environment(TMPDIR=str(self.temporary), FLUSH_SECONDS=str(flush_seconds))
        self.process: subprocess.Popen[bytes] = processes.start(command, log=self.folder / "log", env=env)
        self._workers: set[str] = set()
        until(lambda: self._answered() == workers, 30)

    def get(self, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
        """Return status, text and headers."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, response.read().decode(), dict(response.headers)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(), dict(error.headers)

    def scrape(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Return all samples of one scrape."""
        families = text_string_to_metric_families(self.get("/metrics", Authorization=TOKEN)[1])
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def count(self, name: str, **labels: str) -> float:
        """Return one sample, 0 where it is not there."""
        return self.scrape().get((name, frozenset(labels.items())), 0.0)

    def stop(self) -> None:
        """End it as a platform does."""
        processes.end(self.process, seconds=20)

    def close(self) -> None:
        """End it and remove what it left."""
        if self.process.poll() is None:
            self.stop()
        processes.remove(self.folder)

    def ask(self, path: str, times: int) -> set[str]:
        """Return the different answers to so many requests, several at a time."""
        with ThreadPoolExecutor(8) as pool:
            return {text for _, text, _ in pool.map(lambda _: self.get(path), range(times))}

    def _answered(self) -> int:
        """Return how many workers have been heard of."""
        processes.ensure_alive(self.process, self.folder / "log")
        with suppress(OSError):
            self._workers |= self.ask("/pid", 16)
        return len(self._workers)

"""`python -m benchmarks.request_overhead`: CPU per request of one Flask view that is watched, over the bare view.

Each measure is a process of its own, rounds alternate, medians are shown. The peers are not among Daymark's own
dependencies; they are measured where their environment is there:

    python3 -m venv .venv/benchmarks && .venv/benchmarks/bin/pip install -r benchmarks/requirements.txt
"""

import math
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path

from benchmarks.rounds import Rounds, alternating, show
from tests.support.http import HttpServer

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv" / "benchmarks" / "bin" / "python"
ROUNDS, REQUESTS, TARGET = 7, 3000, 40

ROWS = {
    "bare": "bare Flask",
    "daymark": "Daymark, all but Sentry",
    "daymark_and_sentry": "Daymark, Sentry with 10 % traces",
    "daymark_and_sentry_unsampled": "Daymark, Sentry, none of the requests sampled",
    "exporter_and_json_logger": "prometheus-flask-exporter + python-json-logger",
    "structlog_and_orjson": "structlog + orjson (no metrics)",
    "opentelemetry": "OpenTelemetry",
    "sentry_errors": "sentry-sdk, errors only",
    "sentry_traces": "sentry-sdk, 10 % traces",
}


def main() -> None:
    """Measure and print."""
    python = PEERS if PEERS.exists() else Path(sys.executable)
    with tempfile.TemporaryDirectory() as folder, closing(HttpServer()) as server:
        server.route("/api/7/envelope/", "{}")
        dsn = server.url.replace("http://", "http://key@") + "/7"
        run = partial(_measure, python, Path(folder), dsn)
        found = alternating({name: partial(run, name) for name in (*ROWS, "increments")}, ROUNDS)
    show(f"CPU per request (target: {TARGET} us over bare)", ("", "CPU", "over bare"), _rows(found))
    print(f"\nmetrics.increment with three labels: {found.median('increments'):.2f} us (target: 1)")


def _rows(found: Rounds) -> list[tuple[str, str, str]]:
    floor = found.median("bare")
    return [
        (words, f"{found.median(name):.0f} us", f"{(found.ratio(name, 'bare') - 1) * floor:.0f} us")
        if not math.isnan(found.median(name))
        else (words, "not installed", "")
        for name, words in ROWS.items()
    ]


def _measure(python: Path, folder: Path, dsn: str, variant: str) -> float:
    """Return the microseconds of one run; not a number where a library is missing."""
    result, log = folder / "result", folder / "log"
    result.unlink(missing_ok=True)
    command = [python, "-m", "benchmarks.request_variants", variant, str(REQUESTS), result, dsn]
    with log.open("wb") as lines:
        done = subprocess.run(command, cwd=ROOT, stdout=lines, stderr=subprocess.PIPE, timeout=120, check=False)
    if b"ModuleNotFoundError" in done.stderr:
        return math.nan
    if done.returncode or not result.exists():
        raise RuntimeError(f"{variant} failed:\n{done.stderr.decode()}")
    return float(result.read_text())


if __name__ == "__main__":
    main()

"""`python -m benchmarks.probe_cost`: CPU of the leading worker per HTTP probe that is asked, judged and stored."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from benchmarks.rounds import Rounds, cpu_seconds, results_in, show
from benchmarks.target import Target
from monitoring.store.database import Database
from monitoring.store.models import results
from tests.support import processes
from tests.support.postgres import Postgres
from tests.support.service import Service
from tests.support.stores import migrated
from tests.support.waiting import until

CHECKS, INTERVAL, RATE = 100, "1s", 100
WINDOWS, WINDOW_SECONDS, TARGET_MS = 5, 5.0, 0.4
BARE = "bare aiohttp, nothing stored"
ROOT = Path(__file__).parents[1]


class Leading(NamedTuple):
    """A worker that leads, and its store."""

    pid: int
    database: Database


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        target = stack.enter_context(closing(Target()))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(closing(Postgres().start()))
        urls = {"SQLite": f"sqlite:///{folder / 'store.db'}", "PostgreSQL": postgres.create_database()}
        document = target.checks(CHECKS, INTERVAL)
        leading = {name: stack.enter_context(_leading(url, document)) for name, url in urls.items()}
        floor = stack.enter_context(_asking(target.url))
        until(lambda: all(results_in(each.database) >= 5 * CHECKS for each in leading.values()), 20)
        _report(Rounds([_window(leading, floor) for _ in range(WINDOWS)]), leading)


def _window(leading: dict[str, Leading], floor: int) -> dict[str, float]:
    """Return CPU seconds per result of each in one window; all run at the same time, at the same rate."""
    before = {name: (cpu_seconds(each.pid), results_in(each.database)) for name, each in leading.items()}
    asking = cpu_seconds(floor)
    time.sleep(WINDOW_SECONDS)
    found = {BARE: (cpu_seconds(floor) - asking) / (RATE * WINDOW_SECONDS)}
    for name, each in leading.items():
        cpu, count = before[name]
        found[name] = (cpu_seconds(each.pid) - cpu) / (results_in(each.database) - count)
    return found


def _report(seen: Rounds, leading: dict[str, Leading]) -> None:
    rows = []
    for name in (BARE, *leading):
        late = _lateness(leading[name].database) if name in leading else ("", "")
        rows.append((name, f"{seen.median(name) * 1e3:.3f} ms", f"{seen.ratio(name, BARE):.2f} x", *late))
    head = ("", "CPU", "to bare", "answered after due: p50", "p99")
    show(f"CPU per HTTP probe stored at {RATE}/s, all of the worker (target: {TARGET_MS} ms)", head, rows)


def _lateness(database: Database) -> tuple[str, str]:
    """Return how long after its due time a probe was answered, median and 99th percentile."""
    with database.read() as connection:
        late = connection.execute(sa.select(results.c.finished_at - results.c.scheduled_at)).scalars().all()
    shares = statistics.quantiles(late, n=100)
    return f"{shares[49] * 1e3:.0f} ms", f"{shares[98] * 1e3:.0f} ms"


@contextmanager
def _leading(url: str, document: str) -> Iterator[Leading]:
    with (
        migrated(url) as database,
        closing(Service(url, document, ENVIRONMENT="production", LOG_DIR="")) as service,
    ):
        service.start()
        yield Leading(until(lambda: service.leader_pid), database)


@contextmanager
def _asking(url: str) -> Iterator[int]:
    """Yield the process that asks at the same rate with aiohttp alone, and keeps nothing."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.probe_cost", url]
        process: subprocess.Popen[bytes] = processes.start(["env", "-C", ROOT, *command], log=Path(folder) / "log")
        try:
            yield process.pid
        finally:
            processes.end(process)


async def ask_on(url: str) -> None:
    """Ask `url` at the rate of the services, each time on a fresh connection."""
    import asyncio

    from aiohttp import ClientSession, TCPConnector

    async with ClientSession(connector=TCPConnector(limit=0, force_close=True)) as session:

        async def once() -> None:
            async with session.get(url) as response:
                await response.read()

        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        asked: set[asyncio.Task[None]] = set()
        while True:
            # As the tick does: what is due by now is begun together.
            while number < (loop.time() - began) * RATE:
                task = loop.create_task(once())
                asked.add(task)
                task.add_done_callback(asked.discard)
                number += 1
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import asyncio

        asyncio.run(ask_on(sys.argv[1]))
    else:
        main()

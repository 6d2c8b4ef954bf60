"""`python -m benchmarks.health_cost`: CPU per `/health`, against a bare Flask, also while all that is asked hangs."""

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import psutil

from benchmarks.bare import Bare
from benchmarks.client import load
from benchmarks.rounds import alternating, show, spent
from tests.support.http import HangingServer, HttpServer
from tests.support.postgres import Postgres
from tests.support.service import Service
from tests.support.sockets import BlackHole
from tests.support.stores import migrated
from tests.support.waiting import until

ROUNDS, REQUESTS, TARGET = 10, 1000, 1.3
CHECK = """
[[checks]]
name = "{name}"
type = "{type}"
{where}
interval = "5s"
timeout = "2s"
"""


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        bare = stack.enter_context(closing(Bare()))
        well = stack.enter_context(_well())
        hanging = stack.enter_context(_hanging())
        found = alternating(
            {
                "bare Flask": _measure(bare.worker_pid, bare.port, "/"),
                "/health": _measure(*well, "/health"),
                "/health, all hangs": _measure(*hanging, "/health"),
            },
            ROUNDS,
        )
    rows = [
        (name, f"{found.median(name) * 1e6:.0f} us", f"{found.ratio(name, 'bare Flask'):.2f} x")
        for name in ("bare Flask", "/health", "/health, all hangs")
    ]
    show(f"CPU per request, gunicorn gthread, one worker (target: {TARGET} x)", ("", "CPU", "ratio"), rows)


def _measure(pid: int, port: int, path: str) -> Callable[[], float]:
    return lambda: spent(pid, partial(load, port, REQUESTS, path)) / REQUESTS


@contextmanager
def _well() -> Iterator[tuple[int, int]]:
    """Yield worker and port of a service whose four checks are well."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(closing(HttpServer()))
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        document = "".join(CHECK.format(name=f"web-{n}", type="http", where=f'url = "{server.url}"') for n in range(4))
        yield _started(stack, url, document)


@contextmanager
def _hanging() -> Iterator[tuple[int, int]]:
    """Yield worker and port of a service whose checks hang, and whose store, a stopped PostgreSQL, does too."""
    with ExitStack() as stack:
        postgres = stack.enter_context(closing(Postgres().start()))
        silent = stack.enter_context(closing(HangingServer()))
        hole = stack.enter_context(BlackHole())
        web = f'url = "http://127.0.0.1:{silent.port}/"'
        line = f'host = "127.0.0.1"\nport = {hole.port}'
        document = "".join(
            CHECK.format(name=f"{kind}-{number}", type=kind, where=where)
            for number in range(2)
            for kind, where in (("http", web), ("tcp", line))
        )
        found = _started(stack, postgres.create_database(), document)
        stack.callback(_signal_all, postgres.pid, signal.SIGCONT)
        _signal_all(postgres.pid, signal.SIGSTOP)
        yield found


def _started(stack: ExitStack, url: str, document: str) -> tuple[int, int]:
    with migrated(url):
        service = stack.enter_context(closing(Service(url, document, ENVIRONMENT="production", LOG_DIR="")))
        service.start()
    return until(lambda: service.leader_pid), service.port


def _signal_all(pid: int, number: int) -> None:
    """Signal a server and its children, which have left its process group."""
    for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
        process.send_signal(number)


if __name__ == "__main__":
    main()

"""`python -m benchmarks.memory`: resident memory of the leading and of the other workers, with 20 and 1000 checks."""

import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from benchmarks.rounds import results_in, show, workers_of
from benchmarks.target import Target
from tests.support.service import Service
from tests.support.stores import migrated
from tests.support.waiting import until

FEW, MANY = 20, 1000
ASKED_PER_SECOND = 100
VISITS, PAUSE_SECONDS = 6, 0.8
WORKER_MB, MORE_MB = 100, 40
Figures = dict[str, tuple[float, float]]


def main() -> None:
    """Measure and print."""
    with closing(Target()) as target:
        few, many = _measured(target, FEW), _measured(target, MANY)
    rows = [
        (f"{count} checks, {name}", f"{rss:.0f} MB", f"{pss:.0f} MB", f"{rss - few[name][0]:+.0f} MB")
        for count, found in ((FEW, few), (MANY, many))
        for name, (rss, pss) in found.items()
    ]
    show(f"Memory per worker (target: {WORKER_MB} MB, {MORE_MB} MB more)", ("", "RSS", "PSS", "more"), rows)


def _measured(target: Target, count: int) -> Figures:
    """Return what two workers take once every check was asked twice, before and after their pages were visited."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'store.db'}"
        database = stack.enter_context(migrated(url))
        document = target.checks(count, f"{max(1, count // ASKED_PER_SECOND)}s")
        service = stack.enter_context(closing(Service(url, document, workers=2, ENVIRONMENT="production", LOG_DIR="")))
        service.start()
        until(lambda: results_in(database) >= 2 * count, 40)
        _visit(service, "/health?detailed=true", "/health", "/status/web-1")
        asked = _figures(service, "")
        _visit(service, "/")
        return asked | _figures(service, ", its front page drawn")


def _visit(service: Service, *paths: str) -> None:
    """Ask on several connections, so that every worker is met, and over some seconds, so that the pages change."""
    for _ in range(VISITS):
        time.sleep(PAUSE_SECONDS)
        for path in paths * 3:
            service.get(path)


def _figures(service: Service, when: str) -> Figures:
    leader = service.leader_pid
    workers = workers_of(psutil.Process(leader).ppid())
    workers.sort(key=lambda pid: pid != leader)
    return {f"{'leading' if pid == leader else 'other'}{when}": _megabytes(psutil.Process(pid)) for pid in workers}


def _megabytes(process: psutil.Process) -> tuple[float, float]:
    """Return resident memory, and the proportional share where pages are shared, in MB (10^6 bytes)."""
    figures = process.memory_full_info()
    return figures.rss / 1e6, figures.pss / 1e6


if __name__ == "__main__":
    main()

"""`python -m benchmarks.page_cost`: the status page of 20 checks, 90 days, incidents and maintenance: served, drawn
anew, and on the wire.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from app import create_app
from benchmarks.bare import Bare
from benchmarks.client import ask, load
from benchmarks.filler import change, fill
from benchmarks.rounds import Rounds, alternating, results_in, show, spent
from benchmarks.stories import tell
from monitoring import clock
from monitoring.settings import CheckSettings
from monitoring.store.database import Database
from tests.support.service import Service, environment
from tests.support.stores import migrated
from tests.support.waiting import until

DEMO = Path(__file__).with_name("demo.toml")
ROUNDS, REQUESTS, FORCED, CHANGED = 9, 500, 8, 5
PAST_A_SECOND = 1.1
"""A page is drawn anew at most once a second."""
SERVED_MS, FORCED_MS, WIRE_BYTES = 0.5, 10.0, 30_000
BROWSER = "Accept-Encoding: gzip, deflate, br, zstd"


class Site(NamedTuple):
    """One service, its worker, and the store that it shows."""

    pid: int
    port: int
    database: Database
    checks: Sequence[CheckSettings]


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        bare = stack.enter_context(closing(Bare()))
        empty, full = (stack.enter_context(_site(filled)) for filled in (False, True))
        _wire(full)
        _served({"bare Flask": (bare.worker_pid, bare.port), "empty history": empty[:2], "90 days": full[:2]})
        _forced({"empty history": empty, "90 days": full})


def _wire(site: Site) -> None:
    """Print what a first visit costs on the wire; the browser's own requests are the page and its style sheet."""
    rows = []
    for encoding in ("br", "gzip"):
        page, styles = (len(ask(site.port, 1, path, f"Accept-Encoding: {encoding}")) for path in ("/", _styles(site)))
        rows.append((encoding, "2", f"{page:,}", f"{styles:,}", f"{page + styles:,}"))
    show(
        f"Bytes on the wire, heads included (target: {WIRE_BYTES:,} in 3 requests)",
        ("", "requests", "page", "styles", "sum"),
        rows,
    )


def _styles(site: Site) -> str:
    page = ask(site.port, 1, "/").decode()
    return page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]


def _served(sites: dict[str, tuple[int, int]]) -> None:
    def measure(pid: int, port: int) -> Callable[[], float]:
        return lambda: spent(pid, partial(load, port, REQUESTS, "/", BROWSER)) / REQUESTS

    found = alternating({name: measure(*site) for name, site in sites.items()}, ROUNDS)
    rows = [
        (
            name,
            f"{found.median(name) * 1e3:.3f} ms",
            f"{found.ratio(name, 'bare Flask'):.2f} x",
            f"{found.ratio(name, 'empty history') - 1:+.1%}",
        )
        for name in sites
    ]
    show(f"CPU per page served (target: {SERVED_MS} ms)", ("", "CPU", "to bare", "to empty"), rows)


def _forced(sites: dict[str, Site]) -> None:
    """Print what a page costs that must be read, drawn and compressed: the difference a change of the store makes."""
    seen = Rounds([_visits(sites) for _ in range(FORCED)])
    rows = [
        (name, f"{seen.median(name) * 1e3:.1f} ms", f"{seen.ratio(name, 'empty history') - 1:+.1%}") for name in sites
    ]
    show(f"CPU per page drawn after {CHANGED} new results (target: {FORCED_MS:g} ms)", ("", "CPU", "to empty"), rows)


def _visits(sites: dict[str, Site]) -> dict[str, float]:
    """Return the CPU seconds that a visit after a change costs each site more than one without."""
    costs = dict.fromkeys(sites, 0.0)
    for changed in (False, True):
        time.sleep(PAST_A_SECOND)
        for name, site in sites.items():
            if changed:
                change(site.database, site.checks[:CHANGED], clock.now())
            cost = spent(site.pid, partial(ask, site.port, 1, "/", BROWSER))
            costs[name] += cost if changed else -cost
    return costs


@contextmanager
def _site(filled: bool) -> Iterator[Site]:
    """Yield a service with the demonstration's checks, asked once an hour so that nothing changes by itself."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'store.db'}"
        document = DEMO.read_text().replace('interval = "30s"', 'interval = "1h"')
        database = stack.enter_context(migrated(url))
        service = stack.enter_context(
            closing(Service(url, document, ENVIRONMENT="production", LOG_DIR=str(folder / "logs")))
        )
        checks = _checks(folder, document, url)
        if filled:
            now = clock.now()
            fill(database, checks, now)
            tell(database, checks, now)
        service.start()
        until(lambda: results_in(database) >= len(checks), 20)
        yield Site(service.leader_pid, service.port, database, checks)


def _checks(folder: Path, document: str, url: str) -> list[CheckSettings]:
    """Return what the service makes of its status.toml, the checks that come by themselves included."""
    (folder / "status.toml").write_text(document)
    app = create_app(environment(PORT="1", DATABASE_URL=url, STATUS_CONFIG=str(folder / "status.toml")))
    return [check.settings for check in app.extensions["daymark"].registry.all()]


if __name__ == "__main__":
    main()

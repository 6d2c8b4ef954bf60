"""Where this process's metrics, errors, slow operations and costs go. A process has one place, whatever apps it has."""

import atexit
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from monitoring import correlation
from monitoring.application import app_metrics
from monitoring.costs import ledger
from monitoring.errors import tracker
from monitoring.errors.reporter import Reporter
from monitoring.extension.options import Options
from monitoring.logs import log
from monitoring.metrics import metrics
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.sinks.memory import MemorySink
from monitoring.performance import performance

if TYPE_CHECKING:
    from monitoring.store.database import Database
    from monitoring.store.outbox import Entry, Outbox

FLUSH_SECONDS = 2.0


class Where(msgspec.Struct, frozen=True):
    """What decides the place; two applications that agree in it share it."""

    service_name: str
    database_url: str | None
    sentry_dsn: str | None
    environment: str
    version: str | None
    prometheus: bool


class Destinations:
    """Wires the process. Nothing is opened and no thread is started before there is something to write."""

    def __init__(self) -> None:
        self._where: Where | None = None
        self._outbox: Outbox | None = None
        self._database: Database | None = None

    def send_to(self, options: Options) -> None:
        """Send what is recorded from now on where these options say: the last application decides."""
        where = Where(
            options.service_name,
            options.database_url,
            options.sentry_dsn,
            options.environment,
            options.version,
            options.metrics_endpoint or (self._where is not None and self._where.prometheus),
        )
        self.settle(where)

    def settle(self, where: Where, further: Callable[[], Sequence[Sink]] = tuple) -> None:
        """Send what is recorded from now on to `where`, and metrics to what `further` makes besides."""
        if where == self._where:
            return
        if self._where is not None and self._where.service_name != where.service_name:
            log.warn("One process writes as one service", before=self._where.service_name, now=where.service_name)
        if self._where is None:
            atexit.register(self.flush)
            metrics.warn_with(log.warn)
        else:
            self._leave()
        self._where = where
        app_metrics.book_costs_with(ledger.record)
        app_metrics.judge_times_with(performance.exceeded)
        correlation.on_call(app_metrics.record_outgoing_call)
        tracker.service = where.service_name
        metrics.use(*self._sinks(where), *further())
        if where.sentry_dsn is not None:
            tracker.reporter = _sentry(where, where.sentry_dsn)

    def keep(self, entry: "Entry") -> None:
        """Have an entry stored, where there is a store."""
        if self._outbox is not None:
            self._outbox.put(entry)

    def flush(self) -> None:
        """Write what waits, for at most 2 s each: metrics, entries, reports."""
        metrics.flush()
        if self._outbox is not None:
            self._outbox.flush(FLUSH_SECONDS)
        tracker.flush(FLUSH_SECONDS)

    def _sinks(self, where: Where) -> list[Sink]:
        sinks: list[Sink] = []
        if where.prometheus:
            from monitoring.metrics.sinks.prometheus import PrometheusSink

            sinks.append(PrometheusSink(metrics.dropped))
        if where.database_url is not None:
            return [*sinks, self._store(where.database_url, where.service_name)]
        memory = MemorySink()
        metrics.read_from(memory)
        tracker.read_from(tracker.recent)
        return [*sinks, memory]

    def _store(self, url: str, service: str) -> Sink:
        """Open nothing yet: the first entry does, in the process that has it."""
        from monitoring.store.database import Database
        from monitoring.store.errors import ErrorCounts
        from monitoring.store.metrics import MetricsReader, StoreSink
        from monitoring.store.outbox import Outbox

        instance = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._database = Database(url)
        self._outbox = Outbox(self._database, instance, service)
        performance.deliver = tracker.deliver = self._outbox.put
        ledger.deliver_to(self._outbox.put)
        metrics.read_from(MetricsReader(self._database, service))
        tracker.read_from(ErrorCounts(self._database, service))
        return StoreSink(self._database, service, instance)

    def _leave(self) -> None:
        """Finish with the place before, and forget it."""
        self.flush()
        performance.deliver = tracker.deliver = None
        ledger.deliver_to(None)
        tracker.reporter.close()
        tracker.reporter = Reporter()
        metrics.use()
        if self._database is not None:
            self._database.close()
        self._database = self._outbox = None


def _sentry(where: Where, dsn: str) -> Reporter:
    from monitoring.errors.sentry import Sentry

    reporter = Sentry(dsn, environment=where.environment, service=where.service_name, version=where.version)
    atexit.register(reporter.close)
    return reporter


destinations = Destinations()

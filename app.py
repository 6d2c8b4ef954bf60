"""Where the rooms are joined: `create_app` makes the service, `start` and `stop` its threads."""

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from monitoring import cli, clock, correlation, errors, logs
from monitoring.alerts import channels as alert_channels
from monitoring.alerts.channel import Channel, Links
from monitoring.alerts.message import Message
from monitoring.alerts.rules import rules_of
from monitoring.application import app_metrics
from monitoring.costs import Budget
from monitoring.errors.sampling import sampled
from monitoring.extension import requests
from monitoring.extension.destinations import Where, destinations
from monitoring.health.checks import KINDS
from monitoring.health.checks.database import PoolFigures
from monitoring.health.checks.heartbeat import Calls, HeartbeatSettings
from monitoring.health.connectivity import connectivity
from monitoring.health.registry import Registry, build
from monitoring.maintenance import Maintenance
from monitoring.metrics import metrics
from monitoring.metrics.sampler import Sampler
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.sinks.cloudwatch import CloudwatchSink
from monitoring.metrics.sinks.statsd import StatsdSink
from monitoring.overview.reader import Reader
from monitoring.overview.views import CheckView, History, Month, Overview
from monitoring.performance import performance
from monitoring.probing.prober import Prober
from monitoring.probing.reign import Realm
from monitoring.probing.telling import Telling
from monitoring.settings import CheckSettings, Settings, load
from monitoring.signing import Signer
from monitoring.store import facts, heartbeats, incidents, leases, maintenances
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database, StoreError
from monitoring.store.incidents import Incident
from monitoring.web import acknowledge, archive, headers, hooks, routing, secret_paths
from monitoring.web import errors as problems
from monitoring.web.asking import Asker
from monitoring.web.fresh import Fresh

EXTENSION = "daymark"
ROOT = Path(__file__).parent


class Daymark:
    """One process of the service. Making it starts no thread and opens no connection; `start` does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.registry: Registry = build(settings.checks, self._pools(), self._last_calls)
        self._reader = Reader(self.database, self.check_settings)
        self._overview = Fresh(
            lambda _: self._reader.refresh(clock.now()),
            lambda _: self._reader.overview(clock.now()),  # the store is away: the same data, judged by their age
            empty=self._reader.overview(clock.now()),
        )
        self.asker = Asker()
        self.signer = Signer(self._signing_key)
        self.channels: dict[str, Channel] = alert_channels.build(settings.channels, self._links())
        self.budgets: Sequence[Budget] = _budgets(settings)
        self._sampler = Sampler(app_metrics.record_system_metrics, _system_figures_failed)
        self._prober: Prober | None = None

    @property
    def running(self) -> bool:
        """Return whether the threads were started."""
        return self._prober is not None

    def start(self) -> None:
        """Start the threads, in the process that serves; a second call does nothing."""
        if self._prober is None:
            wanted = self.settings.connectivity
            network = connectivity(wanted.targets, wanted.timeout) if wanted else None
            self.measure()
            errors.install(destinations.flush)
            self._sampler.start()
            self._prober = Prober(self._realm(network))
            self._prober.start()

    def stop(self) -> None:
        """Stop the threads, write what waits, give the lease back."""
        self.asker.stop()
        prober, self._prober = self._prober, None
        if prober is not None:
            self._sampler.stop()
            prober.stop()
            destinations.flush()
            metrics.stop()

    def measure(self) -> None:
        """Send this process's metrics, errors, costs and slow operations where the settings say; opens nothing yet."""
        settings = self.settings
        for name, limit in settings.thresholds.items():
            performance.set_threshold(name, limit * 1000)
        where = Where(
            service_name=settings.service_name,
            database_url=settings.database_url,
            sentry_dsn=settings.sentry_dsn,
            environment=settings.environment,
            version=settings.app_version,
            prometheus=True,
        )
        destinations.settle(where, self._further_sinks)

    def overview(self) -> Overview:
        """Return what readers see, at most a second old while the store answers."""
        return self._overview.get()

    def history(self, view: CheckView, now: float) -> History:
        """Return what the page of one check adds, up to `now`; any of StoreError."""
        return self._reader.history(view, now)

    def month(self, name: str) -> Month | None:
        """Return the outages of one month of the public checks; any of StoreError."""
        return self._reader.month(name, clock.now())

    def incident(self, incident_id: str) -> Incident | None:
        """Return one incident, None where there is none of that id; any of StoreError."""
        with self.database.read() as connection:
            return incidents.load(connection, incident_id)

    def told(self, since: float) -> tuple[Sequence[Incident], Sequence[Maintenance]]:
        """Return the newest incidents, and the maintenance with windows after `since` (Unix seconds)."""
        with self.database.read() as connection:
            found = incidents.latest(connection, archive.INCIDENTS)
            return found, maintenances.current(connection, since)

    def check_settings(self) -> Sequence[CheckSettings]:
        """Return the settings of every check."""
        return [check.settings for check in self.registry.all()]

    def titles(self) -> dict[str, str]:
        """Return what people call each check, by its name."""
        return {check.name: check.title for check in self.check_settings()}

    def heartbeats(self) -> list[HeartbeatSettings]:
        """Return the settings of the heartbeats."""
        return [check for check in self.settings.checks if isinstance(check, HeartbeatSettings)]

    def keep_audit(self, action: str, user_id: str | None, details: Mapping[str, Any]) -> None:
        """Keep an entry of the audit in the store, as soon as it takes it."""
        destinations.keep(AuditEntry(action, user_id, clock.now(), correlation.current(), dict(details)))

    def leads(self) -> bool | None:
        """Return whether a process of this host leads; None where the store does not say."""
        try:
            with self.database.read() as connection:
                return leases.read(connection).owner.startswith(f"{socket.gethostname()[:64]}:")
        except StoreError:
            return None

    def _further_sinks(self) -> list[Sink]:
        sinks: list[Sink] = []
        if self.settings.statsd_address:
            sinks.append(StatsdSink(self.settings.statsd_address, self.settings.statsd_dialect))
        if self.settings.cloudwatch_namespace:
            sinks.append(CloudwatchSink(self.settings.cloudwatch_namespace, self.settings.aws_endpoint_url))
        return sinks

    def _pools(self) -> dict[str, PoolFigures]:
        """Return this process's own pool by the names of the checks that ask the same database."""
        return dict.fromkeys(self._own_checks(), self.database.pool_figures)

    def _own_checks(self) -> frozenset[str]:
        """Return the names of the checks that ask the store itself."""
        checks, own = self.settings.checks, self.settings.database_url
        return frozenset(check.name for check in checks if getattr(check, "url", None) == own)

    def _last_calls(self, name: str) -> Calls | None:
        with self.database.read() as connection:
            return heartbeats.last(connection, name)

    def _realm(self, network: Any) -> Realm:
        settings = self.settings
        telling = Telling(
            channels=self.channels,
            rules=rules_of(settings.rules, list(self.channels)),
            keyless=self._own_checks(),
            origin=settings.service_name,
            deadman_url=settings.deadman_url,
            prepare=self.signer.prepare,
        )
        checks = self.registry.all
        return Realm(database=self.database, checks=checks, connectivity=network, budgets=self.budgets, telling=telling)

    def _signing_key(self) -> str:
        """Return the key of links and forms: the settings', else the store's own; any of StoreError."""
        if self.settings.secret_key:
            return self.settings.secret_key
        with self.database.write() as connection:
            return facts.secret_key(connection)

    def _links(self) -> Links:
        """Return where messages lead: to the public address, if it is known."""
        base = (self.settings.page.url or "").rstrip("/")
        public = {check.name for check in self.settings.checks if check.public}

        def page(message: Message) -> str | None:
            path = f"/status/{message.check}" if message.check in public else "/"
            return f"{base}{path}" if base else None

        def acknowledging(message: Message) -> str | None:
            try:
                said = {"dedup_key": message.dedup_key, "began_at": message.began_at}
                return f"{base}/alerts/{self.signer.sign(acknowledge.PURPOSE, said)}" if base else None
            except StoreError:
                return None  # the alert is worth more than its link

        return Links(page, acknowledging)


def create_app(environ: Mapping[str, str] = os.environ, directory: Path = ROOT) -> Flask:
    """Return the service as a WSGI application.

    Settings come from `environ` and from `status.toml` in `directory`; SettingsError lists all that is wrong.
    """
    settings = load(environ, KINDS, directory)
    logs.configure_by(settings)
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = daymark = Daymark(settings)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    if settings.sentry_dsn is not None:
        app.wsgi_app = sampled(app.wsgi_app)  # type: ignore[method-assign,assignment]
    for room in (hooks, problems, headers):
        room.init_app(app)
    requests.capture(app)
    routing.add(app, daymark)
    secret_paths.init_app(app)
    commands = cli.group(settings, daymark.database, daymark.registry, daymark.channels, daymark.measure)
    app.cli.add_command(commands)
    return app


def _budgets(settings: Settings) -> list[Budget]:
    return [Budget(name, limits.daily, limits.monthly) for name, limits in settings.budgets.items()]


def _system_figures_failed(error: BaseException) -> None:
    logs.log.warn("System figures failed", exc_info=error)

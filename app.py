"""Where the rooms are joined: `create_app` makes the service, `start` and `stop` its threads."""

import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from monitoring import cli, clock, correlation, errors, logs
from monitoring.application import app_metrics
from monitoring.costs import Budget
from monitoring.errors.sampling import sampled
from monitoring.extension import requests
from monitoring.extension.destinations import Where, destinations
from monitoring.health.checks import KINDS
from monitoring.health.checks.database import PoolFigures
from monitoring.health.connectivity import connectivity
from monitoring.health.registry import Registry, build
from monitoring.metrics import metrics
from monitoring.metrics.sampler import Sampler
from monitoring.metrics.sinks.base import Sink
from monitoring.metrics.sinks.cloudwatch import CloudwatchSink
from monitoring.metrics.sinks.statsd import StatsdSink
from monitoring.overview.months import month_of
from monitoring.overview.reader import Reader
from monitoring.overview.views import CheckView, History, Month, Overview
from monitoring.performance import performance
from monitoring.probing.prober import Prober
from monitoring.settings import CheckSettings, Settings, load
from monitoring.store import leases
from monitoring.store.audit import AuditEntry
from monitoring.store.database import Database, StoreError
from monitoring.web import admin, headers, health, hooks, status_page
from monitoring.web import errors as problems
from monitoring.web import metrics as scraping
from monitoring.web.access import Access
from monitoring.web.admin_sources import over_store
from monitoring.web.asking import Asker
from monitoring.web.attempts import Attempts
from monitoring.web.fresh import Fresh

EXTENSION = "daymark"
ROOT = Path(__file__).parent


class Daymark:
    """One process of the service. Making it starts no thread and opens no connection; `start` does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.registry: Registry = build(settings.checks, pool_figures=self._pools())
        self._reader = Reader(self.database, self._check_settings)
        self._overview = Fresh(
            lambda _: self._reader.refresh(clock.now()),
            lambda _: self._reader.overview(clock.now()),  # the store is away: the same data, judged by their age
            empty=self._reader.overview(clock.now()),
        )
        self.asker = Asker()
        self.budgets = [Budget(name, limits.daily, limits.monthly) for name, limits in settings.budgets.items()]
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
            self._prober = Prober(self.database, self.registry, network, self.budgets)
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
        titles = {check.name: check.title for check in self._check_settings() if check.public}
        with self.database.read() as connection:
            return month_of(connection, name, titles, clock.now())

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
        checks, own = self.settings.checks, self.settings.database_url
        return {check.name: self.database.pool_figures for check in checks if getattr(check, "url", None) == own}

    def _check_settings(self) -> Sequence[CheckSettings]:
        return [check.settings for check in self.registry.all()]


def create_app(environ: Mapping[str, str] = os.environ, directory: Path = ROOT) -> Flask:
    """Return the service as a WSGI application.

    Settings come from `environ` and from `status.toml` in `directory`; SettingsError lists all that is wrong.
    """
    settings = load(environ, KINDS, directory)
    logs.configure(
        environment=settings.environment,
        level=settings.log_level,
        directory=settings.log_dir,
        service=settings.service_name,
        version=settings.app_version,
    )
    app = Flask(__name__, static_folder=None)
    app.extensions[EXTENSION] = daymark = Daymark(settings)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    if settings.sentry_dsn is not None:
        app.wsgi_app = sampled(app.wsgi_app)  # type: ignore[method-assign]
    for room in (hooks, problems, headers):
        room.init_app(app)
    requests.capture(app)
    _add_routes(app, daymark)
    app.cli.add_command(cli.group(settings, daymark.database, daymark.registry, daymark.measure))
    return app


def _add_routes(app: Flask, daymark: Daymark) -> None:
    settings = daymark.settings
    attempts = Attempts(settings.redis_url, verify_tls=settings.redis_verify_tls)
    access = Access(settings.admin_token_hashes, settings.jwt_secret, attempts, _keep_audit)
    answers = health.Health(
        daymark.overview, daymark.registry.all, settings.app_version, access.is_admin, daymark.asker
    )
    pages = status_page.StatusPage(settings.page, daymark.overview, daymark.history, daymark.month)
    app.register_blueprint(health.blueprint(answers, lambda: daymark.running))
    app.jinja_env.globals.update(stylesheet=pages.stylesheet, page=settings.page)  # for the page of an error
    app.register_blueprint(status_page.blueprint(pages))
    scrapes = scraping.blueprint(metrics.flush, scraping.Checks(daymark.overview, daymark.leads))
    app.register_blueprint(access.protect(scrapes))
    sources = over_store(daymark.database, daymark.overview, daymark.budgets, settings.log_dir)
    app.register_blueprint(admin.blueprint(admin.Admin(sources, settings.page), access))


def _keep_audit(action: str, user_id: str | None, details: Mapping[str, Any]) -> None:
    destinations.keep(AuditEntry(action, user_id, clock.now(), correlation.current(), dict(details)))


def _system_figures_failed(error: BaseException) -> None:
    logs.log.warn("System figures failed", exc_info=error)

"""Where the rooms are joined: `create_app` makes the service, `start` and `stop` its threads."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from monitoring import cli, clock, logs
from monitoring.health.checks import KINDS
from monitoring.health.connectivity import connectivity
from monitoring.health.registry import Registry, build
from monitoring.overview.months import month_of
from monitoring.overview.reader import Reader
from monitoring.overview.views import CheckView, History, Month, Overview
from monitoring.probing.prober import Prober
from monitoring.settings import CheckSettings, Settings, load
from monitoring.status import Status
from monitoring.store.database import Database
from monitoring.web import errors, headers, health, hooks, status_page
from monitoring.web.fresh import Fresh

EXTENSION = "daymark"
ROOT = Path(__file__).parent


class Daymark:
    """One process of the service. Making it starts no thread and opens no connection; `start` does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.registry: Registry = build(settings.checks, pool_figures={"database": self.database.pool_figures})
        self._reader = Reader(self.database, self._check_settings)
        self._overview = Fresh(lambda: self._reader.refresh(clock.now()), self._nothing_yet())
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
            self._prober = Prober(self.database, self.registry, network)
            self._prober.start()

    def stop(self) -> None:
        """Stop the threads, write what waits, give the lease back."""
        prober, self._prober = self._prober, None
        if prober is not None:
            prober.stop()

    def overview(self) -> Overview:
        """Return what readers see, at most a second old while the store answers."""
        return self._overview.get()

    def history(self, view: CheckView) -> History:
        """Return what the page of one check adds; any of StoreError."""
        return self._reader.history(view, clock.now())

    def month(self, name: str) -> Month | None:
        """Return the outages of one month of the public checks; any of StoreError."""
        titles = {check.name: check.title for check in self._check_settings() if check.public}
        with self.database.read() as connection:
            return month_of(connection, name, titles, clock.now())

    def _check_settings(self) -> Sequence[CheckSettings]:
        return [check.settings for check in self.registry.all()]

    def _nothing_yet(self) -> Overview:
        """Return what is shown while the store has never answered."""
        checks = tuple(CheckView(settings, Status.UNKNOWN) for settings in self._check_settings())
        return Overview(version=-1, status=Status.UNKNOWN, checks=checks, data_at=None, judged_at=clock.now())


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
    for room in (hooks, errors, headers):
        room.init_app(app)
    _add_routes(app, daymark)
    app.cli.add_command(cli.group(settings, daymark.database, daymark.registry))
    return app


def _add_routes(app: Flask, daymark: Daymark) -> None:
    settings = daymark.settings
    answers = health.Health(daymark.overview, daymark.registry.all, settings.app_version, settings.admin_token_hashes)
    pages = status_page.StatusPage(settings.page, daymark.overview, daymark.history, daymark.month)
    app.register_blueprint(health.blueprint(answers, lambda: daymark.running))
    app.jinja_env.globals.update(stylesheet=pages.stylesheet, page=settings.page)  # for the page of an error
    app.register_blueprint(status_page.blueprint(pages))

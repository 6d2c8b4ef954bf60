"""Monitoring for any Flask application, in two lines: `from monitoring import Monitoring`, `Monitoring(app)`."""

from typing import Any

from flask import Flask

from monitoring import errors, logs
from monitoring.errors import tracker
from monitoring.extension import figures, requests
from monitoring.extension.destinations import destinations
from monitoring.extension.options import Given, Options, read
from monitoring.health.registry import Registry
from monitoring.web import hooks

EXTENSION = "monitoring"

__all__ = ["EXTENSION", "Monitoring"]


class Monitoring:
    """Brings ids, logs, metrics, timers and error tracking to an application.

    Settings, each from the argument, else `app.config["MONITORING_<NAME>"]`, else the environment's
    `MONITORING_<NAME>`, else the environment's usual name (`SERVICE_NAME`, `APP_VERSION`, `ENVIRONMENT`, `LOG_LEVEL`,
    `LOG_DIR`, `SENTRY_DSN`, `ADMIN_TOKEN_HASHES`; none for the database's):

    - `service_name` (the application's name), `version`, `environment`, `log_level`, `log_dir` (no files)
    - `database_url`: Daymark's, to write metrics, errors, slow operations and costs there
    - `sentry_dsn`: to report errors and a tenth of the requests to Sentry
    - `logs=False` leaves logging alone, `unhandled=False` the hooks of threads and of the process
    - `health=True` adds `/health`, `metrics_endpoint=True` adds `/metrics` for `admin_token_hashes`,
      `problem_json=True` answers errors as problem documents

    No thread is started and no connection opened before there is something to write.
    """

    def __init__(self, app: Flask | None = None, **settings: Any) -> None:
        """Take the settings, and `app` where there is one already; errors as in `init_app`."""
        self._settings = settings
        self.health = Registry(())
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Monitor `app`; a second call for one application does nothing.

        SettingsError lists all settings that are wrong, TypeError those that do not exist.
        """
        if EXTENSION in app.extensions:
            return
        options = read(Given(self._settings, app.config), app.name)
        app.extensions[EXTENSION] = self
        if options.logs:
            _configure_logs(options)
        destinations.send_to(options)
        requests.capture(app)
        figures.watch(app)
        if options.unhandled:
            errors.install(destinations.flush)
        _wrap(app, options)
        _add_routes(app, self.health, options)

    def flush(self) -> None:
        """Write what waits, for at most 2 s each: metrics, errors and costs, reports."""
        destinations.flush()


def _configure_logs(options: Options) -> None:
    logs.configure(
        environment=options.environment,
        level=options.log_level,
        directory=options.log_dir,
        service=options.service_name,
        version=options.version,
    )


def _wrap(app: Flask, options: Options) -> None:
    """Put Sentry's sampling inside of the hooks, so that it sees the request's id."""
    if options.sentry_dsn is not None:
        from monitoring.errors.sentry import Sentry

        if isinstance(tracker.reporter, Sentry):
            app.wsgi_app = tracker.reporter.around(app.wsgi_app)  # type: ignore[method-assign,assignment]
    hooks.init_app(app)


def _add_routes(app: Flask, registry: Registry, options: Options) -> None:
    from monitoring.extension import routes

    if options.health:
        routes.add_health(app, registry, options)
    if options.metrics_endpoint:
        routes.add_metrics(app, options)
    if options.problem_json:
        routes.add_problems(app)

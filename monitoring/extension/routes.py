"""What the extension may add to an application: `/health`, `/metrics`, problem documents. Each only if wanted."""

from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from monitoring import clock
from monitoring.extension.options import Options
from monitoring.health.checks.function import CallableCheck
from monitoring.health.registry import Registry
from monitoring.overview.views import CheckView, Overview
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status

if TYPE_CHECKING:
    from monitoring.web.access import Access

_PROCESS = CallableCheck(CheckSettings(name="process", type="function"), lambda: True)


def add_health(app: Flask, registry: Registry, options: Options) -> None:
    """Answer `/health` at once, and with `?detailed=true` ask the registered checks, at most every 15 s each."""
    from monitoring.web import health

    def checks() -> tuple[CallableCheck, ...]:
        return registry.all() or (_PROCESS,)  # type: ignore[return-value]

    def overview() -> Overview:
        """Nobody probes here: every check is unknown until it is asked."""
        views = tuple(CheckView(check.settings, Status.UNKNOWN) for check in checks())
        return Overview(version=-1, status=Status.UNKNOWN, checks=views, data_at=None, judged_at=clock.now())

    answers = health.Health(overview, checks, options.version or "", _access(options).is_admin)
    app.register_blueprint(health.blueprint(answers, lambda: True), name="monitoring_health")


def add_metrics(app: Flask, options: Options) -> None:
    """Answer `/metrics` to admins."""
    from monitoring.metrics import metrics as recorder
    from monitoring.web import metrics

    routes = metrics.blueprint(recorder.flush)
    app.register_blueprint(_access(options).protect(routes), name="monitoring_metrics")


def _access(options: Options) -> "Access":
    from monitoring.web.access import Access

    return Access(options.admin_token_hashes)


def add_problems(app: Flask) -> None:
    """Answer errors as problem documents, except to browsers, who get what the application has for them."""
    from monitoring.web import errors

    def answer(error: HTTPException) -> Response | HTTPException:
        accepted = request.accept_mimetypes
        wants_page = accepted["text/html"] > max(accepted["application/json"], accepted[errors.PROBLEM_TYPE])
        return error if wants_page else errors.answer(error)

    app.register_error_handler(HTTPException, answer)

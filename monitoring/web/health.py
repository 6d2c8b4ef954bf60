"""`/health`: a constant for load balancers, the whole truth for whoever asks in detail."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from flask import Blueprint, Request, Response, abort, request
from msgspec.structs import replace
from werkzeug.exceptions import HTTPException

from monitoring import clock
from monitoring.health.aggregate import whole_of
from monitoring.health.check import Check
from monitoring.logs import log
from monitoring.logs.redaction import redact
from monitoring.metrics import metrics
from monitoring.metrics.system import memory
from monitoring.overview.views import CheckView, Overview
from monitoring.status import Result, Status
from monitoring.web.asking import Asker

_OK = b'{"status":"ok"}'
_NEVER_CACHED = {"Cache-Control": "no-cache, no-store, must-revalidate"}
_STATUS_CODES = {Status.HEALTHY: 200, Status.DEGRADED: 200, Status.UNHEALTHY: 503, Status.UNKNOWN: 503}


class Health:
    """Answers in detail. `overview` returns the overview, `checks` the checks that can be asked, through `asker`."""

    def __init__(
        self,
        overview: Callable[[], Overview],
        checks: Callable[[], Sequence[Check[Any]]],
        version: str,
        is_admin: Callable[[Request], bool],
        asker: Asker | None = None,
    ) -> None:
        self._overview, self._checks, self._version, self._is_admin = overview, checks, version, is_admin
        self._asker = asker or Asker()
        self._started = clock.monotonic()

    def whole(self) -> tuple[dict[str, Any], int]:
        """Return the body of `/health?detailed=true`, and the code of the answer.

        What is being worked on does not count: it may be down, or all there is, without any trouble.
        """
        overview = self._overview()
        admin = self._is_admin(request)
        views = self._asked(overview.checks)
        counted = [view for view, _ in views if not view.in_maintenance]
        status = whole_of((view.settings, view.status) for view in counted)
        body = {
            "status": status,
            "timestamp": clock.iso(clock.now()),
            "version": self._version,
            "uptime": int(clock.monotonic() - self._started),
            "checks": [_shown(view, fresh, admin) for view, fresh in views if admin or view.settings.public],
            "memory": memory(),
        }
        return body, 200 if views and not counted else _STATUS_CODES[status]

    def one(self, name: str) -> tuple[dict[str, Any], int]:
        """Return the body of `/health/<check>` and the code; NotFound where it is unknown or private."""
        admin = self._is_admin(request)
        found = [view for view in self._overview().checks if view.settings.name == name]
        if not found or not (admin or found[0].settings.public):
            abort(404, f"There is no check named {name[:64]}.")
        [(view, fresh)] = self._asked(found)
        return _shown(view, fresh, admin), 200 if view.in_maintenance else _STATUS_CODES[view.status]

    def _asked(self, views: Sequence[CheckView]) -> list[tuple[CheckView, bool]]:
        """Return the views, those nobody has been looking at asked now; a paid check never is."""
        unknown = {view.settings.name for view in views if view.status is Status.UNKNOWN and not view.settings.paid}
        if not unknown:
            return [(view, False) for view in views]
        results = self._asker.ask([check for check in self._checks() if check.name in unknown])
        return [
            (_with_result(view, results[view.settings.name]), True) if view.settings.name in results else (view, False)
            for view in views
        ]


def _with_result(view: CheckView, result: Result) -> CheckView:
    return replace(
        view,
        status=result.status,
        cause=result.cause,
        error=result.error,
        checked_at=result.finished_at,
        response_seconds=result.response_seconds,
        details=result.details,
    )


def _shown(view: CheckView, fresh: bool, admin: bool) -> dict[str, Any]:
    """Return what a stranger may see of a check, and what an admin may besides."""
    checked_at, seconds = view.checked_at, view.response_seconds
    shown: dict[str, Any] = {
        "service": view.settings.name,
        "status": view.status,
        "response_time_ms": None if seconds is None else round(seconds * 1000, 1),
        "checked_at": None if checked_at is None else clock.iso(checked_at),
        "age_seconds": None if checked_at is None else round(max(0.0, clock.now() - checked_at), 1),
        "cause": view.cause,
    }
    if fresh:
        shown["fresh"] = True
    if view.in_maintenance:
        shown["maintenance"] = True
    if admin:
        shown |= {"details": redact(view.details), "error": redact(view.error)}
    return shown


def blueprint(health: Health, is_ready: Callable[[], bool]) -> Blueprint:
    """Return the routes. `is_ready` says whether this process's threads run; it must not do I/O."""
    routes = Blueprint("health", __name__)

    @routes.get("/health")
    @routes.get("/api/health")
    def index() -> Response:
        # What is asked all day has no query, and parsing none costs a tenth of the answer.
        if request.query_string and request.args.get("detailed") == "true":
            return _detailed(health)
        return Response(_OK, mimetype="application/json", headers=_NEVER_CACHED)

    @routes.get("/health/live")
    def live() -> Response:
        return Response(_OK, mimetype="application/json", headers=_NEVER_CACHED)

    @routes.get("/health/ready")
    def ready() -> Response:
        return _json({"status": "ok"}, 200) if is_ready() else _json({"status": "starting"}, 503)

    @routes.get("/health/<name>")
    def one(name: str) -> Response:
        return _told(lambda: health.one(name))

    return routes


def _detailed(health: Health) -> Response:
    began = clock.monotonic()

    def whole() -> tuple[dict[str, Any], int]:
        body, code = health.whole()
        metrics.histogram("health_check.duration", (clock.monotonic() - began) * 1000)
        metrics.increment("health_check.requests", 1, {"status": body["status"]})
        return body, code

    return _told(whole)


def _told(answer: Callable[[], tuple[dict[str, Any], int]]) -> Response:
    try:
        return _json(*answer())
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001 - a load balancer must get its answer even when ours cannot be made up
        log.error("Health check failed", exc_info=True)
        failed = {"status": "unhealthy", "error": "Health check failed", "timestamp": clock.iso(clock.now())}
        return _json(failed, 503)


def _json(body: dict[str, Any], status: int) -> Response:
    return Response(msgspec.json.encode(body), status, mimetype="application/json", headers=_NEVER_CACHED)

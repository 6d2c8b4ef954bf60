"""The admin's view over HTTP: `/monitoring/`, its pages, and `/monitoring/metrics`."""

import hashlib
import re
from pathlib import Path

import msgspec
from flask import Blueprint, Response, abort, g, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from monitoring import clock
from monitoring.logs import log
from monitoring.store.database import StoreError
from monitoring.web import admin_json, errors, pages
from monitoring.web.access import Access
from monitoring.web.admin_data import WINDOWS, Asked, Sources
from monitoring.web.admin_pages import DRAWN, AdminPages
from monitoring.web.admin_shell import Shell
from monitoring.web.rendered import Rendered

STYLES = tuple(Path(__file__).parents[2] / "static" / name for name in ("daymark.css", "admin.css"))
NEVER_STORED = "no-store"
STYLES_CACHED = "private, max-age=31536000, immutable"
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SERVICE_LENGTH = 64


class Admin:
    """What admins are shown; every answer is read anew and never stored."""

    def __init__(self, sources: Sources, page: pages.Page) -> None:
        text = "".join(path.read_text() for path in STYLES)
        self.stylesheet = f"/monitoring/style.{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"
        self.styles = Rendered(text, "text/css", STYLES_CACHED)
        self.shell = Shell(page, self.stylesheet, sources.services)
        self._sources, self._pages = sources, AdminPages(sources, self.shell)

    def metrics(self) -> Response:
        """Return the specification's JSON."""
        log.debug("Monitoring metrics requested", user_id=g.get("user_id"))
        body = {"success": True, "data": admin_json.document(self._sources, asked("1h"))}
        return _unstored(Response(msgspec.json.encode(body), mimetype="application/json"))

    def section(self, name: str) -> Response:
        """Return one page; 404 where there is none of that name."""
        if name not in DRAWN:
            abort(404, "There is no such page.")
        return _unstored(Response(self._pages.draw(name, asked("24h")), mimetype="text/html"))

    def trace(self, correlation_id: str) -> Response:
        """Return the page of one correlation id; 404 for what can be none."""
        if not _ID.fullmatch(correlation_id):
            abort(404, "A correlation id has 1 to 128 letters, digits, dots, dashes and underscores.")
        return _unstored(Response(self._pages.trace(correlation_id, asked("24h")), mimetype="text/html"))


def blueprint(admin: Admin, access: Access) -> Blueprint:
    """Return the routes, open to admins only."""
    routes = Blueprint("admin", __name__, url_prefix="/monitoring")

    @routes.get("/metrics")
    def metrics() -> Response:
        return admin.metrics()

    @routes.get("/")
    def overview() -> Response:
        return admin.section("overview")

    @routes.get("/<name>")
    def section(name: str) -> Response:
        return admin.section(name)

    @routes.get("/requests/<correlation_id>")
    def trace(correlation_id: str) -> Response:
        return admin.trace(correlation_id)

    @routes.get("/style.<version>.css")
    def stylesheet(version: str) -> Response:  # noqa: ARG001 - any version gets the one there is
        return admin.styles.respond(request)

    for kind in StoreError:
        routes.register_error_handler(kind, _away)
    return access.protect(routes)


def _away(error: Exception) -> Response | HTTPException:
    """Answer that the store cannot be read; why is in the log."""
    log.error("Failed to retrieve monitoring metrics", error=str(error))
    return errors.answer(ServiceUnavailable())


def asked(usual: str) -> Asked:
    """Return what the query asks for; 400 for a window or a service that cannot be."""
    window = WINDOWS.get(request.args.get("window", usual))
    service = request.args.get("service") or None
    if window is None:
        abort(400, f"window must be one of {', '.join(WINDOWS)}.")
    if service is not None and len(service) > _SERVICE_LENGTH:
        abort(400, f"service must have at most {_SERVICE_LENGTH} characters.")
    return Asked(window, service, clock.now())


def _unstored(response: Response) -> Response:
    response.headers["Cache-Control"] = NEVER_STORED
    return response

"""The admin's page of one heartbeat: its last calls, and what the job sent with them."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort

from monitoring.health.checks.heartbeat import HeartbeatSettings
from monitoring.store import heartbeats
from monitoring.store.database import Database
from monitoring.web import admin, away
from monitoring.web.access import Access
from monitoring.web.admin_shell import Shell


class AdminHeartbeats:
    """Draws the pages of `checks`; any of StoreError."""

    def __init__(self, database: Database, shell: Shell, checks: Iterable[HeartbeatSettings]) -> None:
        self._database, self._shell = database, shell
        self._titles = {check.name: check.title for check in checks}

    def page(self, check: str) -> Response:
        """Return the page of one check; 404 where there is no heartbeat of that name."""
        if check not in self._titles:
            abort(404, "There is no such heartbeat.")
        with self._database.read() as connection:
            calls = heartbeats.log(connection, check)
        values = {"check": check, "calls": calls, "most": heartbeats.KEPT}
        return self._shell.answer("admin/heartbeat.html", self._titles[check], admin.asked("24h"), values, "checks")


def blueprint(page: AdminHeartbeats, access: Access) -> Blueprint:
    """Return the route, open to admins only."""
    routes = Blueprint("admin_heartbeats", __name__, url_prefix="/monitoring/heartbeats")

    @routes.get("/<check>")
    def show(check: str) -> Response:
        return page.page(check)

    return away.tell(access.protect(routes))

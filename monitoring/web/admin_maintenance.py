"""The admin's page of planned work, and what is done there, by form or by JSON."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, abort, g

from monitoring import clock, maintenance
from monitoring.clock import DAY_SECONDS, iso
from monitoring.maintenance import Maintenance, Plan, Window
from monitoring.settings import Duration
from monitoring.settings.checks import CheckSettings
from monitoring.store import maintenances
from monitoring.store.database import Database
from monitoring.web import away, forms
from monitoring.web.access import Access
from monitoring.web.admin import asked
from monitoring.web.admin_incidents import refuse
from monitoring.web.admin_shell import Shell
from monitoring.web.auditing import KeepAudit, audit
from monitoring.web.forms import NOTHING_REFUSED, Fields, Forms, Refused, show_again

PAGE = "/monitoring/maintenance"
BEHIND_SECONDS, AHEAD_SECONDS = 30 * DAY_SECONDS, 90 * DAY_SECONDS
MOST_OVER = 50
LABELS = {
    "body": "What is done",
    "checks": "What is worked on",
    "groups": "What is worked on",
    "lasting": "Lasts",
    "rrule": "Again",
    "starts_at": "Begins",
    "timezone": "Time zone",
    "title": "Title",
}


class AdminMaintenance:
    """Shows planned work and takes new plans. `checks` returns the settings of the checks there are."""

    def __init__(
        self,
        database: Database,
        checks: Callable[[], Sequence[CheckSettings]],
        shell: Shell,
        forms: Forms,
        keep_audit: KeepAudit | None = None,
    ) -> None:
        self._database, self._checks, self._shell, self._forms = database, checks, shell, forms
        self._keep_audit = keep_audit

    def page(self, refused: Refused = NOTHING_REFUSED) -> Response:
        """Return the page: a form, what is in progress or planned, and what is over."""
        now, settings = clock.now(), self._checks()
        with self._database.read() as connection:
            plans = maintenances.current(connection, now - BEHIND_SECONDS)
        windows = maintenance.windows(plans, now - BEHIND_SECONDS, now + AHEAD_SECONDS)
        values = {
            "coming": _by_plan(each for each in windows if each.ends_at > now),
            "over": [each for each in reversed(windows) if each.ends_at <= now][:MOST_OVER],
            "checks": settings,
            "groups": list(dict.fromkeys(check.group for check in settings)),
            "csrf_token": self._forms.token(g.user_id),
            "refused": refused,
            "labels": LABELS,
        }
        return self._shell.answer("admin/maintenance.html", "Maintenance", asked("24h"), values, "maintenance")

    def plan(self) -> Response:
        """Plan work; 400 naming all that is wrong with it."""
        given, now, settings = forms.fields(), clock.now(), self._checks()
        plan, lasting = _plan(given, now), "ends_at" if given.text("ends_at") else "lasting"
        known = [check.name for check in settings], [check.group for check in settings]
        faults = list(plan.faults(now, *known))
        refuse([(lasting if name == "seconds" else name, expected) for name, expected in faults])
        made = maintenance.planned(plan, g.user_id, now)
        with self._database.write() as connection:
            maintenances.add(connection, made)
        audit(self._keep_audit, "maintenance.planned", g.user_id, {"maintenance": made.id, "title": made.title})
        return forms.done(PAGE, document(made), 201)

    def end(self, maintenance_id: str) -> Response:
        """End work that is in progress, or cancel what is planned; 404 where nothing is left to end."""
        forms.fields()
        now = clock.now()
        with self._database.write() as connection:
            ended = maintenances.end(connection, maintenance_id, now)
            found = maintenances.load(connection, maintenance_id)
        if not ended or found is None:
            abort(404, "There is no such maintenance that is not over.")
        audit(self._keep_audit, "maintenance.ended", g.user_id, {"maintenance": maintenance_id})
        return forms.done(PAGE, document(found))


def _by_plan(windows: Iterable[Window]) -> list[list[Window]]:
    """Return windows by what they are windows of, in order of the first of each."""
    found: dict[str, list[Window]] = {}
    for window in windows:
        found.setdefault(window.maintenance.id, []).append(window)
    return list(found.values())


def document(plan: Maintenance) -> dict[str, Any]:
    """Return planned work as JSON has it: times are RFC 3339, `seconds` is how long each window lasts."""
    return {
        "id": plan.id,
        "title": plan.title,
        "body": plan.body,
        "starts_at": iso(plan.starts_at),
        "seconds": plan.seconds,
        "rrule": plan.rrule,
        "timezone": plan.timezone,
        "checks": list(plan.checks),
        "groups": list(plan.groups),
        "created_at": iso(plan.created_at),
        "created_by": plan.created_by,
        "ended_at": iso(plan.ended_at) if plan.ended_at is not None else None,
    }


def _plan(given: Fields, now: float) -> Plan:
    """Return what is asked for. A time without an offset is one of the time zone; without a time it begins now.

    What is no time or no duration becomes not-a-number, which is a fault of the plan.
    """
    timezone = given.text("timezone") or "UTC"
    start = given.text("starts_at")
    starts_at = _moment(start, timezone) if start else now
    end = given.text("ends_at")
    return Plan(
        title=given.text("title") or "",
        body=given.text("body") or "",
        starts_at=starts_at,
        seconds=_moment(end, timezone) - starts_at if end else _lasting(given.text("lasting") or ""),
        rrule=given.text("rrule"),
        timezone=timezone,
        checks=tuple(given.texts("checks")),
        groups=tuple(given.texts("groups")),
    )


def _lasting(text: str) -> float:
    try:
        return float(Duration.parse(text))
    except ValueError:
        return math.nan


def _moment(text: str, timezone: str) -> float:
    try:
        return maintenance.moment(text, timezone)
    except (ValueError, KeyError, OSError, OverflowError):
        return math.nan


def blueprint(admin: AdminMaintenance, access: Access, forms: Forms) -> Blueprint:
    """Return the routes, open to admins only; what changes something needs a form of our own, or a bearer token."""
    routes = Blueprint("admin_maintenance", __name__, url_prefix=PAGE)

    @routes.get("")
    def page() -> Response:
        return admin.page()

    @routes.post("")
    def plan() -> Response:
        forms.require()
        return admin.plan()

    @routes.post("/<maintenance_id>/end")
    def end(maintenance_id: str) -> Response:
        forms.require()
        return admin.end(maintenance_id)

    return access.protect(away.tell(show_again(routes, admin.page, LABELS)))

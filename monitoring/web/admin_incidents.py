"""The admin's page of incidents, and what is done there, by form or by JSON."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from flask import Blueprint, Response, abort, g

from monitoring import clock, incidents
from monitoring.clock import iso
from monitoring.incidents import Draft, Said
from monitoring.settings.checks import CheckSettings
from monitoring.store import incidents as stored
from monitoring.store.database import Database
from monitoring.store.incidents import Impact, Incident, Stage
from monitoring.web import away, forms
from monitoring.web.access import Access
from monitoring.web.admin import asked
from monitoring.web.admin_shell import Shell
from monitoring.web.auditing import KeepAudit, audit
from monitoring.web.forms import NOTHING_REFUSED, Fields, Forms, Refused, show_again

PAGE = "/monitoring/incidents"
MOST = 50
LABELS = {
    "body": "What is known",
    "checks": "What it is about",
    "impact": "Impact",
    "postmortem_url": "Where the full story is told",
    "stage": "Stage",
    "title": "Title",
}
T = TypeVar("T", Stage, Impact)


class AdminIncidents:
    """Shows incidents and takes what people say of them. `checks` returns the settings of those there are."""

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
        """Return the page: those that are open with a form each, and the newest that are over."""
        with self._database.read() as connection:
            found = stored.between(connection, 0, math.inf, MOST)
        values = {
            "open": [each for each in found if each.stage is not Stage.RESOLVED],
            "over": [each for each in found if each.stage is Stage.RESOLVED],
            "most": MOST,
            "checks": [check for check in self._checks() if check.public],
            "stages": list(Stage),
            "impacts": list(Impact),
            "csrf_token": self._forms.token(g.user_id),
            "refused": refused,
            "labels": LABELS,
        }
        return self._shell.answer("admin/incidents.html", "Incidents", asked("24h"), values, "incidents")

    def open(self) -> Response:
        """Open an incident; 400 naming all that is wrong with it."""
        given = forms.fields()
        draft = Draft(
            title=given.text("title") or "",
            body=given.text("body") or "",
            stage=_one_of(Stage, given, "stage") or Stage.INVESTIGATING,
            impact=_one_of(Impact, given, "impact") or Impact.MINOR,
            checks=tuple(given.texts("checks")),
        )
        self._refuse(draft.faults(), draft.checks)
        with self._database.write() as connection:
            made = incidents.open_by_hand(connection, draft, g.user_id, clock.now())
        audit(self._keep_audit, "incident.opened", g.user_id, {"incident": made.id, "title": made.title})
        return forms.done(PAGE, document(made), 201)

    def say(self, incident_id: str) -> Response:
        """Say more about an incident; 400 naming all that is wrong with it, 404 where there is none."""
        given = forms.fields()
        said = Said(
            body=given.text("body") or "",
            stage=_one_of(Stage, given, "stage"),
            impact=_one_of(Impact, given, "impact"),
            title=given.text("title"),
            checks=tuple(given.texts("checks")) or None,
            postmortem_url=given.written("postmortem_url"),
        )
        self._refuse(said.faults(), said.checks or ())
        with self._database.write() as connection:
            found = incidents.say(connection, incident_id, said, g.user_id, clock.now())
        if found is None:
            abort(404, "There is no such incident.")
        audit(self._keep_audit, "incident.updated", g.user_id, {"incident": found.id, "stage": found.stage})
        return forms.done(PAGE, document(found))

    def _refuse(self, faults: Iterable[tuple[str, str]], checks: Collection[str]) -> None:
        public = [check.name for check in self._checks() if check.public]
        unknown = [("checks", "names of public checks") for name in checks if name not in public]
        refuse([*faults, *unknown[:1]])


def refuse(faults: Sequence[tuple[str, str]]) -> None:
    """Answer 400 with every fault (field, what was expected), if there is one."""
    if faults:
        abort(400, "; ".join(f"{name} must be {expected}" for name, expected in faults) + ".")


def document(incident: Incident) -> dict[str, Any]:
    """Return an incident as JSON has it: times are RFC 3339."""
    return {name: _as_json(name, value) for name, value in msgspec.structs.asdict(incident).items()}


def _as_json(name: str, value: Any) -> Any:
    if isinstance(value, tuple):
        return [{key: _as_json(key, each) for key, each in msgspec.structs.asdict(one).items()} for one in value]
    return iso(value) if isinstance(value, float) and name.endswith("at") else value


def _one_of(kind: type[T], given: Fields, name: str) -> T | None:
    text = given.text(name)
    try:
        return kind(text) if text else None
    except ValueError:
        abort(400, f"{name} must be one of {', '.join(kind)}.")


def blueprint(admin: AdminIncidents, access: Access, forms: Forms) -> Blueprint:
    """Return the routes, open to admins only; what changes something needs a form of our own, or a bearer token."""
    routes = Blueprint("admin_incidents", __name__, url_prefix=PAGE)

    @routes.get("")
    def page() -> Response:
        return admin.page()

    @routes.post("")
    def open_incident() -> Response:
        forms.require()
        return admin.open()

    @routes.post("/<incident_id>")
    def say(incident_id: str) -> Response:
        forms.require()
        return admin.say(incident_id)

    return access.protect(away.tell(show_again(routes, admin.page, LABELS)))

"""The public page of one incident over HTTP: `/incidents/<incident_id>`."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import msgspec
from flask import Blueprint, Response, abort, request

from monitoring.overview.views import Overview
from monitoring.store.incidents import Incident
from monitoring.web import pages, wording
from monitoring.web.archive import published_incidents
from monitoring.web.fresh import Fresh
from monitoring.web.rendered import Shelf
from monitoring.web.verdict import public_checks, verdict

SOURCES_KEPT = 256
_ID = re.compile(r"[a-z0-9]{12}")


class Source(msgspec.Struct, frozen=True):
    """What one page is drawn from; `found` is None where there is no such incident."""

    overview: Overview
    found: Incident | None


class IncidentPages:
    """Draws the pages. Incidents of late are in the overview; older ones are read by `load`, which may raise where
    the store is away. `stylesheet` is the address of the style sheet.
    """

    def __init__(
        self,
        page: pages.Page,
        overview: Callable[[], Overview],
        load: Callable[[str], Incident | None],
        stylesheet: str,
    ) -> None:
        self._page, self._overview, self._load, self._stylesheet = page, overview, load, stylesheet
        self._shelf = Shelf()
        self._sources: OrderedDict[str, Fresh[Source | None]] = OrderedDict()
        self._lock = threading.Lock()

    def show(self, incident_id: str) -> Response:
        """Return the page of one incident; 404 where there is none, 503 where that could not be read yet."""
        if not _ID.fullmatch(incident_id):
            abort(404, "There is no such incident.")
        overview = self._overview()
        recent = next((each for each in overview.incidents if each.id == incident_id), None)
        if recent is not None:
            return self._respond(recent, overview, overview)
        source = self._fresh(incident_id).get()
        if source is None:
            abort(503, "The incident cannot be read at the moment.")
        if source.found is None:
            abort(404, "There is no such incident.")
        return self._respond(source.found, source.overview, source)

    def _respond(self, incident: Incident, overview: Overview, source: object) -> Response:
        told = published_incidents((incident,), public_checks(overview))
        if not told:
            abort(404, "There is no such incident.")
        render = partial(render_incident, told[0], overview, self._page, stylesheet=self._stylesheet)
        return self._shelf.page(incident.id, source, render).respond(request)

    def _fresh(self, incident_id: str) -> Fresh[Source | None]:
        with self._lock:
            fresh = self._sources.setdefault(
                incident_id, Fresh(partial(self._read, incident_id), self._aged, empty=None)
            )
            self._sources.move_to_end(incident_id)
            while len(self._sources) > SOURCES_KEPT:
                self._sources.popitem(last=False)
            return fresh

    def _read(self, incident_id: str, last: Source | None) -> Source:
        overview = self._overview()
        if last is not None and last.overview is overview:
            return last
        return Source(overview, self._load(incident_id))

    def _aged(self, last: Source | None) -> Source | None:
        """Return what was read last under the overview of now, which knows how old it is."""
        overview = self._overview()
        return last if last is None or last.overview is overview else Source(overview, last.found)


def render_incident(incident: Incident, overview: Overview, page: pages.Page, *, stylesheet: str) -> str:
    """Return the page of one published incident; `stylesheet` is the address of the style sheet."""
    return (
        pages.templates()
        .get_template("incident.html")
        .render(
            incident=incident,
            titles=titles(overview),
            overview=overview,
            page=page,
            stylesheet=stylesheet,
            verdict=verdict(overview),
            until=max(wording.present(overview), incident.updated_at),
        )
    )


def titles(overview: Overview) -> dict[str, str]:
    """Return the titles of the public checks by name: no other check of an incident is named to strangers."""
    return {check.settings.name: check.settings.title for check in public_checks(overview)}


def blueprint(incident_pages: IncidentPages) -> Blueprint:
    """Return the route of the pages."""
    routes = Blueprint("incidents", __name__)

    @routes.get("/incidents/<incident_id>")
    def incident(incident_id: str) -> Response:
        return incident_pages.show(incident_id)

    return routes

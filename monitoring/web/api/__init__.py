"""`/api/v2/…`: the public status API of Atlassian Statuspage, so that what was made for it can read Daymark."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec
from flask import Blueprint, Response, request

from monitoring.maintenance.letters import derived_id
from monitoring.overview.views import Overview
from monitoring.web.addresses import Named, base_of
from monitoring.web.api.documents import Document, Documents
from monitoring.web.api.maintenances import windows_about
from monitoring.web.archive import Archive, Told
from monitoring.web.cors import open_to_all
from monitoring.web.rendered import Shelf

PREFIX = "/api/v2"


class Page(Named, Protocol):
    """What the answers say of the page: the `[page]` table of the settings."""

    @property
    def title(self) -> str:
        """Return the name of the page."""


class Api:
    """Answers from memory: each document is encoded once for each overview."""

    def __init__(self, page: Page, overview: Callable[[], Overview], archive: Archive) -> None:
        self._page, self._overview, self._archive = page, overview, archive
        self._id = derived_id(f"page/{page.url or page.title}")
        self._shelf = Shelf("application/json")

    def current(self, draw: Callable[[Documents], Document]) -> Response:
        """Answer with a document for which the overview is enough."""
        overview, base = self._overview(), base_of(self._page, request)
        render = partial(self._encoded, draw, overview, base)
        return self._shelf.page(request.path + base, overview, render).respond(request)

    def recorded(self, draw: Callable[[Documents, Told], Document]) -> Response:
        """Answer with a document that goes further back; 503 where that could not be read yet."""
        told, base = self._archive.told(), base_of(self._page, request)
        render = partial(self._encoded, lambda documents: draw(documents, told), told.overview, base)
        return self._shelf.page(request.path + base, told, render).respond(request)

    def _encoded(self, draw: Callable[[Documents], Document], overview: Overview, base: str) -> str:
        documents = Documents(overview, self._page.title, base, self._id)
        return msgspec.json.encode(draw(documents)).decode()


_CURRENT: dict[str, Callable[[Documents], Document]] = {
    "/summary.json": Documents.summary,
    "/status.json": Documents.status,
    "/components.json": Documents.components,
    "/incidents/unresolved.json": Documents.unresolved,
    "/scheduled-maintenances/upcoming.json": Documents.upcoming,
    "/scheduled-maintenances/active.json": Documents.active,
}
_RECORDED: dict[str, Callable[[Documents, Told], Document]] = {
    "/incidents.json": lambda documents, told: documents.incidents(told.record.incidents),
    "/scheduled-maintenances.json": lambda documents, told: documents.maintenances(
        windows_about(told.record.maintenances, told.overview.judged_at)
    ),
}


def blueprint(api: Api) -> Blueprint:
    """Return the routes, open to scripts of any site."""
    routes = Blueprint("api", __name__, url_prefix=PREFIX)
    for path, draw in _CURRENT.items():
        routes.add_url_rule(path, _endpoint(path), partial(api.current, draw))
    for path, draw_from in _RECORDED.items():
        routes.add_url_rule(path, _endpoint(path), partial(api.recorded, draw_from))
    return open_to_all(routes)


def _endpoint(path: str) -> str:
    return path.removesuffix(".json").strip("/").replace("/", "_").replace("-", "_")

"""The public pages over HTTP: `/`, `/status/<check>` and `/history`."""

import hashlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
from flask import Blueprint, Response, abort, request
from msgspec.structs import replace

from monitoring import clock
from monitoring.overview.months import this_month
from monitoring.overview.views import CheckView, History, Month, Overview
from monitoring.web import pages
from monitoring.web.fresh import Fresh
from monitoring.web.rendered import FOR_GOOD, Rendered, Shelf

STYLES = Path(__file__).parents[2] / "static" / "daymark.css"
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


class Source(msgspec.Struct, frozen=True):
    """What one page is drawn from; a page is rendered anew when this is another object.

    `found` is None where there is nothing to show.
    """

    overview: Overview
    found: History | Month | None


class StatusPage:
    """What the pages are drawn from.

    `overview` returns the overview; `history(view, now)` and `month(name)` read what the pages of one check and of
    one month add, and may raise where the store is away.
    """

    def __init__(
        self,
        page: pages.Page,
        overview: Callable[[], Overview],
        history: Callable[[CheckView, float], History],
        month: Callable[[str], Month | None],
    ) -> None:
        self._page, self._overview, self._history, self._month = page, overview, history, month
        self.stylesheet = stylesheet()
        self._shelf = Shelf()
        self._sources: dict[str, Fresh[Source | None]] = {}

    def front(self) -> Response:
        """Return the front page."""
        overview = self._overview()
        render = partial(pages.render_front, overview, self._page, stylesheet=self.stylesheet)
        return self._shelf.page("/", overview, render).respond(request)

    def check(self, name: str) -> Response:
        """Return the page of one public check; 404 for any other name."""
        view = _public(self._overview(), name)
        if view is None:
            abort(404, "There is no such check.")
        source = self._source(f"/status/{name}", partial(self._check_source, name))
        return self._shelf.page(f"/status/{name}", source, partial(self._render_check, source)).respond(request)

    def month(self, name: str) -> Response:
        """Return the page of one month; 404 where nobody can have looked."""
        if not _MONTH.fullmatch(name) or abs(int(name[:4]) - clock.utc(clock.now()).year) > 3:
            abort(404, "A month is written like 2026-11.")
        source = self._source(f"/history/{name}", partial(self._month_source, name))
        return self._shelf.page(f"/history/{name}", source, partial(self._render_month, source)).respond(request)

    def _source(self, path: str, make: Callable[[Source | None], Source | None]) -> Source:
        """Return what a page is drawn from; 404 where there is nothing, 503 where it could not be read yet."""
        if path not in self._sources:  # bounded: the names of checks, and the months of seven years
            self._sources.setdefault(path, Fresh(make, self._aged, empty=None))
        source = self._sources[path].get()
        if source is None:
            abort(503, "The history cannot be read at the moment.")
        if source.found is None:
            abort(404, "There is nothing to show here.")
        return source

    def _check_source(self, name: str, last: Source | None) -> Source:
        overview = self._overview()
        if last is not None and last.overview is overview:
            return last
        view = _public(overview, name)
        return Source(overview, None if view is None else self._history(view, overview.judged_at))

    def _month_source(self, name: str, last: Source | None) -> Source:
        overview = self._overview()
        if last is not None and last.overview is overview:
            return last
        return Source(overview, self._month(name))

    def _aged(self, last: Source | None) -> Source | None:
        """Return what was read last under the overview of now, which knows how old it is."""
        overview = self._overview()
        if last is None or last.overview is overview:
            return last
        found = last.found
        if isinstance(found, History):
            found = replace(found, check=_public(overview, found.check.settings.name) or found.check)
        return Source(overview, found)

    def _render_check(self, source: Source) -> str:
        assert isinstance(source.found, History)  # noqa: S101 - as _check_source made it
        return pages.render_check(source.found, source.overview, self._page, stylesheet=self.stylesheet)

    def _render_month(self, source: Source) -> str:
        assert isinstance(source.found, Month)  # noqa: S101 - as _month_source made it
        return pages.render_history(source.found, source.overview, self._page, stylesheet=self.stylesheet)


def _public(overview: Overview, name: str) -> CheckView | None:
    named = (view for view in overview.checks if view.settings.name == name)
    return next((view for view in named if view.settings.public), None)


def stylesheet() -> str:
    """Return the address of the style sheet, which names its content, so that it can be cached for good."""
    return f"/static/daymark.{hashlib.sha256(STYLES.read_bytes()).hexdigest()[:12]}.css"


def blueprint(status_page: StatusPage) -> Blueprint:
    """Return the routes of the public pages and of their style sheet."""
    routes = Blueprint("status_page", __name__)
    styles = Rendered(STYLES.read_text(), "text/css", FOR_GOOD)
    others = Rendered(STYLES.read_text(), "text/css", "no-cache")

    @routes.get("/")
    def front() -> Response:
        return status_page.front()

    @routes.get("/status/<name>")
    def check(name: str) -> Response:
        return status_page.check(name)

    @routes.get("/history")
    def history() -> Response:
        return status_page.month(this_month(clock.now()))

    @routes.get("/history/<name>")
    def month(name: str) -> Response:
        return status_page.month(name)

    @routes.get("/static/daymark.<version>.css")
    def stylesheet_of(version: str) -> Response:  # noqa: ARG001 - any version gets the one there is
        # Another version's is asked for while old and new processes overlap; under its name it must not be kept.
        return (styles if request.path == status_page.stylesheet else others).respond(request)

    return routes

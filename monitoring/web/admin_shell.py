"""What every page of the admin's shares: its head, its sections, and how their addresses keep window and service."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Response
from jinja2 import Environment

from monitoring.web import admin_data, admin_words, pages, plots
from monitoring.web.admin_data import Asked

SECTIONS = {
    "overview": "Overview",
    "requests": "Requests",
    "errors": "Errors",
    "performance": "Performance",
    "costs": "Costs",
    "checks": "Checks",
    "alerts": "Alerts",
    "incidents": "Incidents",
    "maintenance": "Maintenance",
    "system": "System",
}
MEASURED = ("overview", "requests", "errors", "performance", "costs", "system")
"""The sections whose figures are of one service, or of all."""
WINDOWED = ("overview", "requests", "errors", "performance", "system")
"""The sections whose figures are of a window of time."""


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the public pages' environment, except that every text that is printed passes through the redaction."""
    environment = pages.templates().overlay(finalize=admin_words.masked)
    more = {"words": admin_words, "plots": plots, "sections": SECTIONS, "measured": MEASURED, "windowed": WINDOWED}
    environment.globals = {**environment.globals, **more}
    return environment


class Shell:
    """Draws a page around what its section has to say. `services` returns the names of those that measure."""

    def __init__(self, page: pages.Page, stylesheet: str, services: Callable[[], Sequence[str]]) -> None:
        self._page, self._stylesheet, self._services = page, stylesheet, services

    def draw(self, template: str, heading: str, asked: Asked, values: dict[str, Any], section: str = "") -> str:
        """Return a page: `template` fills the block `body`, `section` is one of SECTIONS, empty for none of them."""
        return (
            templates()
            .get_template(template)
            .render(
                page=self._page,
                stylesheet=self._stylesheet,
                asked=asked,
                services=self._services(),
                windows=admin_data.WINDOWS.values(),
                link=Links(asked),
                section=section,
                heading=heading,
                **values,
            )
        )

    def answer(self, template: str, heading: str, asked: Asked, values: dict[str, Any], section: str = "") -> Response:
        """Return what `draw` returns as an answer that nobody keeps."""
        text = self.draw(template, heading, asked, values, section)
        return Response(text, mimetype="text/html", headers={"Cache-Control": "no-store"})


class Links:
    """Addresses of the admin's pages that keep the window and the service."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def to(self, section: str, *, window: str | None = None, service: str | None = "") -> str:
        """Return the address of a section; an empty `service` keeps the one that is shown, None shows all."""
        chosen = self._asked.service if service == "" else service
        query = {"window": window or self._asked.window.name, **({"service": chosen} if chosen else {})}
        return f"/monitoring/{'' if section == 'overview' else section}?{urlencode(query)}"

    @staticmethod
    def trace(correlation_id: str) -> str:
        """Return the address of the page of one correlation id."""
        return f"/monitoring/requests/{correlation_id}"

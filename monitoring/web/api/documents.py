"""The eight documents of Statuspage's public status API, drawn from one overview. Pure."""

from collections.abc import Iterable
from typing import Any

from monitoring.clock import iso
from monitoring.maintenance import Window
from monitoring.maintenance.letters import derived_id
from monitoring.overview.views import Overview
from monitoring.store.incidents import Incident, Stage
from monitoring.web.api.components import components_of, state_of
from monitoring.web.api.incidents import Story, incident_of
from monitoring.web.api.indicator import whole
from monitoring.web.api.maintenances import maintenance_of, status_of
from monitoring.web.archive import concerns, published_incidents
from monitoring.web.verdict import public_checks
from monitoring.web.wording import present

Document = dict[str, Any]


class Documents:
    """The documents of one overview. `name` is the page's title, `base` its public address without a last slash."""

    def __init__(self, overview: Overview, name: str, base: str, page_id: str) -> None:
        self._overview, self._name, self._base, self._page_id = overview, name, base, page_id
        self._public = public_checks(overview)
        self._components = components_of(overview, page_id)
        by_id = {component["id"]: component for component in self._components}
        names = [view.settings.name for view in self._public]
        self._by_check = {name: by_id[derived_id(f"check/{name}")] for name in names}
        listed = published_incidents(overview.incidents, self._public)
        self._unresolved = [each for each in listed if each.stage is not Stage.RESOLVED]
        self._windows = [each for each in overview.windows if concerns(each.maintenance, self._public)]

    def summary(self) -> Document:
        """Return components, unresolved incidents, maintenance in progress and ahead, and the whole."""
        return {
            **self.components(),
            **self.unresolved(),
            **self.maintenances(window for window in self._windows if self._status_of(window) != "completed"),
            **self.status(),
        }

    def status(self) -> Document:
        """Return the whole."""
        states = [component["status"] for component in self._by_check.values()]
        told = whole(self._overview, states, self._unresolved)
        return self._document("status", {"indicator": told.indicator, "description": told.description})

    def components(self) -> Document:
        """Return the components."""
        return self._document("components", self._components)

    def unresolved(self) -> Document:
        """Return the incidents that are not resolved."""
        return self.incidents(self._unresolved)

    def upcoming(self) -> Document:
        """Return the maintenance of the next 14 days."""
        return self.maintenances(each for each in self._windows if self._status_of(each) == "scheduled")

    def active(self) -> Document:
        """Return the maintenance in progress."""
        return self.maintenances(each for each in self._windows if self._status_of(each) == "in_progress")

    def incidents(self, incidents: Iterable[Incident]) -> Document:
        """Return these incidents, which must be those that strangers may read of."""
        return self._document("incidents", [self._incident(each) for each in incidents])

    def maintenances(self, windows: Iterable[Window]) -> Document:
        """Return these windows, which must be those that strangers may read of."""
        return self._document("scheduled_maintenances", [self._maintenance(each) for each in windows])

    def _document(self, key: str, content: Any) -> Document:
        return {"page": self._page(), key: content}

    def _page(self) -> Document:
        """Return what every answer begins with. It was updated with the newest result, or by a person since."""
        people = [each.updated_at for each in self._unresolved]
        people += [each.maintenance.updated_at for each in self._windows]
        return {
            "id": self._page_id,
            "name": self._name,
            "url": self._base,
            "time_zone": "Etc/UTC",
            "updated_at": iso(max([present(self._overview), *people])),
        }

    def _incident(self, incident: Incident) -> Story:
        settings = {view.settings.name: view.settings for view in self._public}
        known = [each for each in incident.checks if each.check in settings]
        worst = {each.check: state_of(each.status, settings[each.check]) for each in known}
        return incident_of(incident, self._by_check, worst, self._page_id, self._base)

    def _maintenance(self, window: Window) -> Story:
        covers = window.maintenance.covers
        views = [view.settings for view in self._public if covers(view.settings.name, view.settings.group)]
        covered = [self._by_check[settings.name] for settings in views]
        return maintenance_of(window, covered, self._page_id, self._base, self._overview.judged_at)

    def _status_of(self, window: Window) -> str:
        return status_of(window, self._overview.judged_at)

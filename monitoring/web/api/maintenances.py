"""Windows of planned work as Statuspage's scheduled maintenances."""

from collections.abc import Iterable, Sequence

from monitoring.clock import iso
from monitoring.maintenance import Maintenance, Window, windows
from monitoring.maintenance.letters import derived_id
from monitoring.web.api.components import Component, State
from monitoring.web.api.incidents import Said, Story, change_of, update_of
from monitoring.web.archive import SECONDS

MOST = 50
_BEGUN, _OVER = "The maintenance has begun.", "The maintenance is over."


def status_of(window: Window, now: float) -> str:
    """Return how far it is at `now` (Unix seconds); `verifying` is something that Daymark does not know."""
    if window.holds(now):
        return "in_progress"
    return "scheduled" if now < window.starts_at else "completed"


def windows_about(maintenances: Iterable[Maintenance], now: float) -> list[Window]:
    """Return the windows of 90 days either way, the latest first; of more than 50 those nearest to `now`."""
    near = sorted(windows(maintenances, now - SECONDS, now + SECONDS), key=lambda each: abs(each.starts_at - now))
    return sorted(near[:MOST], key=lambda each: (-each.starts_at, each.id))


def maintenance_of(window: Window, covered: Sequence[Component], page_id: str, base: str, now: float) -> Story:
    """Return one window; `covered` are the components that are worked on, `base` is the public address."""
    planned = window.maintenance
    moments = (window.starts_at, window.ends_at)
    return {
        "id": window.id,
        "name": planned.title,
        "status": status_of(window, now),
        "created_at": iso(planned.created_at),
        "updated_at": iso(max(planned.updated_at, *(at for at in moments if at <= now), planned.created_at)),
        "monitoring_at": None,
        "resolved_at": iso(window.ends_at) if window.ends_at <= now else None,
        "impact": "maintenance",
        "shortlink": f"{base}/",
        "started_at": iso(window.starts_at),
        "page_id": page_id,
        "incident_updates": _updates(window, covered, now),
        "components": list(covered),
        "scheduled_for": iso(window.starts_at),
        "scheduled_until": iso(window.ends_at),
        "reminder_intervals": None,
    }


def _updates(window: Window, covered: Sequence[Component], now: float) -> list[Story]:
    """Return what has been said of it so far, newest first; the announcement always has been."""
    planned, well, worked_on = window.maintenance, State.OPERATIONAL, State.UNDER_MAINTENANCE
    steps = [("scheduled", planned.created_at, planned.body or planned.title, well, well)]
    if window.starts_at <= now:
        steps.append(("in_progress", window.starts_at, _BEGUN, well, worked_on))
    if window.ends_at <= now:
        steps.append(("completed", window.ends_at, _OVER, worked_on, well))
    told = []
    for status, at, body, old, new in steps:
        changes = [change_of(component, old, new) for component in covered]
        told.append(update_of(window.id, Said(derived_id(f"{status}/{window.id}"), status, body, at), changes))
    return told[::-1]

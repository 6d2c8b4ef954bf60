"""Checks and their groups as Statuspage's components."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from monitoring.clock import day_of, day_start, iso
from monitoring.maintenance.letters import derived_id
from monitoring.overview.views import CheckView, Overview
from monitoring.settings.checks import CheckSettings
from monitoring.status import Status
from monitoring.web.verdict import public_checks
from monitoring.web.wording import present

Component = dict[str, Any]


class State(StrEnum):
    """What Statuspage calls the status of a component, the mildest first."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"


_ORDER = list(State)


def worst(states: Iterable[State]) -> State:
    """Return the worst of the states; operational where there is none."""
    return max(states, key=_ORDER.index, default=State.OPERATIONAL)


def state_of(status: Status, settings: CheckSettings) -> State:
    """Return a check's status in Statuspage's words.

    They have none for "nobody has been looking"; the mildest that is not green is the least untrue.
    """
    if status is Status.HEALTHY:
        return State.OPERATIONAL
    if status is Status.UNHEALTHY:
        return State.PARTIAL_OUTAGE if settings.impact == "degraded" else State.MAJOR_OUTAGE
    return State.DEGRADED_PERFORMANCE


def components_of(overview: Overview, page_id: str) -> list[Component]:
    """Return each group of public checks, followed by its members."""
    grouped: dict[str, list[CheckView]] = {}
    for view in public_checks(overview):
        grouped.setdefault(view.settings.group, []).append(view)
    components = []
    for position, (name, views) in enumerate(grouped.items(), start=1):
        group_id = derived_id(f"group/{name}")
        members = [_member(view, place, group_id, page_id, overview) for place, view in enumerate(views, start=1)]
        components += [_group(name, position, group_id, page_id, members), *members]
    return components


def _member(view: CheckView, position: int, group_id: str, page_id: str, overview: Overview) -> Component:
    first = next((span.start for span in view.days if span.observed_seconds > 0), None)
    created_at = day_start(present(overview)) if first is None else first
    settings = view.settings
    return {
        "id": derived_id(f"check/{settings.name}"),
        "name": settings.title,
        "status": State.UNDER_MAINTENANCE if view.in_maintenance else state_of(view.status, settings),
        "created_at": iso(created_at),
        "updated_at": iso(max(created_at, view.since or 0.0, _worked_on_since(view, overview))),
        "position": position,
        "description": settings.description or None,
        "showcase": True,
        "start_date": None if first is None else day_of(first),
        "group_id": group_id,
        "page_id": page_id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(name: str, position: int, group_id: str, page_id: str, members: Sequence[Component]) -> Component:
    return {
        "id": group_id,
        "name": name,
        "status": worst(member["status"] for member in members),
        "created_at": min(member["created_at"] for member in members),
        "updated_at": max(member["updated_at"] for member in members),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page_id,
        "group": True,
        "only_show_if_degraded": False,
        "components": [member["id"] for member in members],
    }


def _worked_on_since(view: CheckView, overview: Overview) -> float:
    """Return when the maintenance that the check is in began (Unix seconds), 0 where it is in none."""
    if not view.in_maintenance:
        return 0.0
    running = (window for window in overview.windows if window.holds(overview.judged_at))
    covering = (w.starts_at for w in running if w.maintenance.covers(view.settings.name, view.settings.group))
    return max(covering, default=0.0)

"""Incidents as Statuspage tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from monitoring.clock import iso
from monitoring.store.incidents import Affected, Incident, Stage, Update
from monitoring.web.api.components import Component, State

Story = dict[str, Any]


class Said(msgspec.Struct, frozen=True):
    """What one update says; `at` is Unix seconds."""

    id: str
    status: str
    body: str
    at: float


def incident_of(
    incident: Incident, components: Mapping[str, Component], worst: Mapping[str, State], page_id: str, base: str
) -> Story:
    """Return one incident.

    `components` are the public checks' by name, `worst` the worst state each had in it; `base` is the public address.
    """
    monitoring_at = max((each.at for each in incident.updates if each.stage is Stage.MONITORING), default=None)
    return {
        "id": incident.id,
        "name": incident.title,
        "status": incident.stage,
        "created_at": iso(incident.created_at),
        "updated_at": iso(incident.updated_at),
        "monitoring_at": None if monitoring_at is None else iso(monitoring_at),
        "resolved_at": None if incident.resolved_at is None else iso(incident.resolved_at),
        "impact": incident.impact,
        "shortlink": f"{base}/incidents/{incident.id}",
        "started_at": iso(incident.started_at),
        "page_id": page_id,
        "incident_updates": _updates(incident, components, worst),
        "components": [components[each.check] for each in incident.checks if each.check in components],
        "reminder_intervals": None,
    }


def update_of(story_id: str, said: Said, changes: Sequence[Story]) -> Story:
    """Return one update of the incident or the maintenance `story_id`; `changes` is how it changed the components."""
    said_at = iso(said.at)
    return {
        "id": said.id,
        "status": said.status,
        "body": said.body,
        "incident_id": story_id,
        "created_at": said_at,
        "updated_at": said_at,
        "display_at": said_at,
        "affected_components": list(changes),
        "deliver_notifications": False,
        "custom_tweet": None,
        "tweet_id": None,
    }


def change_of(component: Component, old: State, new: State) -> Story:
    """Return how one update changed one component."""
    return {"code": component["id"], "name": component["name"], "old_status": old, "new_status": new}


def _updates(incident: Incident, components: Mapping[str, Component], worst: Mapping[str, State]) -> list[Story]:
    """Return the updates, newest first; what each changed follows from the one before it."""
    known = [each for each in incident.checks if each.check in components]
    states: dict[str, State] = {}
    told = []
    for update in reversed(incident.updates):
        changes = []
        for affected in known:
            if (affected.began_at or 0.0) <= update.at:
                old = states.get(affected.check, State.OPERATIONAL)
                new = states[affected.check] = _at(update, affected, worst[affected.check])
                changes.append(change_of(components[affected.check], old, new))
        told.append(update_of(incident.id, Said(update.id, update.stage, update.body, update.at), changes))
    return told[::-1]


def _at(update: Update, affected: Affected, worst: State) -> State:
    over = affected.ended_at is not None and affected.ended_at <= update.at
    return State.OPERATIONAL if over or update.stage is Stage.RESOLVED else worst

"""What clients made for Atlassian Statuspage's public status API read, and stumble over where it is not there.

Gathered from: the API's own page (https://confluence.status.atlassian.com/api), the exporters
mcarvin8/statuspage-prometheus-exporter 2.6.0 (Python) and sergeyshevch/statuspage-exporter (Go), arez's
`StatusPage` (Python), the typed results of npm's statuspage.io 3.1.1, Statuspage's own error pages, which read
`scheduled-maintenances/active.json` and `status.json`.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Moment = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Id = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]{12}$")]
State = Literal["operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"]


class Page(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    name: str
    url: str
    time_zone: str
    updated_at: Moment


class Status(msgspec.Struct, forbid_unknown_fields=True):
    indicator: Literal["none", "minor", "major", "critical", "maintenance"]
    description: str


class Component(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    name: str
    status: State
    created_at: Moment
    updated_at: Moment
    position: int
    description: str | None
    showcase: bool
    start_date: str | None
    group_id: str | None
    page_id: Id
    group: bool
    only_show_if_degraded: bool
    components: list[Id] = msgspec.field(default_factory=list)


class Change(msgspec.Struct, forbid_unknown_fields=True):
    code: Id
    name: str
    old_status: State
    new_status: State


class Update(msgspec.Struct, forbid_unknown_fields=True):
    id: Id
    status: Literal[
        "investigating", "identified", "monitoring", "resolved", "scheduled", "in_progress", "verifying", "completed"
    ]
    body: str
    incident_id: Id
    created_at: Moment
    updated_at: Moment
    display_at: Moment
    affected_components: list[Change]
    deliver_notifications: bool
    custom_tweet: None
    tweet_id: None


class _Story(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: Id
    name: str
    created_at: Moment
    updated_at: Moment
    monitoring_at: Moment | None
    resolved_at: Moment | None
    shortlink: str
    started_at: Moment
    page_id: Id
    incident_updates: Annotated[list[Update], msgspec.Meta(min_length=1)]
    """Clients read the first without looking whether there is one."""
    components: list[Component]
    reminder_intervals: None


class Incident(_Story, kw_only=True):
    status: Literal["investigating", "identified", "monitoring", "resolved"]
    impact: Literal["none", "minor", "major", "critical"]


class ScheduledMaintenance(_Story, kw_only=True):
    status: Literal["scheduled", "in_progress", "verifying", "completed"]
    impact: Literal["maintenance"]
    scheduled_for: Moment
    scheduled_until: Moment


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """Any of the eight documents; what a document does not have is UNSET."""

    page: Page
    status: Status | msgspec.UnsetType = msgspec.UNSET
    components: list[Component] | msgspec.UnsetType = msgspec.UNSET
    incidents: list[Incident] | msgspec.UnsetType = msgspec.UNSET
    scheduled_maintenances: list[ScheduledMaintenance] | msgspec.UnsetType = msgspec.UNSET


def read(body: bytes) -> Answer:
    """Read an answer as the strictest client would; msgspec.ValidationError names the field that is wrong."""
    return msgspec.json.decode(body, type=Answer)


def arez_moment(stamp: str) -> datetime:
    """Read a time as arez does, which counts letters from its end."""
    return datetime.strptime(stamp[:-3] + stamp[-2:], "%Y-%m-%dT%H:%M:%S.%f%z")


def exporter_view(summary: dict[str, Any]) -> dict[str, Any]:
    """Say what the exporters would of a summary: what is not operational, active incidents, active maintenance."""
    over = {"resolved", "completed", "postmortem", "cancelled"}

    def active(stories: list[dict[str, Any]]) -> list[str]:
        return [each["id"] for each in stories if each["status"] not in over and not each["resolved_at"]]

    return {
        "up": summary["status"]["indicator"] == "none",
        "broken": [each["name"] for each in summary["components"] if each["status"].lower() != "operational"],
        "incidents": active(summary["incidents"]),
        "maintenances": active(summary["scheduled_maintenances"]),
    }

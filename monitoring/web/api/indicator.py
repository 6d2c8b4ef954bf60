"""The whole in Statuspage's words: one indicator, one sentence."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from monitoring.health.aggregate import whole_of
from monitoring.overview.views import Overview
from monitoring.status import Status
from monitoring.store.incidents import Impact, Incident
from monitoring.web.api.components import State
from monitoring.web.verdict import verdict


class Indicator(StrEnum):
    """How bad the whole is, the mildest first."""

    NONE = "none"
    MAINTENANCE = "maintenance"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


_ORDER = list(Indicator)
_OF_IMPACT = {impact: Indicator(impact.value) for impact in Impact}
_OF_UNLISTED = {Status.UNHEALTHY: Indicator.MAJOR, Status.DEGRADED: Indicator.MINOR}
_SENTENCES = {
    Indicator.NONE: "All Systems Operational",
    Indicator.MAINTENANCE: "Service Under Maintenance",
    Indicator.MINOR: "Minor Service Outage",
    Indicator.MAJOR: "Partial System Outage",
    Indicator.CRITICAL: "Major System Outage",
}


class Whole(msgspec.Struct, frozen=True):
    """The whole: `status` of every answer that has one."""

    indicator: Indicator
    description: str


def blended(states: Sequence[State]) -> Whole:
    """Return the whole of the components' states as Statuspage blends them.

    https://support.atlassian.com/statuspage/docs/top-level-status-and-incident-impact-calculations/
    """
    every = set(states)
    if every == {State.MAJOR_OUTAGE}:
        return _whole(Indicator.CRITICAL)
    if State.MAJOR_OUTAGE in every or every == {State.PARTIAL_OUTAGE}:
        return _whole(Indicator.MAJOR)
    if State.PARTIAL_OUTAGE in every:
        return _whole(Indicator.MINOR)
    if State.DEGRADED_PERFORMANCE in every:
        alone = len(every) == 1 and len(states) > 1
        return Whole(Indicator.MINOR, "Degraded System Service" if alone else "Partially Degraded Service")
    return _whole(Indicator.MAINTENANCE if State.UNDER_MAINTENANCE in every else Indicator.NONE)


def whole(overview: Overview, states: Sequence[State], incidents: Iterable[Incident]) -> Whole:
    """Return the whole of the listed components, of unresolved incidents, and of checks that are not listed.

    Where something is unknown, or not listed, Statuspage's sentences would say too much: the verdict is said instead.
    """
    hidden = [view for view in overview.checks if not view.settings.public and not view.in_maintenance]
    unlisted = _OF_UNLISTED.get(whole_of((view.settings, view.status) for view in hidden), Indicator.NONE)
    listed = blended(states)
    told = [listed, *(_whole(_OF_IMPACT[incident.impact]) for incident in incidents), _whole(unlisted)]
    worst = max(told, key=lambda each: _ORDER.index(each.indicator))
    looked_at = [view.status is not Status.UNKNOWN or view.in_maintenance for view in overview.checks]
    unknown = not overview.checks or not all(looked_at)
    if unknown or _ORDER.index(unlisted) > _ORDER.index(listed.indicator):
        return Whole(worst.indicator if overview.checks else Indicator.MINOR, verdict(overview).sentence)
    return worst


def _whole(indicator: Indicator) -> Whole:
    return Whole(indicator, _SENTENCES[indicator])

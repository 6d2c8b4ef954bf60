"""What many checks come to together. Pure."""

from collections.abc import Iterable

from monitoring.settings.checks import CheckSettings
from monitoring.status import Status, worst_of


def whole_of(states: Iterable[tuple[CheckSettings, Status]]) -> Status:
    """Return the worst of the known states, none worse than its check's `impact`; unknown when none is known."""
    return worst_of(_weighed(settings, status) for settings, status in states)


def _weighed(settings: CheckSettings, status: Status) -> Status:
    if status is Status.UNHEALTHY and settings.impact == "degraded":
        return Status.DEGRADED
    return status

"""Results and settings for tests, with only what matters said."""

from typing import Any

from monitoring.settings import CheckSettings, Duration
from monitoring.status import Cause, Result, Status

HEALTHY, DEGRADED, UNHEALTHY, UNKNOWN = Status.HEALTHY, Status.DEGRADED, Status.UNHEALTHY, Status.UNKNOWN
NOON = 1_790_000_000 // 86400 * 86400 + 43_200.0
"""Some day at noon, UTC."""


def settings(name: str = "api", **fields: Any) -> CheckSettings:
    """Return the settings of a check that is asked each minute."""
    durations = {
        key: Duration(value) for key, value in fields.items() if key in ("interval", "timeout", "retry_interval")
    }
    return CheckSettings(**{"name": name, "type": "http", **fields, **durations})


def result(status: Status, at: float, check: str = "api", **fields: Any) -> Result:
    """Return a result that took 0.1 s."""
    cause = None if status in (HEALTHY, UNKNOWN) else Cause.REFUSED
    given = {"response_seconds": 0.1, "cause": cause, **fields}
    return Result(check=check, status=status, scheduled_at=at, finished_at=at + 0.1, **given)

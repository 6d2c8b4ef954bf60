"""An operation that took longer than it may."""

from typing import Any

import msgspec


class SlowOperation(msgspec.Struct, frozen=True):
    """What is kept of it: durations are seconds, `at` is Unix seconds at its end, `details` have no secret."""

    name: str
    seconds: float
    threshold_seconds: float
    at: float
    correlation_id: str | None
    details: dict[str, Any]

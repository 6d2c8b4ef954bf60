"""The words every floor uses: what a check can be, why it failed, and what one probe yields."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import msgspec


class Status(StrEnum):
    """What a check, or the whole, is; `unknown` only where nobody has been looking."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"

    @property
    def severity(self) -> int:
        """Return 0 for healthy, 1 degraded, 2 unhealthy; unknown is -1, since it blames nobody."""
        return _SEVERITY[self]


_SEVERITY = {Status.UNKNOWN: -1, Status.HEALTHY: 0, Status.DEGRADED: 1, Status.UNHEALTHY: 2}


class Cause(StrEnum):
    """Why a probe failed, in words that strangers may read."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    DNS = "dns"
    TLS = "tls"
    STATUS = "status"
    CONTENT = "content"
    AUTH = "auth"
    UNKNOWN = "unknown"


CAUSE_WORDS = {
    Cause.TIMEOUT: "no answer in time",
    Cause.REFUSED: "connection refused",
    Cause.DNS: "name not resolved",
    Cause.TLS: "certificate or encryption fault",
    Cause.STATUS: "error response",
    Cause.CONTENT: "unexpected answer",
    Cause.AUTH: "access denied",
    Cause.UNKNOWN: "cause unknown",
}


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one probe of one check yielded.

    `scheduled_at` and `finished_at` are Unix seconds; `response_seconds` is None where nothing answered;
    `phases` maps `dns`, `connect`, `tls` and `first_byte` to seconds where they were measured.
    `error` and `details` are for admins only.
    """

    check: str
    status: Status
    scheduled_at: float
    finished_at: float
    response_seconds: float | None = None
    cause: Cause | None = None
    error: str | None = None
    details: dict[str, Any] = msgspec.field(default_factory=dict)
    phases: dict[str, float] = msgspec.field(default_factory=dict)


def worst_of(statuses: Iterable[Status]) -> Status:
    """Return the worst known status; unknown when there is none."""
    return max(statuses, key=lambda status: status.severity, default=Status.UNKNOWN)


def mildest_of(statuses: Iterable[Status]) -> Status:
    """Return the mildest status; unknown when there is none."""
    return min(statuses, key=lambda status: status.severity, default=Status.UNKNOWN)

"""What the store has under one correlation id, from all hosts."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.engine import Connection

from monitoring.store import alerts, audit, errors, slow_operations, transitions
from monitoring.store.alerts import Alert
from monitoring.store.audit import StoredAuditEntry
from monitoring.store.errors import ErrorGroup
from monitoring.store.slow_operations import StoredSlowOperation
from monitoring.store.transitions import Transition

NEAR_SECONDS = 3600.0
"""A spike is of the request if it began or ended so shortly before or after its errors."""


class Trace(msgspec.Struct, frozen=True):
    """Each list oldest first, at most 100. `transitions` are those of spikes of the errors' types, near in time;
    `alerts` are those about what was found broken under the id.
    """

    error_groups: Sequence[ErrorGroup]
    slow_operations: Sequence[StoredSlowOperation]
    audit: Sequence[StoredAuditEntry]
    transitions: Sequence[Transition]
    alerts: Sequence[Alert] = ()

    @property
    def empty(self) -> bool:
        """Return whether there is nothing at all."""
        return not any((self.error_groups, self.slow_operations, self.audit, self.transitions, self.alerts))


def find(connection: Connection, correlation_id: str) -> Trace:
    """Return what is known of one request or piece of background work."""
    groups = errors.of_request(connection, correlation_id)[::-1]
    return Trace(
        error_groups=groups,
        slow_operations=slow_operations.of_request(connection, correlation_id)[::-1],
        audit=audit.of_request(connection, correlation_id)[::-1],
        transitions=_spikes(connection, groups),
        alerts=alerts.of_run(connection, correlation_id),
    )


def _spikes(connection: Connection, groups: Sequence[ErrorGroup]) -> list[Transition]:
    if not groups:
        return []
    start = min(group.last_at for group in groups) - NEAR_SECONDS
    end = max(group.last_at for group in groups) + NEAR_SECONDS
    names = {transitions.name_of("spike", group.type) for group in groups}
    found = transitions.between(connection, names, start, end)
    return sorted((each for each in found if each.at >= start), key=lambda each: each.at)

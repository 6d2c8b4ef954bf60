"""The tables."""

from monitoring.store.models.base import metadata
from monitoring.store.models.measuring import (
    audit,
    cost_days,
    costs,
    error_groups,
    error_occurrences,
    metric_hours,
    metric_minutes,
    metric_series,
    slow_operations,
)
from monitoring.store.models.probing import days, hours, lease, meta, results, states, transitions
from monitoring.store.models.telling import (
    acknowledgements,
    alerts,
    deliveries,
    heartbeat_calls,
    incident_checks,
    incident_updates,
    incidents,
    maintenances,
)

__all__ = [
    "acknowledgements",
    "alerts",
    "audit",
    "cost_days",
    "costs",
    "days",
    "deliveries",
    "error_groups",
    "error_occurrences",
    "heartbeat_calls",
    "hours",
    "incident_checks",
    "incident_updates",
    "incidents",
    "lease",
    "maintenances",
    "meta",
    "metadata",
    "metric_hours",
    "metric_minutes",
    "metric_series",
    "results",
    "slow_operations",
    "states",
    "transitions",
]

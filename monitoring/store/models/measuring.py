"""The tables of measuring: metrics, costs, slow operations, errors, audit."""

from typing import Any

import sqlalchemy as sa

from monitoring.store.models.base import Count, Time, metadata

metric_series = sa.Table(
    "metric_series",
    metadata,
    sa.Column("id", Count, primary_key=True, autoincrement=False, comment="a hash of the name, kind and tags"),
    sa.Column("name", sa.String(200), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("tags", sa.Text, nullable=False, comment="JSON object"),
)


def _measured(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("start", Count, primary_key=True, comment="Unix seconds"),
        sa.Column("series_id", Count, primary_key=True),
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("instance", sa.String(128), primary_key=True, comment="host:pid:token; empty: merged over all"),
        sa.Column("written_at", Time, nullable=False),
        sa.Column("count", Count, nullable=False),
        *(sa.Column(figure, Time, nullable=False) for figure in ("sum", "min", "max", "last", "last_at")),
        sa.Column("sketch", sa.LargeBinary, nullable=False, comment="see monitoring.metrics.sketch"),
    )


metric_minutes = _measured("metric_minutes")
metric_hours = _measured("metric_hours")


def _entry(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """Return a table of entries that each instance numbers, so that one written twice is one entry."""
    return sa.Table(
        name,
        metadata,
        sa.Column("instance", sa.String(128), primary_key=True),
        sa.Column("sequence", Count, primary_key=True, autoincrement=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("at", Time, nullable=False, index=True),
        *columns,
    )


costs = _entry(
    "costs",
    sa.Column("day", sa.String(10), nullable=False, comment="UTC"),
    sa.Column("provider", sa.String(100), nullable=False),
    sa.Column("operation", sa.String(200), nullable=False),
    sa.Column("amount", Time, nullable=False, comment="dollars"),
    sa.Column("count", Count, nullable=False),
)
cost_days = sa.Table(
    "cost_days",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True, comment="UTC"),
    sa.Column("service", sa.String(64), primary_key=True),
    sa.Column("provider", sa.String(100), primary_key=True),
    sa.Column("operation", sa.String(200), primary_key=True),
    sa.Column("amount", Time, nullable=False, comment="dollars"),
    sa.Column("count", Count, nullable=False),
)
slow_operations = _entry(
    "slow_operations",
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("seconds", Time, nullable=False),
    sa.Column("threshold_seconds", Time, nullable=False),
    sa.Column("correlation_id", sa.String(128), index=True),
    sa.Column("details", sa.Text, nullable=False, comment="JSON"),
)
error_occurrences = _entry(
    "error_occurrences",
    sa.Column("type", sa.String(200), nullable=False, index=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("correlation_id", sa.String(128), index=True),
)
error_groups = sa.Table(
    "error_groups",
    metadata,
    sa.Column("service", sa.String(64), primary_key=True),
    sa.Column("fingerprint", sa.String(64), primary_key=True, comment="a hash of type and innermost own frame"),
    sa.Column("type", sa.String(200), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("frame", sa.Text, nullable=False),
    sa.Column("stack", sa.Text, nullable=False, comment="of the last occurrence"),
    sa.Column("first_at", Time, nullable=False),
    sa.Column("last_at", Time, nullable=False, index=True),
    sa.Column("count", Count, nullable=False),
    sa.Column("correlation_ids", sa.Text, nullable=False, comment="JSON array, the last 10, newest first"),
)
audit = _entry(
    "audit",
    sa.Column("action", sa.String(100), nullable=False),
    sa.Column("user_id", sa.String(200)),
    sa.Column("correlation_id", sa.String(128), index=True),
    sa.Column("details", sa.Text, nullable=False, comment="JSON"),
)

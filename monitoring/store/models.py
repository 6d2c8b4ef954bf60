"""The tables. Times are Unix seconds (double precision), so both databases compare and subtract them alike."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

Time = sa.Double
Count = sa.BigInteger

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    comment="single facts: the signing key, whether the history is made up",
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(128), nullable=False, comment="empty: given back"),
    sa.Column("fence", Count, nullable=False, comment="grows by one with each claim"),
    sa.Column("renewal", Count, nullable=False, comment="grows by one with each renewal"),
    sa.Column("batch", Count, nullable=False, comment="the last batch written under this fence"),
    sa.Column("version", Count, nullable=False, comment="the overview's version: grows by one with each batch"),
)

states = sa.Table(
    "states",
    metadata,
    sa.Column("check_name", sa.String(64), primary_key=True),
    sa.Column("version", Count, nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("since_at", Time),
    sa.Column("state_cause", sa.String(16)),
    sa.Column("scheduled_at", Time, nullable=False, comment="of the last result"),
    sa.Column("finished_at", Time, nullable=False),
    sa.Column("result_status", sa.String(16), nullable=False),
    sa.Column("cause", sa.String(16)),
    sa.Column("error", sa.Text),
    sa.Column("response_seconds", Time),
    sa.Column("details", sa.Text, nullable=False, comment="JSON"),
    sa.Column("phases", sa.Text, nullable=False, comment="JSON: seconds by phase"),
    sa.Column("memory", sa.Text, nullable=False, comment="JSON: what judging the next result needs"),
)

results = sa.Table(
    "results",
    metadata,
    sa.Column("check_name", sa.String(64), primary_key=True),
    sa.Column("scheduled_at", Time, primary_key=True),
    sa.Column("finished_at", Time, nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("cause", sa.String(16)),
    sa.Column("error", sa.Text),
    sa.Column("response_seconds", Time),
)


def _rollup(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("start", Count, primary_key=True, comment="Unix seconds"),
        sa.Column("version", Count, nullable=False, index=True),
        *(sa.Column(status, Count, nullable=False) for status in ("healthy", "degraded", "unhealthy", "unknown")),
        *(sa.Column(f"{kind}_seconds", Time, nullable=False) for kind in ("observed", "degraded", "down")),
        sa.Column("sketch", sa.LargeBinary, nullable=False, comment="latencies: see monitoring.metrics.sketch"),
    )


hours = _rollup("hours")
days = _rollup("days")

transitions = sa.Table(
    "transitions",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True, comment="check:status:began"),
    sa.Column("check_name", sa.String(64), nullable=False),
    sa.Column("previous", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("at", Time, nullable=False, comment="when it began"),
    sa.Column("confirmed_at", Time, nullable=False),
    sa.Column("cause", sa.String(16)),
    sa.Column("error", sa.Text),
    sa.Index("ix_transitions_check_name_at", "check_name", "at"),
)

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

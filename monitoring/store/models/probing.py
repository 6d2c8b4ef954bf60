"""The tables of probing: leases, states, results, rollups, transitions."""

import sqlalchemy as sa

from monitoring.store.models.base import Count, Time, metadata

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
        sa.Column("maintenance_seconds", Time, nullable=False, server_default=sa.text("0")),
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

"""The tables of measuring: metrics, costs, slow operations, errors, audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _series()
    _measured("metric_minutes")
    _measured("metric_hours")
    _costs()
    _slow_operations()
    _errors()
    _audit()


def _series() -> None:
    op.create_table(
        "metric_series",
        sa.Column(
            "id",
            sa.BigInteger(),
            primary_key=True,
            autoincrement=False,
            comment="a hash of the name, kind and tags",
        ),
        sa.Column("name", sa.String(200), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False, comment="JSON object"),
    )


def _measured(name: str) -> None:
    op.create_table(
        name,
        sa.Column("start", sa.BigInteger(), primary_key=True, comment="Unix seconds"),
        sa.Column("series_id", sa.BigInteger(), primary_key=True),
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("instance", sa.String(128), primary_key=True, comment="host:pid:token; empty: merged over all"),
        sa.Column("written_at", sa.Double(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        *(sa.Column(figure, sa.Double(), nullable=False) for figure in ("sum", "min", "max", "last", "last_at")),
        sa.Column("sketch", sa.LargeBinary(), nullable=False, comment="see monitoring.metrics.sketch"),
    )


def _entry(name: str, *columns: "sa.Column[Any]") -> None:
    op.create_table(
        name,
        sa.Column("instance", sa.String(128), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False, index=True),
        *columns,
    )


def _costs() -> None:
    _entry(
        "costs",
        sa.Column("day", sa.String(10), nullable=False, comment="UTC"),
        sa.Column("provider", sa.String(100), nullable=False),
        sa.Column("operation", sa.String(200), nullable=False),
        sa.Column("amount", sa.Double(), nullable=False, comment="dollars"),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "cost_days",
        sa.Column("day", sa.String(10), primary_key=True, comment="UTC"),
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("provider", sa.String(100), primary_key=True),
        sa.Column("operation", sa.String(200), primary_key=True),
        sa.Column("amount", sa.Double(), nullable=False, comment="dollars"),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )


def _slow_operations() -> None:
    _entry(
        "slow_operations",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("threshold_seconds", sa.Double(), nullable=False),
        sa.Column("correlation_id", sa.String(128), index=True),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON"),
    )


def _errors() -> None:
    _entry(
        "error_occurrences",
        sa.Column("type", sa.String(200), nullable=False, index=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("correlation_id", sa.String(128), index=True),
    )
    op.create_table(
        "error_groups",
        sa.Column("service", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), primary_key=True, comment="a hash of type and innermost own frame"),
        sa.Column("type", sa.String(200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("stack", sa.Text(), nullable=False, comment="of the last occurrence"),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False, index=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("correlation_ids", sa.Text(), nullable=False, comment="JSON array, the last 10, newest first"),
    )


def _audit() -> None:
    _entry(
        "audit",
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("user_id", sa.String(200)),
        sa.Column("correlation_id", sa.String(128), index=True),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON"),
    )


def downgrade() -> None:
    for table in ("audit", "error_groups", "error_occurrences", "slow_operations", "cost_days", "costs"):
        op.drop_table(table)
    for table in ("metric_hours", "metric_minutes", "metric_series"):
        op.drop_table(table)

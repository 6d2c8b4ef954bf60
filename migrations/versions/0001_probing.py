"""The tables of probing: lease, states, results, rollups, transitions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _meta_and_lease()
    _states_and_results()
    _rollup("hours")
    _rollup("days")
    _transitions()


def _meta_and_lease() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text(), nullable=False),
        comment="single facts: the signing key, whether the history is made up",
    )
    lease = op.create_table(
        "lease",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False, comment="empty: given back"),
        sa.Column("fence", sa.BigInteger(), nullable=False, comment="grows by one with each claim"),
        sa.Column("renewal", sa.BigInteger(), nullable=False, comment="grows by one with each renewal"),
        sa.Column("batch", sa.BigInteger(), nullable=False, comment="the last batch written under this fence"),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="the overview's version: grows by one with each batch",
        ),
    )
    op.bulk_insert(lease, [{"name": "leader", "owner": "", "fence": 0, "renewal": 0, "batch": 0, "version": 0}])


def _states_and_results() -> None:
    op.create_table(
        "states",
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("since_at", sa.Double()),
        sa.Column("state_cause", sa.String(16)),
        sa.Column("scheduled_at", sa.Double(), nullable=False, comment="of the last result"),
        sa.Column("finished_at", sa.Double(), nullable=False),
        sa.Column("result_status", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("response_seconds", sa.Double()),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("phases", sa.Text(), nullable=False, comment="JSON: seconds by phase"),
        sa.Column("memory", sa.Text(), nullable=False, comment="JSON: what judging the next result needs"),
    )
    op.create_table(
        "results",
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("scheduled_at", sa.Double(), primary_key=True),
        sa.Column("finished_at", sa.Double(), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("response_seconds", sa.Double()),
    )


def _rollup(name: str) -> None:
    op.create_table(
        name,
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("start", sa.BigInteger(), primary_key=True, comment="Unix seconds"),
        sa.Column("version", sa.BigInteger(), nullable=False, index=True),
        *(sa.Column(status, sa.BigInteger(), nullable=False) for status in _STATUSES),
        *(sa.Column(f"{kind}_seconds", sa.Double(), nullable=False) for kind in ("observed", "degraded", "down")),
        sa.Column("sketch", sa.LargeBinary(), nullable=False, comment="latencies: see monitoring.metrics.sketch"),
    )


_STATUSES = ("healthy", "degraded", "unhealthy", "unknown")


def _transitions() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(160), nullable=False, unique=True, comment="check:status:began"),
        sa.Column("check_name", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False, comment="when it began"),
        sa.Column("confirmed_at", sa.Double(), nullable=False),
        sa.Column("cause", sa.String(16)),
        sa.Column("error", sa.Text()),
    )
    op.create_index("ix_transitions_check_name_at", "transitions", ["check_name", "at"])


def downgrade() -> None:
    for table in ("transitions", "days", "hours", "results", "states", "lease", "meta"):
        op.drop_table(table)

"""The tables of telling: incidents, maintenance, alerts and their deliveries, heartbeats."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    "incidents",
    "incident_updates",
    "incident_checks",
    "maintenances",
    "alerts",
    "acknowledgements",
    "deliveries",
    "heartbeat_calls",
)


def upgrade() -> None:
    for table in ("hours", "days"):
        column = sa.Column("maintenance_seconds", sa.Double(), nullable=False, server_default=sa.text("0"))
        op.add_column(table, column)
    _incidents()
    _incident_updates()
    _incident_checks()
    _maintenances()
    _alerts()
    _acknowledgements()
    _deliveries()
    _heartbeat_calls()


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("impact", sa.String(16), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False, index=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("resolved_at", sa.Double(), index=True),
        sa.Column("postmortem_url", sa.Text()),
        sa.Column("opened_by", sa.String(200), comment="null: the machine, for an outage"),
    )


def _incident_updates() -> None:
    op.create_table(
        "incident_updates",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("incident_id", sa.String(16), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="Markdown"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("author", sa.String(200), comment="null: the machine"),
    )


def _incident_checks() -> None:
    op.create_table(
        "incident_checks",
        sa.Column("incident_id", sa.String(16), primary_key=True),
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("status", sa.String(16), nullable=False, comment="the worst since it joined"),
        sa.Column("began_at", sa.Double(), comment="of the outage; null: a person named the check"),
        sa.Column("ended_at", sa.Double()),
        sa.Index("ix_incident_checks_check_name", "check_name"),
    )


def _maintenances() -> None:
    op.create_table(
        "maintenances",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="Markdown"),
        sa.Column("starts_at", sa.Double(), nullable=False, comment="of the first window"),
        sa.Column("seconds", sa.Double(), nullable=False, comment="how long each window lasts"),
        sa.Column("rrule", sa.Text(), comment="RFC 5545; null: once"),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False, comment="JSON array of names"),
        sa.Column("groups", sa.Text(), nullable=False, comment="JSON array of names"),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column(
            "ended_at", sa.Double(), comment="when it was cancelled or ended early: nothing of it after that counts"
        ),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("check_name", sa.String(64), primary_key=True),
        sa.Column("began_at", sa.Double(), primary_key=True),
        sa.Column("dedup_key", sa.String(200), nullable=False, index=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16)),
        sa.Column("error", sa.Text()),
        sa.Column("correlation_id", sa.String(128), index=True),
        sa.Column("confirmed_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False, comment="the last change of its check's state"),
        sa.Column("due_at", sa.Double(), nullable=False, comment="not to be told before"),
        sa.Column("repeat_seconds", sa.Double()),
        sa.Column("told_at", sa.Double(), comment="null: nobody has been told"),
        sa.Column("said_at", sa.Double(), comment="the last message about it"),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("flapping", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.Double(), comment="of the outage"),
        sa.Column("closed_at", sa.Double(), index=True, comment="null: there may be more to say"),
    )


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("dedup_key", sa.String(200), primary_key=True),
        sa.Column("began_at", sa.Double(), primary_key=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(64), primary_key=True, comment="a hash of channel, check, outage, event and number"),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("dedup_key", sa.String(200), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="JSON: the message"),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the order in which they were decided"),
        sa.Column("digest", sa.String(64), comment="those of one digest are sent as one message"),
        sa.Column("created_at", sa.Double(), nullable=False, index=True),
        sa.Column("send_at", sa.Double(), nullable=False, comment="not to be tried before"),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(160)),
        sa.Column("claimed_until", sa.Double()),
        sa.Column("outcome", sa.String(16), comment="sent, given_up or undeliverable; null: not yet"),
        sa.Column("done_at", sa.Double()),
        sa.Column("answer", sa.Text(), comment="what the channel said last"),
        sa.Index("ix_deliveries_channel_outcome", "channel", "outcome"),
    )


def _heartbeat_calls() -> None:
    op.create_table(
        "heartbeat_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("check_name", sa.String(64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="start, success or failure"),
        sa.Column("exit_code", sa.BigInteger()),
        sa.Column("seconds", sa.Double(), comment="since the start it belongs to"),
        sa.Column("body", sa.Text(), nullable=False, comment="the first 10 KB of what was sent"),
        sa.Index("ix_heartbeat_calls_check_name_at", "check_name", "at"),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    for table in ("hours", "days"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("maintenance_seconds")

"""What a night leaves for people: missing calls, alerts, the suppression list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _missing()
    _alerts()
    _suppressions()


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in ("suppressions", "alerts", "missing"):
        op.drop_table(table)


def _missing() -> None:
    op.create_table(
        "missing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_missing"),
        sa.UniqueConstraint("inbox", "file", name="uq_missing_inbox_file"),
    )
    op.create_index("ix_missing_night", "missing", ["night"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("score", KEY, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("what", sa.String(64), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_alerts_call_calls"),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_alerts_score_scores"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("call", "kind", "what", name="uq_alerts_call_kind_what"),
    )
    op.create_index("ix_alerts_night", "alerts", ["night"])


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("call", KEY, nullable=False),
        sa.Column("score", KEY, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("start_s", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_suppressions_call_calls"),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_suppressions_score_scores"),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
        sa.UniqueConstraint("call", name="uq_suppressions_call"),
    )
    op.create_index("ix_suppressions_customer_id", "suppressions", ["customer_id"])

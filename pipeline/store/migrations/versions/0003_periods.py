"""Talk time beside each score; follow-ups done and appraisals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make columns and tables. Older scores have no talk time in their row; the reports count them as unknown."""
    op.add_column("scores", sa.Column("talk_s", sa.Double(), nullable=True))
    op.add_column("scores", sa.Column("agent_talk_s", sa.Double(), nullable=True))
    _marks()
    _appraisals()


def downgrade() -> None:
    """Take them away again, the last first."""
    op.drop_table("appraisals")
    op.drop_table("follow_up_marks")
    with op.batch_alter_table("scores") as table:
        table.drop_column("agent_talk_s")
        table.drop_column("talk_s")


def _marks() -> None:
    op.create_table(
        "follow_up_marks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_follow_up_marks_call_calls"),
        sa.PrimaryKeyConstraint("id", name="pk_follow_up_marks"),
    )
    op.create_index("ix_follow_up_marks_call", "follow_up_marks", ["call"])


def _appraisals() -> None:
    op.create_table(
        "appraisals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("built_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("seal", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_appraisals"),
        sa.UniqueConstraint("agent_id", "period", "number", name="uq_appraisals_agent_id_period_number"),
    )

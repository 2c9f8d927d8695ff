"""The coaching app's saved views, drafts and coaching plans."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the triggers that keep a plan's history from being changed."""
    _views()
    _plans()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER plan_acts_as_written BEFORE UPDATE OR DELETE ON plan_acts "
            "FOR EACH ROW EXECUTE FUNCTION callgauge_as_written()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER plan_acts_no_{change.lower()} BEFORE {change} ON plan_acts "
            "BEGIN SELECT RAISE(ABORT, 'this history is only added to'); END"
        )


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in ("plan_acts", "plans", "drafts", "saved_views"):
        op.drop_table(table)


def _views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_saved_views_user_users"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("user", "name", name="uq_saved_views_user_name"),
    )
    op.create_table(
        "drafts",
        sa.Column("user", KEY, nullable=False, autoincrement=False),
        sa.Column("call", KEY, nullable=False, autoincrement=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_drafts_user_users"),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_drafts_call_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "call", name="pk_drafts"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
    )
    op.create_index("ix_plans_agent_id", "plans", ["agent_id"])
    op.create_index("ix_plans_state", "plans", ["state"])
    op.create_table(
        "plan_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("plan", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("answers", KEY, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["plan"], ["plans.id"], name="fk_plan_acts_plan_plans"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_plan_acts_user_users"),
        sa.ForeignKeyConstraint(["answers"], ["plan_acts.id"], name="fk_plan_acts_answers_plan_acts"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_acts"),
    )
    op.create_index("ix_plan_acts_plan", "plan_acts", ["plan"])

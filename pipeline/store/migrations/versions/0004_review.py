"""People: users, sign-ins, teams, the audit log, reviews and what was done in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED_ONLY = ("audit", "review_acts")


def upgrade() -> None:
    """Make the tables, and the triggers that keep two of them from being changed."""
    _users()
    _sign_ins()
    _audit()
    _reviews()
    _acts()
    _keep_as_written()


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in ("review_acts", "reviews", "audit", "agent_teams", "sign_ins", "users"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION callgauge_as_written()")


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "agent_teams",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("supervisor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("agent_id", name="pk_agent_teams"),
    )
    op.create_index("ix_agent_teams_team", "agent_teams", ["team"])


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_sign_ins_user_users"),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_ins"),
    )
    op.create_index("ix_sign_ins_user", "sign_ins", ["user"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("user", KEY, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_audit_user_users"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_event_at", "audit", ["event", "at"])
    op.create_index("ix_audit_call", "audit", ["call"])


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("call", KEY, nullable=False, autoincrement=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("assigned", KEY, nullable=True),
        sa.Column("open_appeals", sa.Integer(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_reviews_call_calls"),
        sa.ForeignKeyConstraint(["assigned"], ["users.id"], name="fk_reviews_assigned_users"),
        sa.PrimaryKeyConstraint("call", name="pk_reviews"),
    )
    op.create_index("ix_reviews_state", "reviews", ["state"])
    op.create_index("ix_reviews_assigned", "reviews", ["assigned"])


def _acts() -> None:
    op.create_table(
        "review_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("score", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("target", sa.String(64), nullable=True),
        sa.Column("answers", KEY, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_review_acts_call_calls"),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_review_acts_score_scores"),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_review_acts_user_users"),
        sa.ForeignKeyConstraint(["answers"], ["review_acts.id"], name="fk_review_acts_answers_review_acts"),
        sa.PrimaryKeyConstraint("id", name="pk_review_acts"),
        sa.UniqueConstraint("call", "rev", name="uq_review_acts_call_rev"),
    )
    op.create_index("ix_review_acts_score", "review_acts", ["score"])


def _keep_as_written() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION callgauge_as_written() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'this history is only added to'; END $$"
        )
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_as_written BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION callgauge_as_written()"
            )
        return
    for table in ADDED_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'this history is only added to'); END"
            )

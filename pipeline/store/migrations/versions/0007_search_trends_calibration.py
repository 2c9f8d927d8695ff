"""Search over what was said, names that trends count, rounds of calibration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "calibration_verdicts", "calibration_people", "calibration_calls", "calibration_rounds", "named_things",
    "search_docs",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables; words of older calls come into the index by `store check`."""
    _search()
    _rounds()
    _verdicts()


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP TABLE search_words")


def _search() -> None:
    op.create_table(
        "search_docs",
        sa.Column("call", KEY, nullable=False, autoincrement=False),
        sa.Column("transcript_sha256", sa.String(64), nullable=True),
        sa.Column("made_with", sa.Integer(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_search_docs_call_calls"),
        sa.PrimaryKeyConstraint("call", name="pk_search_docs"),
    )
    op.create_table(
        "named_things",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_named_things"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_words (call BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(agent, customer, unknown, content='', "
        "tokenize='unicode61 remove_diacritics 0')"
    )


def _rounds() -> None:
    op.create_table(
        "calibration_rounds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("closed_by", KEY, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name="fk_calibration_rounds_made_by_users"),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name="fk_calibration_rounds_closed_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration_rounds"),
    )
    op.create_table(
        "calibration_calls",
        sa.Column("round", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("score", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round"], ["calibration_rounds.id"], name="fk_calibration_calls_round_calibration_rounds"
        ),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_calibration_calls_call_calls"),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_calibration_calls_score_scores"),
        sa.PrimaryKeyConstraint("round", "call", name="pk_calibration_calls"),
    )
    op.create_index("ix_calibration_calls_call", "calibration_calls", ["call"])


def _verdicts() -> None:
    op.create_table(
        "calibration_people",
        sa.Column("round", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["round"], ["calibration_rounds.id"], name="fk_calibration_people_round_calibration_rounds"
        ),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_calibration_people_user_users"),
        sa.PrimaryKeyConstraint("round", "user", name="pk_calibration_people"),
    )
    op.create_index("ix_calibration_people_user", "calibration_people", ["user"])
    op.create_table(
        "calibration_verdicts",
        sa.Column("round", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("criterion", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["round", "call"], ["calibration_calls.round", "calibration_calls.call"],
            name="fk_calibration_verdicts_round_calibration_calls",
        ),
        sa.ForeignKeyConstraint(
            ["round", "user"], ["calibration_people.round", "calibration_people.user"],
            name="fk_calibration_verdicts_user_calibration_people",
        ),
        sa.PrimaryKeyConstraint("round", "call", "user", "criterion", name="pk_calibration_verdicts"),
    )  # fmt: skip

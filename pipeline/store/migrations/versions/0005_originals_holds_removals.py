"""Originals, holds, removals with their proof, and requests not to be called that outlive their customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED_ONLY = ("removals", "removals_done")
WORDS = ("text", "reason", "quote", "actions", "finding,quote")
"""Parts of an act that are somebody's own words: they may be taken out, and nothing else of an act ever changes."""
TAKEN_OUT = "[removed]"
REST = ("id", "call", "rev", "score", "user", "name", "role", "at", "act", "target", "answers")


def upgrade() -> None:
    """Make columns, tables and triggers."""
    for table, column in _columns():
        op.add_column(table, column)
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgres()
    else:
        _sqlite()


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in ("store_secrets", "suppressed_digests", "removals_done", "removals", "holds"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER review_acts_as_written ON review_acts")
        op.execute("DROP TRIGGER review_acts_stay ON review_acts")
        op.execute("DROP FUNCTION callgauge_words_only()")
        op.execute(
            "CREATE TRIGGER review_acts_as_written BEFORE UPDATE OR DELETE ON review_acts "
            "FOR EACH ROW EXECUTE FUNCTION callgauge_as_written()"
        )
    else:
        op.execute("DROP TRIGGER review_acts_no_update")
        op.execute(
            "CREATE TRIGGER review_acts_no_update BEFORE UPDATE ON review_acts "
            "BEGIN SELECT RAISE(ABORT, 'this history is only added to'); END"
        )
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> tuple[tuple[str, sa.Column], ...]:
    return (
        ("files", sa.Column("removed_at", MOMENT, nullable=True)),
        ("files", sa.Column("removal", KEY, nullable=True)),
        ("files", sa.Column("replaced_by", sa.String(64), nullable=True)),
        ("calls", sa.Column("forgotten_at", MOMENT, nullable=True)),
        ("scores", sa.Column("original_transcript_file", sa.String(64), nullable=True)),
        ("scores", sa.Column("original_audio_file", sa.String(64), nullable=True)),
        ("users", sa.Column("originals", sa.Boolean(), nullable=False, server_default=sa.false())),
    )


def _tables() -> None:
    op.create_table(
        "holds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_holds_call_calls"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    op.create_index("ix_holds_call", "holds", ["call"])
    op.create_table(
        "removals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removals"),
    )
    op.create_table(
        "removals_done",
        sa.Column("removal", KEY, nullable=False, autoincrement=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["removal"], ["removals.id"], name="fk_removals_done_removal_removals"),
        sa.PrimaryKeyConstraint("removal", name="pk_removals_done"),
    )
    op.create_table(
        "suppressed_digests",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_suppressed_digests"),
    )
    op.create_table(
        "store_secrets",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_store_secrets"),
    )


def _sqlite() -> None:
    for table in ADDED_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'this history is only added to'); END"
            )
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in REST)
    each = [f"'$.{name.replace(',', '.')}'" for name in WORDS]
    paths = ", ".join(each)
    words = " AND ".join(
        f"ifnull(json_extract(NEW.data, {path}), '') IN ('{TAKEN_OUT}', ifnull(json_extract(OLD.data, {path}), ''))"
        for path in each
    )
    op.execute("DROP TRIGGER review_acts_no_update")
    op.execute(
        f"CREATE TRIGGER review_acts_no_update BEFORE UPDATE ON review_acts WHEN NOT ({same} AND {words} "
        f"AND json_remove(NEW.data, {paths}) = json_remove(OLD.data, {paths})) "
        "BEGIN SELECT RAISE(ABORT, 'this history is only added to'); END"
    )


def _postgres() -> None:
    for table in ADDED_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_as_written BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION callgauge_as_written()"
        )
    same = " AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in REST)
    without = " ".join(f"#- '{{{name}}}'" for name in WORDS)
    words = " AND ".join(
        f"coalesce(NEW.data #>> '{{{name}}}', '') IN ('{TAKEN_OUT}', coalesce(OLD.data #>> '{{{name}}}', ''))"
        for name in WORDS
    )
    op.execute(
        f"CREATE FUNCTION callgauge_words_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {same} AND {words} AND (NEW.data::jsonb {without}) = (OLD.data::jsonb {without}) THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'this history is only added to'; END $$"
    )
    op.execute("DROP TRIGGER review_acts_as_written ON review_acts")
    op.execute(
        "CREATE TRIGGER review_acts_as_written BEFORE UPDATE ON review_acts "
        "FOR EACH ROW EXECUTE FUNCTION callgauge_words_only()"
    )
    op.execute(
        "CREATE TRIGGER review_acts_stay BEFORE DELETE ON review_acts "
        "FOR EACH ROW EXECUTE FUNCTION callgauge_as_written()"
    )

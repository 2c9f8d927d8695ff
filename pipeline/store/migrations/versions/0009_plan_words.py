"""What was written about a moment of a call, in a coaching plan, can be taken out; nothing else of a plan ever changes."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TAKEN_OUT = "[removed]"
REST = ("id", "plan", "user", "name", "role", "at", "act", "answers")
_REFUSED = "'this history is only added to'"


def upgrade() -> None:
    """Let the text of a moment become what stands for words that were taken out."""
    if op.get_bind().dialect.name == "postgresql":
        same = " AND ".join(f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"' for name in REST)
        op.execute(
            "CREATE FUNCTION callgauge_plan_words_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {same} AND OLD.act = 'moment' AND NEW.data->>'text' = '{TAKEN_OUT}' "
            "AND (NEW.data::jsonb - 'text') = (OLD.data::jsonb - 'text') THEN RETURN NEW; END IF; "
            f"RAISE EXCEPTION {_REFUSED}; END $$"
        )
        op.execute("DROP TRIGGER plan_acts_as_written ON plan_acts")
        _trigger("plan_acts_as_written", "UPDATE", "callgauge_plan_words_only")
        _trigger("plan_acts_stay", "DELETE", "callgauge_as_written")
        return
    same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in REST)
    op.execute("DROP TRIGGER plan_acts_no_update")
    op.execute(
        f"CREATE TRIGGER plan_acts_no_update BEFORE UPDATE ON plan_acts WHEN NOT ({same} AND OLD.act = 'moment' "
        f"AND ifnull(json_extract(NEW.data, '$.text'), '') = '{TAKEN_OUT}' "
        "AND json_remove(NEW.data, '$.text') = json_remove(OLD.data, '$.text')) "
        f"BEGIN SELECT RAISE(ABORT, {_REFUSED}); END"
    )


def downgrade() -> None:
    """Refuse every change again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER plan_acts_as_written ON plan_acts")
        op.execute("DROP TRIGGER plan_acts_stay ON plan_acts")
        op.execute("DROP FUNCTION callgauge_plan_words_only()")
        _trigger("plan_acts_as_written", "UPDATE OR DELETE", "callgauge_as_written")
        return
    op.execute("DROP TRIGGER plan_acts_no_update")
    op.execute(
        "CREATE TRIGGER plan_acts_no_update BEFORE UPDATE ON plan_acts "
        f"BEGIN SELECT RAISE(ABORT, {_REFUSED}); END"
    )


def _trigger(name: str, change: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {change} ON plan_acts FOR EACH ROW EXECUTE FUNCTION {function}()"
    )

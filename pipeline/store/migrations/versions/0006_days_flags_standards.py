"""Daily sums kept right by triggers; flags; who approved, published and retired a standard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WATCHED = "agent_id, agent_name, campaign, started_at, current_score_id, recording_sha256"
COUNTS = (
    "calls", "scored", "connects", "averaged", "tenths", "tenths_squared", "human_averaged", "human_tenths",
    "open_averaged", "open_tenths", "no_percent", "fatal", "provisional", "reviewed", "corrected", "talk_known",
    "talk_ms", "duration_ms", "outcome_interested", "outcome_not_interested", "outcome_call_back",
    "outcome_order_placed", "outcome_wrong_person", "outcome_voicemail", "outcome_no_conversation",
    "outcome_undetermined",
)  # fmt: skip
LARGE = ("tenths", "tenths_squared", "human_tenths", "open_tenths", "talk_ms", "duration_ms")
VERDICTS = ("passed", "partial", "failed", "needs_review", "not_measurable", "not_applicable")


def upgrade() -> None:
    """Make tables and triggers. Every day that has calls is to be counted: the next night or scorecard does it."""
    _days()
    _changes()
    _flags()
    _acts()
    _watch()
    day = "date(started_at)" if _sqlite() else "(started_at AT TIME ZONE 'UTC')::date"
    op.execute(
        f"INSERT INTO changed_days (agent_id, day) SELECT DISTINCT coalesce(agent_id, ''), {day} "  # noqa: S608 - fixed text
        "FROM calls WHERE started_at IS NOT NULL"
    )


def downgrade() -> None:
    """Take them away again, the last first."""
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER calls_day_{event}" + ("" if _sqlite() else " ON calls"))
    if not _sqlite():
        op.execute("DROP FUNCTION callgauge_day_changed()")
    for table in ("standard_acts", "flags", "day_zone", "changed_days", "day_criteria", "day_calls"):
        op.drop_table(table)


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _days() -> None:
    op.create_table(
        "day_calls",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("standard_sha256", sa.String(64), nullable=False),
        sa.Column("agent_name", sa.Text(), nullable=True),
        *[
            sa.Column(name, sa.BigInteger() if name in LARGE else sa.Integer(), nullable=False)
            for name in COUNTS
        ],
        sa.PrimaryKeyConstraint("day", "agent_id", "campaign", "standard_sha256", name="pk_day_calls"),
    )
    op.create_index("ix_day_calls_agent_id_day", "day_calls", ["agent_id", "day"])
    op.create_table(
        "day_criteria",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("criterion", sa.String(64), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in VERDICTS],
        *[sa.Column(name, KEY, nullable=True) for name in ("last_passed", "last_partial", "last_failed")],
        sa.PrimaryKeyConstraint("day", "agent_id", "criterion", name="pk_day_criteria"),
    )
    op.create_index("ix_day_criteria_agent_id_day", "day_criteria", ["agent_id", "day"])


def _changes() -> None:
    op.create_table(
        "changed_days",
        sa.Column("id", KEY, nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_changed_days"),
    )
    op.create_index("ix_changed_days_day", "changed_days", ["day"])
    op.create_table(
        "day_zone",
        sa.Column("id", KEY, nullable=False, autoincrement=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_day_zone"),
    )


def _flags() -> None:
    op.create_table(
        "flags",
        sa.Column("score", KEY, nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_flags_score_scores"),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_flags_call_calls"),
        sa.PrimaryKeyConstraint("score", "rule", name="pk_flags"),
    )
    op.create_index("ix_flags_call", "flags", ["call"])
    op.create_index("ix_flags_kind", "flags", ["kind"])


def _acts() -> None:
    op.create_table(
        "standard_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("standard_sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["standard_sha256"], ["standards.sha256"], name="fk_standard_acts_standard_sha256_standards"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_standard_acts"),
    )
    op.create_index("ix_standard_acts_standard_version", "standard_acts", ["standard", "version"])


def _watch() -> None:
    """Whoever changes a call, the day that it counts in is put down, the former one too where it moves."""
    if _sqlite():
        for event, sides in (("insert", ("NEW",)), ("update", ("OLD", "NEW")), ("delete", ("OLD",))):
            when = f"UPDATE OF {WATCHED}" if event == "update" else event.upper()
            rows = " ".join(
                "INSERT INTO changed_days (agent_id, day) "
                f"SELECT coalesce({side}.agent_id, ''), date({side}.started_at) WHERE {side}.started_at IS NOT NULL;"
                for side in sides
            )
            op.execute(f"CREATE TRIGGER calls_day_{event} AFTER {when} ON calls BEGIN {rows} END")
        return
    note = (
        "IF {side}.started_at IS NOT NULL THEN INSERT INTO changed_days (agent_id, day) VALUES "
        "(coalesce({side}.agent_id, ''), ({side}.started_at AT TIME ZONE 'UTC')::date); END IF; "
    )
    op.execute(
        "CREATE FUNCTION callgauge_day_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP <> 'INSERT' THEN " + note.format(side="OLD") + "END IF; "
        "IF TG_OP <> 'DELETE' THEN " + note.format(side="NEW") + "END IF; RETURN NULL; END $$"
    )
    for event, when in (("insert", "INSERT"), ("update", f"UPDATE OF {WATCHED}"), ("delete", "DELETE")):
        op.execute(
            f"CREATE TRIGGER calls_day_{event} AFTER {when} ON calls FOR EACH ROW EXECUTE FUNCTION callgauge_day_changed()"
        )

"""Calls, scores, findings, runs, ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _files()
    _recordings()
    _runs()
    _standards()
    _calls()
    _ledger()
    _scores()
    _criteria()
    _findings()


def downgrade() -> None:
    """Take them away again, the last first."""
    for table in (
        "findings",
        "criteria",
        "scores",
        "ledger",
        "calls",
        "standards",
        "runs",
        "recordings",
        "files",
    ):
        op.drop_table(table)


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("lost_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("sha256", name="pk_files"),
    )


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("sample_rate_hz", sa.Integer(), nullable=True),
        sa.Column("codec", sa.String(64), nullable=True),
        sa.Column("first_seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_recordings"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("code_version", sa.String(32), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_night", "runs", ["night"])


def _standards() -> None:
    op.create_table(
        "standards",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_standards"),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("recording_sha256", sa.String(64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("direction", sa.String(8), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("record_sha256", sa.String(64), nullable=False),
        sa.Column("current_version", sa.Integer(), nullable=False),
        sa.Column("current_score_id", KEY, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_sha256"], ["recordings.sha256"], name="fk_calls_recording_sha256_recordings"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("call_id", name="uq_calls_call_id"),
    )
    op.create_index("ix_calls_agent_id_started_at", "calls", ["agent_id", "started_at"])
    op.create_index("ix_calls_customer_id", "calls", ["customer_id"])
    op.create_index("ix_calls_recording_sha256", "calls", ["recording_sha256"])
    op.create_index("ix_calls_started_at", "calls", ["started_at"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", KEY, nullable=False),
        sa.Column("night", sa.Date(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("ctime_ns", sa.BigInteger(), nullable=True),
        sa.Column("call", KEY, nullable=True),
        sa.Column("call_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_run", KEY, nullable=False),
        sa.Column("last_run", KEY, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_ledger_call_calls"),
        sa.ForeignKeyConstraint(["first_run"], ["runs.id"], name="fk_ledger_first_run_runs"),
        sa.ForeignKeyConstraint(["last_run"], ["runs.id"], name="fk_ledger_last_run_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_call", "ledger", ["call"])
    op.create_index("ix_ledger_inbox_file", "ledger", ["inbox", "file"])
    op.create_index("ix_ledger_night_state", "ledger", ["night", "state"])
    op.create_index("ix_ledger_sha256", "ledger", ["sha256"])


def _scores() -> None:
    op.create_table(
        "scores",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("standard_sha256", sa.String(64), nullable=False),
        sa.Column("recording_sha256", sa.String(64), nullable=False),
        sa.Column("record_sha256", sa.String(64), nullable=False),
        sa.Column("percent", sa.Double(), nullable=True),
        sa.Column("percent_before_fatal", sa.Double(), nullable=True),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("fatal", sa.JSON(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("outcome_confidence", sa.Double(), nullable=False),
        sa.Column("follow_up", sa.JSON(), nullable=True),
        sa.Column("result_file", sa.String(64), nullable=True),
        sa.Column("transcript_file", sa.String(64), nullable=True),
        sa.Column("audio_file", sa.String(64), nullable=True),
        sa.Column("run", KEY, nullable=True),
        sa.Column("seconds", sa.JSON(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["audio_file"], ["files.sha256"], name="fk_scores_audio_file_files"),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_scores_call_calls"),
        sa.ForeignKeyConstraint(
            ["recording_sha256"], ["recordings.sha256"], name="fk_scores_recording_sha256_recordings"
        ),
        sa.ForeignKeyConstraint(["result_file"], ["files.sha256"], name="fk_scores_result_file_files"),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name="fk_scores_run_runs"),
        sa.ForeignKeyConstraint(
            ["standard_sha256"], ["standards.sha256"], name="fk_scores_standard_sha256_standards"
        ),
        sa.ForeignKeyConstraint(
            ["transcript_file"], ["files.sha256"], name="fk_scores_transcript_file_files"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scores"),
        sa.UniqueConstraint("call", "version", name="uq_scores_call_version"),
        sa.UniqueConstraint("fingerprint", name="uq_scores_fingerprint"),
    )
    op.create_index("ix_scores_made_at", "scores", ["made_at"])
    op.create_index("ix_scores_standard_sha256", "scores", ["standard_sha256"])


def _criteria() -> None:
    op.create_table(
        "criteria",
        sa.Column("score", KEY, nullable=False),
        sa.Column("criterion", sa.String(64), nullable=False),
        sa.Column("article", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("max_points", sa.Double(), nullable=True),
        sa.Column("advisory", sa.Boolean(), nullable=False),
        sa.Column("reason_code", sa.String(64), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_criteria_score_scores"),
        sa.PrimaryKeyConstraint("score", "criterion", name="pk_criteria"),
    )
    op.create_index("ix_criteria_criterion_verdict", "criteria", ["criterion", "verdict"])


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("score", KEY, nullable=False),
        sa.Column("finding", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("criterion", sa.String(64), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("speaker", sa.String(8), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=True),
        sa.Column("end_s", sa.Double(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["score"], ["scores.id"], name="fk_findings_score_scores"),
        sa.PrimaryKeyConstraint("score", "finding", name="pk_findings"),
    )
    op.create_index("ix_findings_kind", "findings", ["kind"])

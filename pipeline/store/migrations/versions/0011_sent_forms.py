"""Forms that were sent, so that what is sent twice is done once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sent_forms",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made", KEY, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sent_forms"),
    )
    op.create_index("ix_sent_forms_at", "sent_forms", ["at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("sent_forms")

"""What Alembic runs: on the connection that it is handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from pipeline.store import (
    calibration_tables,
    night_tables,
    period_tables,
    review_tables,
    search_tables,
    tables,
)

# all modules must be loaded for the tables to be known
assert night_tables.Base is period_tables.Base is review_tables.Base is tables.Base  # noqa: S101
assert calibration_tables.Base is search_tables.Base is tables.Base  # noqa: S101

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

"""What Alembic runs: on the connection that it is handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from pipeline.store import coach_tables, night_tables, period_tables, review_tables, tables

# all modules must be loaded for the tables to be known
for _module in (coach_tables, night_tables, period_tables, review_tables):
    assert _module.Base is tables.Base  # noqa: S101

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

"""What Alembic runs: on the connection that it is handed, inside that connection's transaction."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import context

from pipeline import store
from pipeline.store import tables

for module in pkgutil.iter_modules(store.__path__):
    if module.name.endswith("_tables"):  # a table is known once its module is loaded
        importlib.import_module(f"pipeline.store.{module.name}")

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables.Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()

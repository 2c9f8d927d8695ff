"""Migrations of the store, run by `pipeline.store.migrate`."""

"""The store: calls, scores, findings, standards as used, the ledger of each night; and the files they refer to."""

from __future__ import annotations

from pipeline.store.database import Store, open_store
from pipeline.store.errors import StoreBusyError, StoreError
from pipeline.store.files import FileArea
from pipeline.store.place import Place, default_url, place_of

__all__ = [
    "FileArea",
    "Place",
    "Store",
    "StoreBusyError",
    "StoreError",
    "default_url",
    "open_store",
    "place_of",
]

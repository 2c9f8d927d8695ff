"""What may go wrong with the store itself."""

from __future__ import annotations

from pipeline.errors import CallgaugeError


class StoreError(CallgaugeError):
    """The store can't be reached, is of another version, or holds something that it should not."""

    code = "store"


class StoreBusyError(StoreError):
    """Another nightly run holds the store."""

    code = "busy"

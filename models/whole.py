"""Checking a packaged model before it is loaded."""

from __future__ import annotations

from models import joined, registry
from pipeline.errors import ModelError


def expect_whole(name: str) -> None:
    """Check a packaged model by its digest, once a process, before it is loaded. Raises ModelError.

    Another version than the registry's passes where it says so; what isn't installed is the loader's to tell.
    """
    entry = registry.entries()[name]
    found = registry.packaged(registry.PackagedFile(entry.package or "", entry.file))
    if found is None or entry.other_versions:
        return
    digest = joined.digest_once(found)
    if digest != entry.sha256:
        told = f"{found} has the SHA-256 {digest}, expected {entry.sha256}"
        raise ModelError(f"{entry.title} is damaged: {told}. Mend it with: {entry.install}")

"""What a check of the store tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be. ``kind`` is stable; ``mended`` says whether it is put right."""

    kind: str
    what: str
    mended: bool

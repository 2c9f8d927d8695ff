"""Many values in portions that a database takes as parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parts(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Values in portions that a database takes as parameters."""
    for start in range(0, len(values), size):
        yield values[start : start + size]

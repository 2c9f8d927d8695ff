"""Shapes of sentences that the structure of a dialogue rests on: an echoed term, a circular answer, a filler.

They are data, ``lexicons/<language>/_shapes.yaml``: each a pattern over folded text with texts that it hits and
misses; ``words`` are named lists beside them.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Any

from pipeline.lexicons import load_yaml


@functools.cache
def shape(name: str, language: str) -> re.Pattern[str]:
    """One shape of one language, compiled; its groups are named in the file."""
    return re.compile(_data(language)["shapes"][name]["pattern"])


def has_shape(name: str, folded: str) -> re.Match[str] | None:
    """Where a folded text of either language holds a shape; None where it does not."""
    return shape(name, "zh").search(folded) or shape(name, "en").search(folded)


@functools.cache
def words(name: str, language: str) -> frozenset[str]:
    """A named list of words."""
    return frozenset(str(word) for word in _data(language)["words"][name])


@functools.cache
def _data(language: str) -> dict[str, Any]:
    path = resources.files("pipeline.lexicons") / language / "_shapes.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data

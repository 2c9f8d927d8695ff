"""Wordings that decide over the learned layer: each hit is found, no miss is."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.analysis.sure import _wording, read_sure
from pipeline.analysis.text import fold

ENTRIES = [
    (language, f"{kind}.{part}", entry, read_sure(language)["terms"])
    for language in ("zh", "en")
    for kind, parts in read_sure(language).items()
    if kind in ("reference", "follow_up", "purpose", "needs", "outcome")
    for part, entries in parts.items()
    for entry in ([entries] if isinstance(entries, dict) else entries)
]


@pytest.mark.parametrize(
    ("language", "name", "entry", "terms"), ENTRIES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_hits_and_misses(language: str, name: str, entry: dict[str, Any], terms: dict[str, str]) -> None:
    wording = _wording(entry, terms)
    silent = [text for text in entry["hits"] if wording.find(fold(text)) is None]
    loud = [text for text in entry["misses"] if wording.find(fold(text)) is not None]
    assert (silent, loud) == ([], []), f"{language} {name}"

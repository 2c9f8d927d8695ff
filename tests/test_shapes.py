"""The shapes of sentences hit and miss what stands beside them."""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

from pipeline.analysis.shapes import shape, words
from pipeline.analysis.text import fold

CASES = [
    (language, name, text, hit)
    for language in ("zh", "en")
    for name, entry in yaml.safe_load(
        (resources.files("pipeline.lexicons") / language / "_shapes.yaml").read_text(encoding="utf-8")
    )["shapes"].items()
    for key, hit in (("hits", True), ("misses", False))
    for text in entry[key]
]


@pytest.mark.parametrize(("language", "name", "text", "hit"), CASES)
def test_hits_and_misses(language: str, name: str, text: str, hit: bool) -> None:
    assert bool(shape(name, language).search(fold(text))) is hit


def test_words_are_words() -> None:
    assert "no" in words("little", "en") and "的" in words("little", "zh")

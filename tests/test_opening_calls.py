"""The opening on the labelled calls: slots and purpose by turn, over all authors' calls as shipped.

The tagger was fitted to these calls, so this guards against breakage; what it does on another author's calls is
measured by fitting to one author's files and reading the other's (``tagger_fit.fit``).
"""

from __future__ import annotations

from collections import Counter
from importlib import resources

import pytest
import yaml

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.opening import KINDS, find
from pipeline.analysis.tagger import unpacked
from pipeline.analysis.tagger_fit import calls_of, digest_of
from pipeline.types import Transcript, Turn

FLOOR = {"company": 0.93, "department": 0.85, "name": 0.93, "purpose": 0.82}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_openings_of_labelled_calls(language: str) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for call in calls_of(language)[::5]:
        found = {one.kind: one for one in find(Conversation.of(call.transcript, profile=call.profile), ())}
        for kind in KINDS:
            wanted = next((mark.turn for mark in call.marks if mark.kind == kind), None)
            got = found[kind].turn if kind in found and found[kind].confidence >= 0.6 else None
            right = wanted is not None and wanted == got
            counts[kind, "true"] += right
            counts[kind, "wrong"] += (got is not None) + (wanted is not None) - 2 * right
    for kind, floor in FLOOR.items():
        true, wrong = counts[kind, "true"], counts[kind, "wrong"]
        assert 2 * true / (2 * true + wrong) >= floor, kind


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_tagger_is_fitted_to_the_calls_as_shipped(language: str) -> None:
    kept = (resources.files("pipeline.lexicons") / language / "opening.npz").read_bytes()
    assert unpacked(kept)[1] == digest_of(language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_left_of_an_introduction(language: str) -> None:
    data = yaml.safe_load(
        (resources.files("pipeline.lexicons") / language / "purpose.yaml").read_text(encoding="utf-8")
    )["rest"]
    for key, wanted in (("hits", True), ("misses", False)):
        for text in data[key]:
            transcript = Transcript(language, (Turn("agent", text, None, None, 1.0),))
            kinds = {one.kind for one in find(Conversation.of(transcript), ())}
            assert ("purpose" in kinds) is wanted, text

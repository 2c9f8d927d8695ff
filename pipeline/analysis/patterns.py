"""The patterns of the rule files: written with terms in braces, compiled, and what a text must hold for one to match."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.analysis.heard import Form
from pipeline.analysis.prefilter import Clauses, Common, demands, grams_of
from pipeline.analysis.shipped_demands import kept
from pipeline.analysis.text import fold
from pipeline.lexicons import load_yaml

_LOOSE = re.compile(r"\[[^\]]*\]| |'")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern and what a text must hold for it to match at all; compiled when first needed."""

    source: str
    clauses: Clauses

    @property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled: most are never needed in a call, and compiling all takes a second."""
        return _compiled(self.source)

    def could(self, form: Form) -> bool:
        """Whether a text holds what it must for the pattern to match."""
        return not any(map(form.grams.isdisjoint, self.clauses))

    def hits(self, form: Form) -> Iterator[tuple[int, int]]:
        """Every place where it matches, empty matches left out."""
        if self.could(form):
            yield from self.spans(form.text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Every place in a text that could hold it, empty matches left out."""
        return [hit.span() for hit in self.regex.finditer(text) if hit.end() > hit.start()]


@functools.cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(source)


@functools.cache
def rule_files(language: str) -> tuple[dict[str, Any], ...]:
    """The content of all rule files of a language, by name."""
    folder = resources.files("pipeline.lexicons") / language
    files = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda p: p.name)
    read = (load_yaml(path.read_text(encoding="utf-8")) for path in files if not path.name.startswith("_"))
    return tuple(data for data in read if "rules" in data)


@functools.cache
def common_grams(language: str) -> Common:
    """How often each gram stands in the examples of the shipped rules: what is common there is common on the telephone."""
    rules = (rule for data in rule_files(language) for rule in data["rules"])
    texts = (fold(text) for rule in rules for text in (*rule.get("hits", ()), *rule.get("misses", ())))
    return Counter(itertools.chain.from_iterable(map(grams_of, texts)))


@functools.cache
def shared_terms(language: str) -> dict[str, list[str]]:
    """Named lists of words that all files of a language may use."""
    path = resources.files("pipeline.lexicons") / language / "_terms.yaml"
    return load_yaml(path.read_text(encoding="utf-8"))["terms"] if path.is_file() else {}


def compile_pattern(pattern: str, language: str, terms: Mapping[str, list[str]]) -> Pattern:
    """Expand ``{name}``; in English a pattern stands at word bounds, a space is any white space, an
    apostrophe optional."""
    expanded = expand(pattern, terms)
    if language == "en":
        loose = _LOOSE.sub(lambda hit: {" ": r"[\s,]+", "'": "'?"}.get(hit.group(), hit.group()), expanded)
        expanded = r"(?<!\w)(?:" + loose + r")(?!\w)"
    clauses = kept(language).get(expanded)
    return Pattern(expanded, demands(expanded, common_grams(language)) if clauses is None else clauses)


def expand(pattern: str, terms: Mapping[str, list[str]], depth: int = 0) -> str:
    """Put the alternatives in for each ``{name}``; terms may use other terms, four levels deep.

    Examples
    --------
    >>> expand("{now}就(定|签)", {"now": ["今天", "现在"]})
    '(?:今天|现在)就(定|签)'
    """
    if depth > 4:
        raise ValueError(f"terms refer to each other more than four levels deep in {pattern!r}")

    def alternatives(hit: re.Match[str]) -> str:
        name = hit.group(1)
        if name not in terms:
            raise ValueError(f"{{{name}}} in {pattern!r} is no known term; known: {', '.join(sorted(terms))}")
        return "(?:" + "|".join(expand(term, terms, depth + 1) for term in terms[name]) + ")"

    return re.sub(r"\{([a-z_]+)\}", alternatives, pattern)

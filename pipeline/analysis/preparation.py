"""Whether the agent came prepared: the customer addressed by name or role, the product's facts said as they are.

Facts are figures with a unit (``1999元``, ``12 months``, ``3.5%``) in the profile's benefits and facts of a product. A
sentence that names the product and a figure of the same unit beside a shared keyword, but no figure that the profile knows,
contradicts it. Without any such fact in the profile nothing is measurable.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.figures import Figure, figures
from pipeline.analysis.sides import SURE, why_unsure
from pipeline.analysis.text import fold
from pipeline.lexicons import load_yaml
from pipeline.profile import Product
from pipeline.types import Finding, Measure, Reason

_NO_FACTS = Reason(
    "no_product_facts", "公司资料里没有产品的数字事实", "the profile holds no figures of a product"
)
_NO_AGENT = Reason("no_agent_speech", "没有坐席的讲话", "the agent says nothing")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A figure said of a product where the profile says another."""

    product: str
    sentence: Sentence
    said: Figure
    known: tuple[Figure, ...]


def find(conversation: Conversation, prior: Sequence[Finding] = ()) -> list[Finding]:
    """No findings of its own: both figures are measures."""
    return []


def measure(conversation: Conversation, findings: Sequence[Finding] = ()) -> list[Measure]:
    """``customer_addressed`` (bool) and ``product_fact_conflicts`` (count)."""
    return [_addressed(conversation), _conflicts(conversation)]


def addresses(sentence: Sentence) -> tuple[int, int] | None:
    """Characters in which the customer is addressed by name or role."""
    data = address_data(sentence.language)
    before = re.compile(data["not_before"])
    text = sentence.text if sentence.language == "en" else sentence.folded
    for pattern in _patterns(sentence.language):
        for hit in pattern.finditer(text):
            name = (hit.groupdict().get("name") or "").lower()
            if name in data.get("not_names", ()) and name:
                continue
            if not before.search(sentence.folded[: hit.start()]):
                return hit.start(), hit.end()
    return None


def conflicts(conversation: Conversation) -> Iterator[Conflict]:
    """Every figure that the agent says of a product against the profile."""
    facts = {product.name: _facts(product) for product in conversation.profile.products}
    product: Product | None = None
    for sentence in conversation.sentences:
        product = _named(conversation, sentence) or product
        if sentence.speaker != "agent" or product is None or not facts[product.name]:
            continue
        for said in figures(sentence.folded, sentence.language):
            known = _comparable(said, sentence.folded, facts[product.name])
            if known and all(said.value != figure.value for figure in known):
                yield Conflict(product.name, sentence, said, tuple(known))


def _addressed(conversation: Conversation) -> Measure:
    method = "agent's sentences that name the customer by surname and role, or by name"
    spoken = list(conversation.by("agent"))
    if not spoken:
        return Measure("customer_addressed", None, "bool", method, _NO_AGENT)
    known = (s for s in spoken if s.speaker == "agent" and conversation.transcript.role_confidence >= SURE)
    said = any(addresses(sentence) for sentence in known)
    if not said and not conversation.transcript.sides_sure:
        return Measure(
            "customer_addressed",
            None,
            "bool",
            method,
            why_unsure(conversation.transcript, conversation.sound),
        )
    return Measure("customer_addressed", said, "bool", method)


def _conflicts(conversation: Conversation) -> Measure:
    method = "figures said of a product against the profile's benefits and facts"
    if not any(_facts(product) for product in conversation.profile.products):
        return Measure("product_fact_conflicts", None, "count", method, _NO_FACTS)
    if not conversation.transcript.sides_sure:
        return Measure(
            "product_fact_conflicts",
            None,
            "count",
            method,
            why_unsure(conversation.transcript, conversation.sound),
        )
    if not any(s.speaker == "agent" for s in conversation.sentences):
        return Measure("product_fact_conflicts", None, "count", method, _NO_AGENT)
    return Measure("product_fact_conflicts", sum(1 for _ in conflicts(conversation)), "count", method)


@dataclass(frozen=True, slots=True)
class _Fact:
    text: str
    figure: Figure
    keywords: frozenset[str]


@functools.lru_cache(maxsize=256)
def _facts(product: Product) -> tuple[_Fact, ...]:
    stated = [*product.benefits, *(str(fact) for fact in getattr(product, "facts", ()))]
    found: list[_Fact] = []
    for text in stated:
        folded = fold(text)
        language = "zh" if re.search(r"[\u3400-\u9fff]", folded) else "en"
        found += (_Fact(text, figure, _keywords(folded, language)) for figure in figures(folded, language))
    return tuple(found)


def _keywords(folded: str, language: str) -> frozenset[str]:
    """Words that tell which fact is meant: pairs of Han characters, or words of four letters and more."""
    if language == "zh":
        runs = re.findall(r"[\u3400-\u9fff]{2,}", re.sub(r"[零一二两三四五六七八九十百千万亿]+", " ", folded))
        return frozenset(run[at : at + 2] for run in runs for at in range(len(run) - 1))
    return frozenset(re.findall(r"[a-z]{4,}", folded))


def _comparable(said: Figure, folded: str, facts: Sequence[_Fact]) -> list[Figure]:
    """Figures of the same unit whose fact shares a keyword with the sentence."""
    language = "zh" if re.search(r"[\u3400-\u9fff]", folded) else "en"
    words = _keywords(folded, language)
    return [fact.figure for fact in facts if fact.figure.unit == said.unit and fact.keywords & words]


def _named(conversation: Conversation, sentence: Sentence) -> Product | None:
    for product in conversation.profile.products:
        if any(fold(name) in sentence.folded for name in (product.name, *product.aliases) if name):
            return product
    return None


@functools.cache
def address_data(language: str) -> Mapping[str, Any]:
    """How customers are addressed in a language, with examples."""
    path = resources.files("pipeline.lexicons") / ("zh" if language == "zh" else "en") / "_address.yaml"
    data: Mapping[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    data = address_data(language)
    if language != "zh":
        first, *others = data["frames"]
        return (
            re.compile(first, re.IGNORECASE),
            *(re.compile("(?i:" + _split(f)[0] + ")" + _split(f)[1]) for f in others),
        )
    surnames, roles = "|".join(data["surname"]), "|".join(data["role"])
    masked, head = data["masked"], r"(?:(?<![我边])是|您好|[,，。 ]|^)"
    named = rf"(?:(?:{surnames})(?:[\u4e00-\u9fff])?|{masked})(?:{roles})(?![\u4e00-\u9fff]*的)"
    return (
        re.compile(named),
        re.compile(rf"{head}{masked}(?=吗|您|[,，。 ]|$)"),
        re.compile(head + data["parent"] + r"(?=吗|您好|[,，。 ]|$)"),
    )


def _split(frame: str) -> tuple[str, str]:
    """The part before the name is told without regard to case, the name by its capital."""
    before, mark, after = frame.partition("(?P<name>")
    return before, mark + after

"""How the wording's detectors do on labelled calls: rates by kind, what each layer brings, how far confidences hold.

Calls are in the form of ``labelled.py``. Hard sell is counted by sentence, all else by turn: found where a finding
stands, and there where a mark covers half of it or it covers half of a mark. Layers are switched on one after the other: phrases
alone, with patterns, with the words learned, with the sentence encoder, and the detector with the dialogue around the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.analysis import acts
from pipeline.analysis.acts_features import row_alone
from pipeline.analysis.acts_model import load_weights, score, together
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.detect import find_all
from pipeline.analysis.labelled import LabelledCall, read_calls
from pipeline.analysis.matching import matches
from pipeline.analysis.outcome import decide
from pipeline.analysis.rules import load_rules
from pipeline.analysis.text import language_of
from pipeline.errors import ConfigError
from pipeline.types import Finding

LAYERS = ("lexicon", "+ patterns", "+ words", "+ encoder", "+ dialogue")
BINS = ((0.0, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01))
BY_SENTENCE = frozenset({"hard_sell"})
SLOTS = ("company", "department", "name", "purpose")
"""Of these only the first of a call counts."""


@dataclass
class Count:
    """Sentences found rightly, found wrongly and missed; each error as ``call turn: text``."""

    true: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 0 where nothing was found."""
        return self.true / max(1, self.true + len(self.false))

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.true / max(1, self.true + len(self.missed))

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.true / max(1, 2 * self.true + len(self.false) + len(self.missed))


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled call with what was found in it."""

    call: LabelledCall
    conversation: Conversation
    findings: tuple[Finding, ...]
    outcome: str

    def marked(self, kind: str) -> set[int]:
        """Places that a mark of a kind belongs to: the first sentence of the turn, or each sentence by itself."""
        spans = [(m.turn, m.start, m.end) for m in self.call.marks if m.kind == kind]
        return self.places(kind, sentences_in(self.conversation, spans))

    def found(self, kind: str, *, least: float = 0.0) -> set[int]:
        """Places in which a finding of a kind stands, with this confidence or more."""
        told = [f for f in self.findings if f.kind == kind and f.confidence >= least]
        return self.places(
            kind, sentences_in(self.conversation, [span_of(self.conversation, f) for f in told])
        )

    def places(self, kind: str, sentences: Iterable[int]) -> set[int]:
        """Sentences as places that are counted: of a turn one stands for all, of a slot the first of the call."""
        if kind in BY_SENTENCE:
            return set(sentences)
        turns = {self.conversation.sentences[index].turn for index in sentences}
        first = sorted(next(s.index for s in self.conversation.in_turn(turn)) for turn in turns)
        return set(first[:1] if kind in SLOTS else first)

    def told(self, index: int) -> str:
        """A sentence with its place, for a list of errors."""
        sentence = self.conversation.sentences[index]
        return f"{self.call.id} {sentence.turn}: {sentence.text}"


def read_folder(folder: Path) -> list[LabelledCall]:
    """All labelled calls (``*.txt``) under a folder.

    Each file's language is told by its name (``.zh.txt``, ``.en.txt``), else by its script; a call's header may say another.

    Raises
    ------
    ConfigError
        Every mistake in every file, as ``file:line → message``.
    """
    found: list[LabelledCall] = []
    mistakes: list[str] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*.txt")):
        try:
            text = path.read_text(encoding="utf-8-sig")
            calls = list(read_calls(text, _language(path, text), source=path.name, strict=True))
        except UnicodeDecodeError as error:
            mistakes.append(f"{path.name}: file → not UTF-8 (byte {error.start}); save it as UTF-8")
            continue
        except ConfigError as error:
            mistakes += error.mistakes
            continue
        for call in calls:
            if call.id in seen:
                mistakes.append(f"{path.name}: {call.id} → stands in {seen[call.id]} already; each call once")
            seen.setdefault(call.id, path.name)
        found += calls
    if mistakes:
        raise ConfigError(mistakes)
    return found


def _language(path: Path, text: str) -> str:
    named = path.name.lower().removesuffix(".txt").rpartition(".")[2]
    return named if named in ("zh", "en") else language_of(text) or "en"


def judge(calls: Iterable[LabelledCall]) -> list[Judged]:
    """Find all there is to find in some calls."""
    judged = []
    for call in calls:
        conversation = Conversation.of(call.transcript, profile=call.profile)
        findings = find_all(conversation)
        judged.append(Judged(call, conversation, findings, decide(conversation, findings).label))
    return judged


def span_of(conversation: Conversation, finding: Finding) -> tuple[int, int, int]:
    """Turn and characters of a finding's quote; the whole turn where it has none."""
    turn = finding.turn or 0
    text = conversation.turns[turn].text
    start = text.find(finding.quote) if finding.quote else 0
    return turn, max(0, start), max(0, start) + len(finding.quote or text)


def sentences_in(conversation: Conversation, spans: Iterable[tuple[int, int, int]]) -> set[int]:
    """Sentences that a span covers half of, or that cover half of a span."""
    found = set()
    for turn, start, end in spans:
        for sentence in conversation.in_turn(turn):
            both = min(end, sentence.start + len(sentence.text)) - max(start, sentence.start)
            if both > 0 and both * 2 >= min(end - start, len(sentence.text)):
                found.add(sentence.index)
    return found


def count(judged: Sequence[Judged], kind: str, *, least: float = 0.0) -> Count:
    """A kind over some calls."""
    total = Count()
    for one in judged:
        _add(total, one, one.marked(kind), one.found(kind, least=least))
    return total


def _add(total: Count, one: Judged, wanted: set[int], found: set[int]) -> None:
    total.true += len(wanted & found)
    total.false += [one.told(index) for index in sorted(found - wanted)]
    total.missed += [one.told(index) for index in sorted(wanted - found)]


def details(judged: Sequence[Judged], kind: str) -> dict[str, tuple[int, int]]:
    """By name of detail: how often it is right, of how many sentences rightly found."""
    right: dict[str, tuple[int, int]] = {}
    for one in judged:
        for mark in (mark for mark in one.call.marks if mark.kind == kind):
            here = sentences_in(one.conversation, [(mark.turn, mark.start, mark.end)])
            told = [
                f for f in one.findings
                if f.kind == kind and sentences_in(one.conversation, [span_of(one.conversation, f)]) & here
            ]  # fmt: skip
            for name, value in mark.detail if told else ():
                hits, all_ = right.get(name, (0, 0))
                right[name] = (hits + any(f.detail.get(name) == value for f in told), all_ + 1)
    return right


def ablate(judged: Sequence[Judged], language: str, kind: str) -> Mapping[str, Count]:
    """Each layer's count for a learned kind, each with all layers before it."""
    side = next(side for side, kinds in acts.KINDS.items() if kind in kinds)
    counts = {layer: Count() for layer in LAYERS}
    for one in (one for one in judged if one.conversation.transcript.language == language):
        mine = [s for s in one.conversation.sentences if s.speaker == side and s.language == language]
        wanted = one.marked(kind)
        for layer, found in _by_layer(mine, language, side, kind).items():
            _add(counts[layer], one, wanted, one.places(kind, found))
        _add(counts["+ dialogue"], one, wanted, one.found(kind))
    return counts


def _by_layer(mine: Sequence[Sentence], language: str, side: str, kind: str) -> dict[str, set[int]]:
    rules = load_rules(kind, language)
    open_to = [s for s in mine if not rules.silenced(s.folded)]
    hits = {s.index: {match.layer for match in matches(kind, s)} for s in open_to}
    weights = load_weights(language, side)
    target, rows = weights.targets[weights.at(kind)], [row_alone(s.text, language) for s in mine]

    def learned(ask: Sequence[str]) -> set[int]:
        scores: Any = score(weights, rows, ask=ask) if rows else []
        least = (acts.logit(target.threshold) - target.offset) / target.slope
        sort = acts.SORTS.get(kind)
        if (
            sort and not ask
        ):  # the sorts' models are asked with the encoder alone: by words a kind's own model decides
            sort, least = None, 0.0
        raw: Any = together(weights, scores, kind, sort) if rows else []
        return {s.index for s, one in zip(mine, raw, strict=True) if one >= least}

    return {
        "lexicon": {index for index, layers in hits.items() if layers & {"lexicon", "sound"}},
        "+ patterns": {index for index, layers in hits.items() if layers},
        "+ words": learned(()),
        "+ encoder": learned(acts.KINDS[side]),
    }


def reliability(judged: Sequence[Judged]) -> list[tuple[float, float, int, int, float]]:
    """Findings of the learned kinds by confidence: bounds, how many, how many right, mean confidence."""
    table = []
    kinds = [kind for kinds in acts.KINDS.values() for kind in kinds]
    told = [
        (
            f.confidence,
            bool(one.places(f.kind, sentences_in(one.conversation, [span_of(one.conversation, f)])) & one.marked(f.kind)),
        )
        for one in judged for f in one.findings if f.kind in kinds
    ]  # fmt: skip
    for low, high in BINS:
        inside = [(confidence, right) for confidence, right in told if low <= confidence < high]
        mean = sum(confidence for confidence, _ in inside) / max(1, len(inside))
        table.append((low, min(high, 1.0), len(inside), sum(right for _, right in inside), mean))
    return table


def report(judged: Sequence[Judged]) -> str:
    """Both tables as text."""
    lines = [f"{'kind':18} {'':3} {'layer':12} {'P':>6} {'R':>6} {'F1':>6} {'n':>5}"]
    for language in sorted({one.conversation.transcript.language for one in judged}):
        for kind in (kind for kinds in acts.KINDS.values() for kind in kinds):
            for layer, one in ablate(judged, language, kind).items():
                size = one.true + len(one.missed)
                rates = f"{one.precision:6.3f} {one.recall:6.3f} {one.f1:6.3f} {size:5}"
                lines.append(f"{kind:18} {language:3} {layer:12} {rates}")
    lines += ["", f"{'confidence':12} {'findings':>9} {'mean':>6} {'right':>7}"]
    for low, high, size, right, mean in reliability(judged):
        share = f"{right / size:7.3f}" if size else f"{'–':>7}"
        lines.append(f"{low:.1f}–{high:.1f}      {size:9} {mean:6.3f} {share}")
    return "\n".join(lines)

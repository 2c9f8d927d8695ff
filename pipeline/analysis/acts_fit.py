"""Fits the learned layer: ``python -m pipeline.analysis.acts_fit [zh|en]`` writes the weights beside the calls they come from.

Logistic regression with an L2 penalty, by L-BFGS. Each part of the authors is judged by a model that has not seen it; from those
judgements come Platt's calibration (Platt, "Probabilistic outputs for support vector machines", 1999) and the threshold of each
kind, the one with the best F1. The models shipped are fitted to all. ``--authors`` prints the rates where each author's calls
are judged by a model of the others' calls: what to expect of wording by somebody new.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analysis.acts import DETAILS, KINDS, SORTS
from pipeline.analysis.acts_features import COLUMNS, RULES, row_alone, rows_of
from pipeline.analysis.acts_model import SHUT, Target, Weights, joined, load_weights, packed
from pipeline.analysis.acts_table import Example, Table
from pipeline.analysis.beside_rules import load_examples
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.labelled import LabelledCall, read_calls
from pipeline.analysis.rules import LANGUAGES
from pipeline.lexicons import load_yaml

if TYPE_CHECKING:
    import numpy as np

MOMENTS = "moments"
"""Folder of excerpts of a few lines: they show how a thing is said, and nothing of where in a call."""
ALONE = 0.5
"""What a sentence without its call and its stops weighs against the same one in it."""
BESIDE_RULES = 0.5
"""What an example of a rule file weighs."""
FOLDS = 4
STOPS = "。？！?!.,，… "
SAME = {"pitch_after_refusal": "pitch"}
"""What the order of turns tells apart is learned as one kind."""
SILENT = 0.02
"""Share of the true sentences that the quick model may shut out from the encoder."""
LEAST_THRESHOLD, MOST_THRESHOLD = 0.35, 0.6
"""Bounds of a kind's threshold: far under it a doubt is not worth a person's time, what passes the gate is always listed."""
LEAST_COSTLY = {"hard_sell": 0.4}
"""Higher bounds for kinds whose false finding weighs on an agent."""


def _folder(language: str) -> Path:
    return Path(str(resources.files("pipeline.lexicons") / language))


def calls_of(language: str) -> Iterator[tuple[str, LabelledCall]]:
    """The shipped labelled calls and moments with their file; its name begins with a letter for its author."""
    for path in _labelled(language):
        for call in read_calls(path.read_text(encoding="utf-8"), language, source=path.name):
            yield path.stem, call


def _labelled(language: str) -> list[Path]:
    return [path for kind in ("calls", MOMENTS) for path in sorted((_folder(language) / kind).glob("*.txt"))]


def digest_of(language: str) -> str:
    """Of all that the weights of a language rest on: the calls, the rules that are features, the examples."""
    folder = _folder(language)
    files = [*_labelled(language), *sorted((folder / "examples").glob("*.yaml"))]
    files += [folder / f"{kind}.yaml" for kind in RULES]
    whole = hashlib.sha256()
    for path in files:
        if path.is_file():
            whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def labels_of(call: LabelledCall, conversation: Conversation) -> dict[int, set[str]]:
    """Names of targets by sentence: a mark belongs to each sentence that it covers half of, or that covers half of it."""
    found: dict[int, set[str]] = {sentence.index: set() for sentence in conversation.sentences}
    for mark in call.marks:
        for sentence in conversation.in_turn(mark.turn):
            end = sentence.start + len(sentence.text)
            both = min(end, mark.end) - max(sentence.start, mark.start)
            if both > 0 and both * 2 >= min(mark.end - mark.start, len(sentence.text)):
                found[sentence.index].add(SAME.get(mark.kind, mark.kind))
                names = DETAILS.get(mark.kind, ())
                found[sentence.index].update(f"{mark.kind}.{name}={mark[name]}" for name in names)
    return found


def sentences_of(conversation: Conversation, language: str, side: str) -> list[Sentence]:
    """The sentences of a call that one side's examples are made of."""
    return [s for s in conversation.sentences if s.speaker == side and s.language == language]


def examples_of(language: str, side: str) -> list[Example]:
    """All sentences of one side in the labelled calls, each in its call and once more without it and its stops."""
    examples: list[Example] = []
    for file, call in calls_of(language):
        conversation = Conversation.of(call.transcript, profile=call.profile)
        labels = labels_of(call, conversation)
        mine = sentences_of(conversation, language, side)
        rows = rows_of(conversation, mine, excerpt=not call.outcome)
        for sentence, row in zip(mine, rows, strict=True):
            names = frozenset(labels[sentence.index])
            examples.append(Example(row, names, file))
            bare = sentence.text.rstrip(STOPS)  # as a recogniser writes that leaves stops out
            examples.append(Example(row_alone(bare, language), names, file, ALONE, alone=True))
    return examples


def beside_rules(language: str, kinds: Sequence[str]) -> list[Example]:
    """The examples of the rule files and of ``examples/``, without a call; each speaks for its own kind only."""
    examples: list[Example] = []
    for kind in kinds:
        given = load_examples(kind, language)
        labelled = {text: frozenset[str]() for text in given.unlike}
        labelled |= {text: frozenset({kind, *_named(kind, detail)}) for text, detail in given.like}
        path = _folder(language) / "examples" / f"{kind}.yaml"
        data = load_yaml(path.read_text(encoding="utf-8")) if path.is_file() else {}
        labelled |= {text: frozenset[str]() for text in data.get("unlike", [])}
        for group in data.get("like", []):
            named = frozenset({kind, *_named(kind, group.get("detail", {}))})
            labelled |= dict.fromkeys(group["examples"], named)
        examples += [
            Example(row_alone(text, language), names, "", BESIDE_RULES, of=kind, alone=True)
            for text, names in labelled.items()
        ]
    return examples


def _named(kind: str, detail: Mapping[str, Any]) -> list[str]:
    return [f"{kind}.{name}={detail[name]}" for name in DETAILS.get(kind, ()) if name in detail]


def table_of(language: str, side: str) -> Table:
    """Everything there is to learn one side from."""
    return Table.of([*examples_of(language, side), *beside_rules(language, KINDS[side])])


def fit_side(language: str, side: str) -> Weights:
    """Weights of one side."""
    import numpy as np

    told = table_of(language, side)
    targets: list[Target] = []
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    unasked = np.zeros(COLUMNS + 1)
    unasked[-1] = SHUT
    for kind in KINDS[side]:
        table = told.part([example.of in ("", kind) for example in told.examples])
        real, sorts = table.part(table.truth(kind)), sorts_of(table, kind)
        names = sorted({name for one in real.examples for name in one.labels if name.startswith(f"{kind}.")})
        targets += [calibrate(table, kind), *(Target(name, 1.0, 0.0, 0.5, 1e9) for name in names)]
        columns.append((table.fit(kind, encoder=False), table.fit(kind, encoder=True)))
        columns += [(unasked, (table if name in sorts else real).fit(name, encoder=True)) for name in names]
    quick, full = (np.stack([pair[at] for pair in columns], axis=1) for at in (0, 1))
    bias, encoder = np.stack([quick[-1], full[-1]]), full[COLUMNS:-1]
    return Weights(tuple(targets), quick[:COLUMNS], full[:COLUMNS], encoder, bias, digest_of(language))


def sorts_of(table: Table, kind: str) -> list[str]:
    """Names of the targets of a kind's sorts, each with a model of its own."""
    if kind not in SORTS:
        return []
    prefix = f"{kind}.{SORTS[kind]}="
    return sorted({name for one in table.examples for name in one.labels if name.startswith(prefix)})


def across_authors(language: str, side: str) -> Iterator[str]:
    """A line a kind: precision, recall and F1 where each author's calls are judged by a model of the others'."""
    told, weights = table_of(language, side), load_weights(language, side)
    for kind in KINDS[side]:
        table = told.part([example.of in ("", kind) for example in told.examples])
        parts = {example.file: example.file[0] for example in table.examples if example.file}
        raw, _quick, real = judged(table, kind, parts)
        precision, recall, f1 = rates(raw, real, weights.targets[weights.at(kind)])
        yield f"{language} {kind:18} P {precision:.3f} R {recall:.3f} F1 {f1:.3f} n {int(real.sum())}"


def calibrate(table: Table, kind: str) -> Target:
    """Platt's figures and the threshold of a kind, each part of the authors judged by a model of the others."""
    import numpy as np

    raw, quick, real = judged(table, kind, parts_by_author(table))
    slope, offset = platt(raw, real)
    chance = 1 / (1 + np.exp(-(slope * raw + offset)))
    threshold = best_threshold(chance, real, least=LEAST_COSTLY.get(kind, LEAST_THRESHOLD))
    return Target(kind, slope, offset, threshold, float(np.quantile(quick[real > 0], SILENT)))


def parts_by_author(table: Table) -> dict[str, str]:
    """Which part each file belongs to: whole authors, the parts as even as that allows.

    A file judged by a model that knows its author's other calls does better than one by a stranger, and it is
    strangers' words that confidence and threshold must hold for.
    """
    sizes = Counter(example.file[0] for example in table.examples if example.file)
    full = dict.fromkeys(map(str, range(FOLDS)), 0)
    part_of: dict[str, str] = {}
    for author, size in sizes.most_common():
        part = min(full, key=lambda name: full[name])
        part_of[author], full[part] = part, full[part] + size
    return {example.file: part_of[example.file[0]] for example in table.examples if example.file}


def scores_by(others: Table, own: Table, kind: str) -> np.ndarray:
    """Full scores of a table's examples for a kind, by models of the others."""
    names = (kind, *sorts_of(others, kind))
    whole, *sorts = (own.apply(others.fit(name, encoder=True), encoder=True) for name in names)
    return joined(whole, sorts)


def judged(table: Table, kind: str, parts: Mapping[str, str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Full score, quick score and truth of each sentence in its call, by a model of the other parts' files."""
    import numpy as np

    scores, quick, truth = [], [], []
    for part in sorted(set(parts.values())):
        others = table.part([parts.get(example.file) != part for example in table.examples])
        own = table.part(
            [parts.get(example.file) == part and not example.alone for example in table.examples]
        )
        scores.append(scores_by(others, own, kind))
        quick.append(own.apply(others.fit(kind, encoder=False), encoder=False))
        truth.append(own.truth(kind))
    return np.concatenate(scores), np.concatenate(quick), np.concatenate(truth).astype(float)


def scores_across(table: Table, kind: str) -> np.ndarray:
    """Full score of each sentence in its call, in the table's order, each part of the authors by a model of the others."""
    import numpy as np

    parts = parts_by_author(table)
    own = [at for at, example in enumerate(table.examples) if example.file and not example.alone]
    scores = np.zeros(len(table.examples))
    for part in sorted(set(parts.values())):
        others = table.part([parts.get(example.file) != part for example in table.examples])
        mine = [parts.get(example.file) == part for example in table.examples]
        scores[mine] = scores_by(others, table.part(mine), kind)
    return scores[own]


def rates(raw: np.ndarray, real: np.ndarray, target: Target) -> tuple[float, float, float]:
    """Precision, recall and F1 of scores at a target's threshold."""
    import numpy as np

    counted = 1 / (1 + np.exp(-(target.slope * raw + target.offset))) >= target.threshold
    hits = float((counted & (real > 0)).sum())
    precision, recall = hits / max(1.0, float(counted.sum())), hits / max(1.0, float(real.sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def best_threshold(chance: np.ndarray, real: np.ndarray, *, least: float) -> float:
    """The probability from which F1 is best, within the bounds."""
    import numpy as np

    def f1(step: float) -> float:
        counted = chance >= step
        return float(2 * (counted & (real > 0)).sum() / max(1.0, counted.sum() + real.sum()))

    steps = np.arange(least, MOST_THRESHOLD + 1e-9, 0.02)
    return float(max(steps, key=lambda step: f1(float(step))))


def platt(raw: np.ndarray, real: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the logistic curve from score to probability."""
    import numpy as np
    from scipy.optimize import minimize

    def loss(figures: np.ndarray) -> float:
        return float(np.logaddexp(0, -(2 * real - 1) * (figures[0] * raw + figures[1])).sum())

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return float(slope), float(offset)


def main(arguments: Sequence[str]) -> None:
    """Fit and write the weights of some languages, or, with ``--authors``, print how each kind does across authors."""
    asked = [argument for argument in arguments if not argument.startswith("-")] or LANGUAGES
    for language, side in ((language, side) for language in asked for side in KINDS):
        if "--authors" in arguments:
            sys.stdout.writelines(f"{line}\n" for line in across_authors(language, side))
            continue
        weights = fit_side(language, side)
        place = _folder(language) / f"acts.{side}.npz"
        place.write_bytes(packed(weights))
        for target in weights.targets:
            if target.name in KINDS[side]:
                sys.stdout.write(f"{language} {target.name:18} counts from {target.threshold:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

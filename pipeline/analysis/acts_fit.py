"""Fits the learned layer: ``python -m pipeline.analysis.acts_fit [zh|en]`` writes the weights beside the calls they come from.

Logistic regression with an L2 penalty, by L-BFGS. Each part of the authors is judged by a model that has not seen it; from those
judgements come Platt's calibration (Platt, "Probabilistic outputs for support vector machines", 1999) and the threshold of each
kind, the one with the best F1. The models shipped are fitted to all. ``--authors`` prints the rates where each author's calls
are judged by a model of the others' calls: what to expect of wording by somebody new.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analysis.acts import DETAILS, KINDS
from pipeline.analysis.acts_calibration import calibrate, judged, rates, sorts_of
from pipeline.analysis.acts_features import COLUMNS, RULES, row_alone, rows_of
from pipeline.analysis.acts_model import (
    SHUT,
    Target,
    Weights,
    load_weights,
    packed,
)
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
STOPS = "。？！?!.,，… "
SAME = {"pitch_after_refusal": "pitch"}
"""What the order of turns tells apart is learned as one kind."""


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
    for number, (file, call) in enumerate(calls_of(language)):
        conversation = Conversation.of(call.transcript, profile=call.profile)
        labels = labels_of(call, conversation)
        mine = sentences_of(conversation, language, side)
        rows = rows_of(conversation, mine, excerpt=not call.outcome)
        for sentence, row in zip(mine, rows, strict=True):
            names = frozenset(labels[sentence.index])
            examples.append(Example(row, names, file, call=number if call.outcome else -1))
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


def fit_side(language: str, side: str) -> tuple[Weights, dict[str, np.ndarray]]:
    """Weights of one side, and by kind the score of each sentence in its call by models of the other authors' calls."""
    import numpy as np

    told = table_of(language, side)
    targets: list[Target] = []
    columns: list[tuple[np.ndarray, np.ndarray]] = []
    strangers: dict[str, np.ndarray] = {}
    unasked = np.zeros(COLUMNS + 1)
    unasked[-1] = SHUT
    for kind in KINDS[side]:
        table = told.part([example.of in ("", kind) for example in told.examples])
        real, sorts = table.part(table.truth(kind)), sorts_of(table, kind)
        names = sorted({name for one in real.examples for name in one.labels if name.startswith(f"{kind}.")})
        target, strangers[kind] = calibrate(table, kind)
        targets += [target, *(Target(name, 1.0, 0.0, 0.5, 1e9) for name in names)]
        columns.append((table.fit(kind, encoder=False), table.fit(kind, encoder=True)))
        columns += [(unasked, (table if name in sorts else real).fit(name, encoder=True)) for name in names]
    quick, full = (np.stack([pair[at] for pair in columns], axis=1) for at in (0, 1))
    bias, encoder = np.stack([quick[-1], full[-1]]), full[COLUMNS:-1]
    weights = Weights(tuple(targets), quick[:COLUMNS], full[:COLUMNS], encoder, bias, digest_of(language))
    return weights, strangers


def strangers_of(language: str, side: str, *, again: bool = False) -> dict[str, np.ndarray]:
    """By kind the score of each sentence in its call by models of the other authors' calls, as the last fit to the same data left
    them in the machine's folder for temporary files; fitted anew where it left none, or ``again``."""
    import numpy as np

    place = Path(tempfile.gettempdir()) / f"callgauge-{language}-{side}-{digest_of(language)}.npz"
    if again or not place.is_file():
        weights, strangers = fit_side(language, side)
        (_folder(language) / f"acts.{side}.npz").write_bytes(packed(weights))
        np.savez(place, **strangers)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    with np.load(place, allow_pickle=False) as kept:
        return {kind: kept[kind] for kind in kept.files}


def across_authors(language: str, side: str) -> Iterator[str]:
    """A line a kind: precision, recall and F1 where each author's calls are judged by a model of the others'."""
    told, weights = table_of(language, side), load_weights(language, side)
    for kind in KINDS[side]:
        table = told.part([example.of in ("", kind) for example in told.examples])
        parts = {example.file: example.file[0] for example in table.examples if example.file}
        raw, _quick, real = judged(table, kind, parts)
        precision, recall, f1 = rates(raw, real, weights.targets[weights.at(kind)])
        yield f"{language} {kind:18} P {precision:.3f} R {recall:.3f} F1 {f1:.3f} n {int(real.sum())}"


def main(arguments: Sequence[str]) -> None:
    """Fit and write the weights of some languages, or, with ``--authors``, print how each kind does across authors."""
    asked = [argument for argument in arguments if not argument.startswith("-")] or LANGUAGES
    for language, side in ((language, side) for language in asked for side in KINDS):
        if "--authors" in arguments:
            sys.stdout.writelines(f"{line}\n" for line in across_authors(language, side))
            continue
        strangers_of(language, side, again=True)
        load_weights.cache_clear()
        for target in load_weights(language, side).targets:
            if target.name in KINDS[side]:
                sys.stdout.write(f"{language} {target.name:18} counts from {target.threshold:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

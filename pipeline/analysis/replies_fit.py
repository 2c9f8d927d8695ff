"""Fits the layer over replies: ``python -m pipeline.analysis.replies_fit`` writes ``lexicons/replies.npz``.

Logistic regression in the dual with an L2 penalty, over both languages' labelled calls. Each part of the authors is
judged by a model of the others'; from those judgements comes Platt's calibration. What the layer over sentences says of
the replies comes from models that never saw the author either: of its own calls it is surer than of any others.
It prints how often each detail is right across authors, beside the most frequent value.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analysis import acts_calibration, acts_fit, jargon
from pipeline.analysis.acts_features import HASHED
from pipeline.analysis.acts_model import load_weights
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.labelled import Mark
from pipeline.analysis.logistic import matrix_of, solve
from pipeline.analysis.replies import DETAILS, FILE, FORM, dense_of
from pipeline.analysis.replies_features import TOLD, Exchange, Row, row_of
from pipeline.analysis.rules import LANGUAGES

if TYPE_CHECKING:
    import numpy as np

RIDGE = 0.3
"""Penalty (cross-validated by author, once for all details)."""
EVEN = 0.5
"""How far values are evened out: 0 as they come, 1 all alike."""
_STEPS = 6
FOLDS = 8
"""Parts of the authors that take turns at being judged: an author each would take four times as long."""


@dataclass(frozen=True, slots=True)
class Example:
    """An exchange or a term with the true value of its detail."""

    author: str
    language: str
    row: Row
    value: Any


@dataclass(frozen=True, slots=True)
class Table:
    """Examples of one detail as matrices, and how alike each two are."""

    examples: Sequence[Example]
    sparse: Any
    dense: np.ndarray
    kernel: np.ndarray

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Table:
        """Read every example once."""
        import numpy as np

        rows = [example.row for example in examples]
        made = matrix_of(rows, HASHED)
        dense = np.stack([dense_of(row) for row in rows]).astype(np.float64)
        return cls(examples, made, dense, (made @ made.T).toarray() + dense @ dense.T)


def digest() -> str:
    """Of the form of features and fit, and of all that the layer over sentences rests on: calls, rules, examples."""
    whole = hashlib.sha256(f"form {FORM}".encode())
    for language in LANGUAGES:
        whole.update(acts_fit.digest_of(language).encode())
    return whole.hexdigest()


def examples() -> dict[str, list[Example]]:
    """All marks that carry a detail, by the detail's name."""
    found: dict[str, list[Example]] = {name: [] for name in DETAILS}
    kinds = {kind: name for name, (kind, _values) in DETAILS.items()}
    for language in LANGUAGES:
        told = _strangers(language)
        for number, (file, call) in enumerate(acts_fit.calls_of(language)):
            conversation = Conversation.of(call.transcript, profile=call.profile)
            for mark in call.marks:
                name = kinds.get(mark.kind)
                if name is None:
                    continue
                row = _row(conversation, mark, told[number], excerpt=not call.outcome)
                if row is not None:
                    found[name].append(Example(file[0], language, row, mark[name]))
    return found


def _row(
    conversation: Conversation, mark: Mark, told: dict[tuple[str, int], float], *, excerpt: bool
) -> Row | None:
    """The row of a mark; an excerpt that ends before the agent replies says nothing of replies."""
    if mark.kind == jargon.KIND:
        return jargon.row_of_mark(conversation, mark.turn, mark.start, mark.end)
    asked = _sentences(conversation, mark)
    if not asked:
        return None
    exchange = Exchange.of(conversation, asked)
    if excerpt and not any(exchange.replies):
        return None
    return row_of(exchange, lambda kind, sentence: told.get((kind, sentence.index), 0.0))


def _sentences(conversation: Conversation, mark: Mark) -> list[Sentence]:
    """Sentences that a mark covers half of, or that cover half of it."""
    found = []
    for sentence in conversation.in_turn(mark.turn):
        end = sentence.start + len(sentence.text)
        both = min(end, mark.end) - max(sentence.start, mark.start)
        if both > 0 and both * 2 >= min(mark.end - mark.start, len(sentence.text)):
            found.append(sentence)
    return found


def _strangers(language: str) -> list[dict[tuple[str, int], float]]:
    """For each call how likely each sentence is of a kind, by models of other authors' calls."""
    import numpy as np

    scored = acts_fit.strangers_of(language, "agent")
    weights = load_weights(language, "agent")
    calls = [
        Conversation.of(call.transcript, profile=call.profile) for _file, call in acts_fit.calls_of(language)
    ]
    places = [
        (number, sentence.index)
        for number, conversation in enumerate(calls)
        for sentence in acts_fit.sentences_of(conversation, language, "agent")
    ]
    found: list[dict[tuple[str, int], float]] = [{} for _ in calls]
    for kind in TOLD:
        target = weights.targets[weights.at(kind)]
        likely = 1 / (1 + np.exp(-(target.slope * scored[kind] + target.offset)))
        for (number, sentence), chance in zip(places, likely.tolist(), strict=True):
            found[number][kind, sentence] = chance
    return found


def _solved(kernel: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
    return solve(kernel, truth, ridge=RIDGE, even=EVEN, steps=_STEPS)


def across_authors(table: Table, value: Any) -> np.ndarray:
    """The score of each example for a value, by a model that never saw its author."""
    import numpy as np

    parts = parts_of(table.examples)
    truth = truth_of(table, value)
    scores = np.zeros(len(truth))
    for part in range(FOLDS):
        others, own = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        if len(own) and len(others):
            pull, bias = _solved(table.kernel[np.ix_(others, others)], truth[others])
            scores[own] = table.kernel[np.ix_(own, others)] @ pull + bias
    return scores


def parts_of(examples: Sequence[Example]) -> np.ndarray:
    """The part of each example: whole authors, the parts as even as that allows."""
    import numpy as np

    part_of: dict[str, int] = {}
    full = [0] * FOLDS
    for author, size in Counter(example.author for example in examples).most_common():
        part = full.index(min(full))
        part_of[author], full[part] = part, full[part] + size
    return np.array([part_of[example.author] for example in examples])


def truth_of(table: Table, value: Any) -> np.ndarray:
    """Whether each example has a value."""
    import numpy as np

    return np.array([float(example.value == value) for example in table.examples])


def fit(table: Table, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Weights of a detail as arrays of the file, Platt's calibration in them, and chances across authors ``(n, values)``."""
    import numpy as np

    parts: dict[str, list[Any]] = {"sparse": [], "vectors": [], "bias": []}
    judged = []
    for value in DETAILS[name][1]:
        truth, scores = truth_of(table, value), across_authors(table, value)
        slope, offset = acts_calibration.platt(scores, truth)
        judged.append(1 / (1 + np.exp(-(slope * scores + offset))))
        pull, bias = _solved(table.kernel, truth)
        parts["sparse"].append(slope * (table.sparse.T @ pull))
        parts["vectors"].append(slope * (table.dense.T @ pull))
        parts["bias"].append(slope * bias + offset)
    halves = {
        f"{name}_{part}": np.stack(parts[part], axis=1).astype(np.float16) for part in ("sparse", "vectors")
    }
    return {**halves, f"{name}_bias": np.array(parts["bias"], dtype=np.float32)}, np.stack(judged, axis=1)


def right(table: Table, name: str, judged: np.ndarray) -> Iterator[str]:
    """A line a language: how often the likeliest value is the true one, beside the most frequent value."""
    values = DETAILS[name][1]
    told = [values[int(row.argmax())] if len(row) > 1 else bool(row[0] >= 0.5) for row in judged]
    for language in LANGUAGES:
        mine = [
            (value, example.value)
            for value, example in zip(told, table.examples, strict=True)
            if example.language == language
        ]
        hits = sum(value == truth for value, truth in mine)
        most = Counter(truth for _value, truth in mine).most_common(1)[0][1]
        yield f"{language} {name:10} right {hits} of {len(mine)} ({hits / len(mine):.3f}), most frequent value {most}"


def main() -> None:
    """Fit, write the file, and say how often each detail is right across authors."""
    import numpy as np

    arrays: dict[str, Any] = {"digest": np.array(digest())}
    for name, given in examples().items():
        table = Table.of(given)
        made, judged = fit(table, name)
        arrays |= made
        sys.stdout.writelines(f"{line}\n" for line in right(table, name, judged))
    np.savez_compressed(Path(str(resources.files("pipeline.lexicons"))) / FILE, **arrays)


if __name__ == "__main__":
    main()

"""Fits the models of a call's ending and writes them beside the lexicons: ``python -m pipeline.analysis.outcome_fit``.

Everything is regularised least squares, one against the rest, with class weights (Rifkin, Yeo and Poggio,
"Regularized least-squares classification", 2003): a linear system, solved exactly, the same on every machine up to
rounding. Labelled calls carry their author's letter in the file's name; what is said of unseen calls comes from
fitting on one author and deciding the other's.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.endings import ACTS, GRAM_SHARE, GRAM_ZONES, ActModel, Ending, ending_of
from pipeline.analysis.features import GRAMS, gram_columns, gram_matrix, vectors
from pipeline.analysis.follow_up import Candidate, candidates, signs_of
from pipeline.analysis.labelled import LabelledCall, read_calls
from pipeline.analysis.logistic import solve
from pipeline.analysis.outcome_model import FILE, LABELS, Fitted, unpack
from pipeline.analysis.rules import LANGUAGES, load_rules
from pipeline.lexicons import load_yaml
from pipeline.types import Speaker, Transcript, Turn

if TYPE_CHECKING:
    import numpy as np

FORM = 1
"""Raised when features or fit change, so that the digest does."""
_ACT_RIDGE, _CALL_RIDGE, _EVEN = 0.5, 2.0, 0.5
"""Penalties and how far classes are evened out (0 as they come, 1 all alike), by cross-validation between authors."""
_ENCODER, _FOLLOW_GRAMS, _FOLLOW_NEXT = 0.5, 1.0, 0.5
SEEN = "seen"
_SIDES: dict[str, Speaker] = {"a": "agent", "c": "customer", "u": "unknown"}


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled call: whose it is, its outcome, and as the model sees it."""

    author: str
    language: str
    label: str
    conversation: Conversation
    call: LabelledCall | None = None


def sources() -> list[Path]:
    """The files that the weights are fitted from."""
    root = Path(str(resources.files("pipeline.lexicons")))
    found: list[Path] = []
    for language in LANGUAGES:
        folder = root / language
        found += [*sorted(folder.glob("calls/*.txt")), folder / "_dialogues.yaml", folder / "_endings.yaml"]
    return found


def digest() -> str:
    """Of all labelled data, and of the form of features and fit."""
    whole = hashlib.sha256(f"form {FORM}".encode())
    for path in sources():
        whole.update(path.read_bytes())
    return whole.hexdigest()


def examples() -> Iterator[Example]:
    """Every labelled call and dialogue, with its author."""
    for path in sources():
        language = path.parts[-3] if path.suffix == ".txt" else path.parts[-2]
        if path.suffix == ".txt":
            for call in read_calls(path.read_text(encoding="utf-8"), language, source=path.name):
                if call.outcome:
                    yield Example(
                        path.name[0], language, call.outcome, Conversation.of(call.transcript), call
                    )
        elif path.stem == "_dialogues":
            for group in load_yaml(path.read_text(encoding="utf-8")):
                for lines in group["dialogues"]:
                    turns = tuple(Turn(_SIDES[line[0]], line[3:], None, None, 1.0) for line in lines)
                    yield Example(
                        SEEN, language, group["label"], Conversation.of(Transcript(language, turns))
                    )


def fit_acts() -> dict[str, ActModel]:
    """The sentence models of either side, from ``_endings.yaml`` of all languages."""
    return {side: _act_model(side) for side in ACTS}


def _act_model(side: str) -> ActModel:
    import numpy as np

    texts: list[str] = []
    labels: list[int] = []
    rows: list[np.ndarray] = []
    for language in LANGUAGES:
        path = resources.files("pipeline.lexicons") / language / "_endings.yaml"
        said = [
            (text, ACTS[side].index(act))
            for act, given in load_yaml(path.read_text(encoding="utf-8"))[side].items()
            for text in given
        ]
        texts += [text for text, _ in said]
        labels += [label for _, label in said]
        rows.append(gram_matrix([text for text, _ in said], language))
    meaning, grams = vectors(texts).astype(np.float64), np.vstack(rows).astype(np.float64)
    pull = _ridge(
        meaning @ meaning.T + grams @ grams.T + 1.0, np.array(labels), len(ACTS[side]), _ACT_RIDGE, 1.0
    )
    return ActModel(
        (meaning.T @ pull).astype(np.float32),
        (grams.T @ pull).astype(np.float16),
        pull.sum(axis=0).astype(np.float32),
    )


def _ridge(kernel: np.ndarray, labels: np.ndarray, classes: int, ridge: float, even: float) -> np.ndarray:
    """Dual coefficients ``(n, classes)``; rare classes weigh more as ``even`` goes to 1."""
    import numpy as np

    truth = np.eye(classes)[labels]
    weight = (1 / truth.sum(axis=0)[labels]) ** even
    weight /= weight.mean()
    pull: np.ndarray = np.linalg.solve(kernel + ridge * np.diag(1 / weight), truth)
    return pull


def call_kernel(endings: Sequence[Ending]) -> np.ndarray:
    """How alike each two calls are, ``(n, n)``."""
    import numpy as np

    dense = np.vstack([ending.dense for ending in endings]).astype(np.float64)
    kernel: np.ndarray = dense @ dense.T + 1.0
    for zone in range(GRAM_ZONES):
        rows = _gram_rows(endings, zone)
        kernel = kernel + rows @ rows.T
    return kernel


def _gram_rows(endings: Sequence[Ending], zone: int) -> np.ndarray:
    import numpy as np

    rows = np.zeros((len(endings), GRAMS), dtype=np.float32)
    for row, ending in zip(rows, endings, strict=True):
        columns = ending.grams[zone]
        if len(columns):
            row[columns] = GRAM_SHARE / len(columns) ** 0.5
    return rows


def between_authors(given: Sequence[Example], kernel: np.ndarray) -> dict[int, np.ndarray]:
    """Scores of each labelled call by a model that never saw its author, by its place in ``given``."""
    import numpy as np

    labels = np.array([LABELS.index(example.label) for example in given])
    authors = np.array([example.author for example in given])
    held: dict[int, np.ndarray] = {}
    for author in sorted(set(authors) - {SEEN}):
        inside, outside = np.flatnonzero(authors != author), np.flatnonzero(authors == author)
        pull = _ridge(kernel[np.ix_(inside, inside)], labels[inside], len(LABELS), _CALL_RIDGE, _EVEN)
        held.update(zip(outside.tolist(), kernel[np.ix_(outside, inside)] @ pull, strict=True))
    return held


def sharpness(given: Sequence[Example], held: dict[int, np.ndarray]) -> float:
    """The factor on scores under which probabilities fit the other author's calls best (least log loss)."""
    import numpy as np

    scores = np.array([held[at] for at in sorted(held)])
    labels = np.array([LABELS.index(given[at].label) for at in sorted(held)])

    def loss(factor: float) -> float:
        raw = factor * scores
        spread = np.log(np.exp(raw - raw.max(axis=1, keepdims=True)).sum(axis=1)) + raw.max(axis=1)
        return float((spread - raw[np.arange(len(labels)), labels]).mean())

    return float(min((factor / 4 for factor in range(4, 80)), key=loss))


def fit_calls(endings: Sequence[Ending], labels: Sequence[str], kernel: np.ndarray) -> dict[str, np.ndarray]:
    """Weights of the outcome over numbers and n-grams."""
    import numpy as np

    pull = _ridge(
        kernel, np.array([LABELS.index(label) for label in labels]), len(LABELS), _CALL_RIDGE, _EVEN
    )
    dense = np.vstack([ending.dense for ending in endings]).astype(np.float64)
    grams = np.stack([_gram_rows(endings, zone).T.astype(np.float64) @ pull for zone in range(GRAM_ZONES)])
    return {
        "dense": (dense.T @ pull).astype(np.float32),
        "grams": grams.astype(np.float16),
        "bias": pull.sum(axis=0).astype(np.float32),
    }


def follow_up_examples(given: Sequence[Example]) -> list[tuple[Candidate, bool, str]]:
    """Every sentence that might be an agreed next step, whether it is marked as one, and its author."""
    found: list[tuple[Candidate, bool, str]] = []
    for example in given:
        if example.call is None:
            continue
        marks = [mark for mark in example.call.marks if mark.kind == "follow_up"]
        for candidate in candidates(example.conversation):
            s = candidate.sentence
            end = s.start + len(s.text)
            hit = any(
                mark.turn == s.turn
                and min(mark.end, end) - max(mark.start, s.start)
                >= 0.5 * min(mark.end - mark.start, len(s.text))
                for mark in marks
            )
            found.append((candidate, hit, example.author))
    return [*found, *_alone()]


def _alone() -> Iterator[tuple[Candidate, bool, str]]:
    """Examples of the rules as calls of one turn; those that settle no time are left out."""
    for language in LANGUAGES:
        for rule in load_rules("follow_up", language).rules:
            for hit, texts in ((True, rule.hits), (False, rule.misses)):
                for text in texts:
                    turn = Turn("agent" if len(text) % 2 else "customer", text, None, None, 1.0)
                    for candidate in candidates(Conversation.of(Transcript(language, (turn,)))):
                        if candidate.times or not hit:
                            yield candidate, hit, SEEN


def fit_follow_up(found: Sequence[tuple[Candidate, bool, str]]) -> dict[str, np.ndarray]:
    """Weights of the follow-up model (logistic, in the dual)."""
    import numpy as np

    said = [candidate for candidate, _hit, _author in found]
    truth = np.array([float(hit) for _candidate, hit, _author in found])
    meaning = vectors([c.sentence.text for c in said]).astype(np.float64)
    grams = np.vstack([gram_matrix([c.sentence.text], c.sentence.language) for c in said]).astype(np.float64)
    reply = np.zeros_like(grams)
    for row, candidate in zip(reply, said, strict=True):
        if candidate.reply is not None:
            columns = gram_columns(candidate.reply.text, candidate.reply.language)
            row[columns] = 1 / len(columns) ** 0.5
    signs = np.array([signs_of(candidate) for candidate in said], dtype=np.float64)
    parts = (_ENCODER * meaning, _FOLLOW_GRAMS * grams, _FOLLOW_NEXT * reply, 0.5 * signs)
    kernel = sum((part @ part.T for part in parts), np.zeros((len(said), len(said))))
    pull, bias = solve(kernel, truth)
    return {
        "follow_encoder": (_ENCODER * pull @ parts[0]).astype(np.float32),
        "follow_grams": (_FOLLOW_GRAMS * pull @ parts[1]).astype(np.float16),
        "follow_next": (_FOLLOW_NEXT * pull @ parts[2]).astype(np.float16),
        "follow_signs": (0.5 * pull @ parts[3]).astype(np.float32),
        "follow_bias": np.array(bias, dtype=np.float32),
    }


def refit() -> tuple[dict[str, Any], list[Example], np.ndarray]:
    """All arrays of the file, with the examples and the kernel that they come from."""
    import numpy as np

    given, acts = list(examples()), fit_acts()
    endings = [ending_of(example.conversation, acts) for example in given]
    kernel = call_kernel(endings)
    arrays: dict[str, Any] = {
        **fit_calls(endings, [example.label for example in given], kernel),
        **fit_follow_up(follow_up_examples(given)),
        "sharpness": np.float32(sharpness(given, between_authors(given, kernel))),
        "digest": np.array(digest()),
    }
    for side, model in acts.items():
        arrays |= {f"{side}_encoder": model.encoder, f"{side}_grams": model.grams, f"{side}_bias": model.bias}
    return arrays, given, kernel


def main() -> None:
    """Fit, write the file, and say how well calls of an author never seen are decided."""
    import numpy as np

    arrays, given, kernel = refit()
    place = Path(str(resources.files("pipeline.lexicons"))) / FILE
    np.savez_compressed(place, **arrays)
    fitted: Fitted = unpack(arrays)
    held = between_authors(given, kernel)
    for language in LANGUAGES:
        mine = [at for at in held if given[at].language == language]
        right = sum(LABELS[int(held[at].argmax())] == given[at].label for at in mine)
        sys.stdout.write(
            f"{language}: {right} of {len(mine)} calls right, by models that never saw their author\n"
        )
    sys.stdout.write(f"{place.name}: {fitted.digest[:16]}, sharpness {fitted.sharpness}\n")


if __name__ == "__main__":
    main()

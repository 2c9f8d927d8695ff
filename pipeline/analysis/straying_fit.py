"""Fits the model of straying: ``python -m pipeline.analysis.straying_fit`` writes ``lexicons/straying.npz``.

Turns marked ``off_topic`` in the labelled calls against turns of calls without any. Each author's calls are judged by a model of
the others' for the calibration of stretches (Platt), which is printed with how many stretches are found.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.analysis import acts_fit, detect, off_topic, straying
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.labelled import LabelledCall
from pipeline.analysis.rules import LANGUAGES
from pipeline.analysis.straying import FILE, FORM, Model, rows_of
from pipeline.types import Finding

if TYPE_CHECKING:
    import numpy as np

RIDGE = 0.3
"""Penalty (by stretches of authors left out)."""
EVERY = 3, 10
"""Of calls and of excerpts without a mark every so manieth is read: they are many."""
FOLDS = 6
A_STRETCH = 3
"""So many marked turns make a stretch to be found."""
_STEPS = 80


@dataclass(frozen=True, slots=True)
class Read:
    """A labelled call or excerpt with the rows of its turns and which of them are chat."""

    author: str
    conversation: Conversation
    whole: bool
    rows: np.ndarray
    truth: np.ndarray


def digest() -> str:
    """Of what the model rests on: its form, and the labelled calls and rules."""
    made = hashlib.sha256(f"straying {FORM} {RIDGE} {EVERY}".encode())
    for language in LANGUAGES:
        made.update(acts_fit.digest_of(language).encode())
    return made.hexdigest()


def examples() -> Iterator[Read]:
    """All with a mark, and a part of the rest."""
    for language in LANGUAGES:
        for number, (file, call) in enumerate(acts_fit.calls_of(language)):
            marked = {mark.turn for mark in call.marks if mark.kind == "off_topic"}
            if marked or number % EVERY[not call.outcome] == 0:
                yield _read(f"{language}{file[0]}", call, marked)


def _read(author: str, call: LabelledCall, marked: set[int]) -> Read:
    import numpy as np

    conversation = Conversation.of(call.transcript, profile=call.profile)
    rows = rows_of(conversation, excerpt=not call.outcome)
    truth = np.array([float(turn in marked) for turn in range(len(rows))])
    return Read(author, conversation, bool(call.outcome), rows, truth)


def fit(read: Sequence[Read]) -> Model:
    """Ridge-penalised logistic regression over turns."""
    import numpy as np
    from scipy.optimize import minimize

    rows = np.vstack([each.rows for each in read])
    truth = np.concatenate([each.truth for each in read])

    def loss(both: np.ndarray) -> tuple[float, np.ndarray]:
        raw = np.clip(rows @ both[:-1] + both[-1], -30, 30)
        chance = 1 / (1 + np.exp(-raw))
        wrong = chance - truth
        cost = np.logaddexp(0, raw).sum() - truth @ raw + RIDGE / 2 * both[:-1] @ both[:-1]
        return float(cost), np.r_[rows.T @ wrong + RIDGE * both[:-1], wrong.sum()]

    found = minimize(
        loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
    )
    return Model(found.x[:-1], float(found.x[-1]), 1.0, 0.0, digest())


def strangers(read: Sequence[Read]) -> list[tuple[float, bool]]:
    """The highest score of each whole call by a model of other authors, and whether it truly strays."""
    authors = sorted({each.author for each in read})
    part = {author: at % FOLDS for at, author in enumerate(authors)}
    found = []
    for fold in range(FOLDS):
        model = fit([each for each in read if part[each.author] != fold])
        for each in read:
            if part[each.author] == fold and each.whole and not 0 < each.truth.sum() < A_STRETCH:
                best = off_topic.furthest_in(each.conversation, _heard_before(each.conversation), model)
                if best is not None:
                    found.append((best.score, bool(each.truth.sum())))
    return found


def _heard_before(conversation: Conversation) -> list[Finding]:
    """What the detectors that run before find."""
    found: list[Finding] = []
    for name, detector in detect.built_in():
        if name == "off_topic":
            break
        found.extend(detector.find(conversation, tuple(found)))
    return found


def calibrated(scores: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Slope and offset of Platt's sigmoid over the scores."""
    import numpy as np
    from scipy.optimize import minimize

    raw = np.array([score for score, _ in scores])
    truth = np.array([float(strays) for _, strays in scores])

    def loss(both: np.ndarray) -> float:
        line = both[0] * raw + both[1]
        return float(np.logaddexp(0, line).sum() - truth @ line)

    slope, offset = minimize(loss, np.array([10.0, -2.0]), method="Nelder-Mead").x
    return float(slope), float(offset)


def main() -> None:
    """Fit, calibrate, write, print what authors left out show."""
    import numpy as np

    read = list(examples())
    scores = strangers(read)
    slope, offset = calibrated(scores)
    model = replace(fit(read), slope=slope, offset=offset)
    place = Path(str(resources.files("pipeline.lexicons") / FILE))
    np.savez_compressed(
        place, weights=model.weights.astype(np.float32), digest=np.array(model.digest),
        figures=np.array([model.bias, slope, offset]),
    )  # fmt: skip
    straying_calls = sum(strays for _, strays in scores)
    for least in (0.3, off_topic.DOUBT, 0.6, 0.8):
        listed = [strays for score, strays in scores if straying.sure(score, model) >= least]
        right = sum(listed)
        sys.stdout.write(f"from {least}: {right} of {straying_calls} found, {len(listed) - right} false\n")


if __name__ == "__main__":
    main()

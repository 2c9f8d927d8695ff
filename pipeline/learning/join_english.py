"""How much each of the three readings of English sentences counts: ``python -m pipeline.learning.join_english FILE …``.

FILEs hold labelled calls that none of the readings has learned from. A logistic regression a kind over the log odds of the
first reading and of both networks, as shipped; written to ``lexicons/en/third.json``. ``--rates`` prints instead the best F1 by
sentence of either reading, of the two that both languages have, and of all three, each file judged by the figures of the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from models.reader import ENGLISH_FITTED
from pipeline.analysis.acts import KINDS, SORTS
from pipeline.analysis.acts_features import rows_of
from pipeline.analysis.acts_fit import labels_of, sentences_of
from pipeline.analysis.acts_model import chances, load_weights, score
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.labelled import LabelledCall, read_calls
from pipeline.analysis.second import ENGLISH, SECOND, THIRD, Join, joined, load_joins, odds_of, opinion_of
from pipeline.learning.join_acts import best_f1

if TYPE_CHECKING:
    import numpy as np

LEAST_TRUE = 100
"""True sentences from which a kind is joined anew; of fewer, three weights are no better than the two before."""
THRESHOLDS: Mapping[str, float] = {"objection": 0.4, "refusal": 0.35}
"""From where a kind counts, where its F1 by turn on the seven older held-out sets is highest elsewhere than before."""
PENALTY = 1.0
"""Pull of the weights towards those that both other readings have without the third, and of the third towards nought."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of a kind's side in some calls.

    Attributes
    ----------
    odds
        Log odds of the kind by the first reading, the network and the one for English, ``(sentences, 3)``.
    real
        Which of them are of the kind.
    """

    odds: np.ndarray
    real: np.ndarray


def told_in(calls: Sequence[LabelledCall]) -> dict[str, Sentences]:
    """By kind what the readings say of the calls' English sentences."""
    import numpy as np

    found: dict[str, Sentences] = {}
    for side, kinds in KINDS.items():
        parts = [part for call in calls if (part := _told(call, side))]
        for kind in kinds:
            real = np.array([kind in names for _odds, own in parts for names in own], dtype=float)
            odds = np.concatenate([own[kind] for own, _names in parts])
            found[kind] = Sentences(odds, real)
    return found


def _told(call: LabelledCall, side: str) -> tuple[dict[str, np.ndarray], list[set[str]]] | None:
    import numpy as np

    conversation = Conversation.of(call.transcript, profile=call.profile)
    mine = sentences_of(conversation, ENGLISH, side)
    if not mine:
        return None
    weights = load_weights(ENGLISH, side)
    scores = score(weights, list(rows_of(conversation, mine)), ask=KINDS[side])
    opinion = opinion_of(conversation, mine, ENGLISH)
    odds = {}
    for kind in KINDS[side]:
        first = odds_of(chances(weights, scores, kind, SORTS.get(kind)))
        odds[kind] = np.column_stack([first, *(one for one in opinion.of(kind) if one is not None)])
    labels = labels_of(call, conversation)
    return odds, [labels[one.index] for one in mine]


def join_of(told: Sentences, kind: str, before: Join) -> Join:
    """The figures of a kind, from those that it has without the third reading."""
    import numpy as np
    from scipy.optimize import minimize

    start = np.array([before.first, before.network, 0.0, before.offset])

    def loss(figures: np.ndarray) -> float:
        raw = told.odds @ figures[:3] + figures[3]
        pull = PENALTY * ((figures[:3] - start[:3]) ** 2).sum()
        return float(np.logaddexp(0, -(2 * told.real - 1) * raw).sum() + pull)

    least = [(0, None)] * 3 + [(None, None)]
    first, network, english, offset = map(float, minimize(loss, start, method="L-BFGS-B", bounds=least).x)
    threshold = THRESHOLDS.get(kind, before.threshold)
    return replace(before, first=first, network=network, english=english, offset=offset, threshold=threshold)


def _chance(join: Join, told: Sentences) -> np.ndarray:
    import numpy as np

    first, network, english = told.odds.T
    return joined(join, 1 / (1 + np.exp(-first)), network, english)


def joins_of(told: dict[str, Sentences]) -> dict[str, Join]:
    """The figures of all kinds of which there are enough true sentences; the others are left to both readings before."""
    before = load_joins("")
    return {
        kind: join_of(own, kind, before[kind])
        for kind, own in told.items()
        if kind in before and own.real.sum() >= LEAST_TRUE
    }


def rates(files: Sequence[dict[str, Sentences]]) -> Iterator[str]:
    """A line a kind: the best F1 of each reading and of the joins, each file judged by the figures of the others."""
    import numpy as np

    before = load_joins("")
    for kind in files[0]:
        if kind not in before or sum(one[kind].real.sum() for one in files) < LEAST_TRUE:
            continue
        chances_of_all = []
        for own in files:
            others = together([one[kind] for one in files if one is not own])
            chances_of_all.append(_chance(join_of(others, kind, before[kind]), own[kind]))
        whole = together([one[kind] for one in files])
        ranked = {name: whole.odds[:, at] for at, name in enumerate(("first", "network", "english"))}
        ranked |= {"two": _chance(before[kind], whole), "three": np.concatenate(chances_of_all)}
        figures = "  ".join(f"{name} {best_f1(chance, whole.real):.3f}" for name, chance in ranked.items())
        yield f"{kind:18} n {int(whole.real.sum()):4}  {figures}"


def together(parts: Sequence[Sentences]) -> Sentences:
    """The sentences of several files as one."""
    import numpy as np

    return Sentences(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("odds", "real")))


def digest_of_all() -> str:
    """Of the other readings' figures and of the network for English as shipped."""
    second = resources.files("pipeline.lexicons").joinpath(*SECOND).read_bytes()
    network = (resources.files("models") / ENGLISH_FITTED).read_bytes()
    return "-".join(hashlib.sha256(one).hexdigest()[:16] for one in (second, network))


def main(arguments: Sequence[str]) -> None:
    """Fit and write the figures, or print rates."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.learning.join_english")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--rates", action="store_true")
    asked = parser.parse_args(arguments)
    files = [
        told_in(list(read_calls(path.read_text(encoding="utf-8"), ENGLISH, source=path.name)))
        for path in asked.files
    ]
    if asked.rates:
        sys.stdout.writelines(f"{line}\n" for line in rates(files))
        return
    joins = joins_of({kind: together([one[kind] for one in files]) for kind in files[0]})
    place = Path(str(resources.files("pipeline.lexicons").joinpath(*THIRD[0])))
    kept = {"digest": digest_of_all(), "kinds": {kind: asdict(join) for kind, join in joins.items()}}
    place.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{place} written\n")


if __name__ == "__main__":
    main(sys.argv[1:])

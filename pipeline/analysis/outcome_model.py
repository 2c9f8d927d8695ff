"""The fitted models of a call's ending, as shipped, and what they say of a call.

``lexicons/endings.npz`` is written by ``python -m pipeline.analysis.outcome_fit`` and holds, beside the weights, the
digest of all that they were fitted from.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.whole import Arrays, shipped
from pipeline.analysis.conversation import Conversation
from pipeline.analysis.endings import GRAM_SHARE, ActModel, Ending, ending_of
from pipeline.analysis.outcome_again import read_again
from pipeline.analysis.outcome_doubt import weighed
from pipeline.analysis.outcome_talk import Talk

if TYPE_CHECKING:
    import numpy as np

LABELS = (
    "interested", "not_interested", "call_back", "order_placed",
    "wrong_person", "voicemail", "no_conversation", "undetermined",
)  # fmt: skip
FILE = "endings.npz"


@dataclass(frozen=True, slots=True)
class FollowUpModel:
    """Weights that tell an agreed next step from any other mention of a time or an act."""

    encoder: np.ndarray
    grams: np.ndarray
    next_grams: np.ndarray
    signs: np.ndarray
    bias: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything in the file."""

    acts: dict[str, ActModel]
    dense: np.ndarray
    grams: np.ndarray
    bias: np.ndarray
    sharpness: float
    follow_up: FollowUpModel
    digest: str

    def probabilities(self, ending: Ending) -> np.ndarray:
        """How likely each of ``LABELS`` is, ``(8,)``."""
        import numpy as np

        raw = ending.dense @ self.dense + self.bias
        for zone, columns in enumerate(ending.grams):
            if len(columns):
                found = self.grams[zone, columns].astype(np.float32).sum(axis=0)
                raw = raw + GRAM_SHARE * found / len(columns) ** 0.5
        grown = np.exp(self.sharpness * (raw - raw.max()))
        shares: np.ndarray = grown / grown.sum()
        return shares


@functools.cache
def load() -> Fitted:
    """The shipped weights."""
    with shipped("pipeline.lexicons", FILE) as content:
        return unpack(dict(Arrays(content)))


def unpack(kept: dict[str, np.ndarray]) -> Fitted:
    """The models from the arrays of the file."""
    import numpy as np

    def wide(name: str) -> np.ndarray:
        return kept[name].astype(np.float32)

    acts = {
        side: ActModel(wide(f"{side}_encoder"), kept[f"{side}_grams"], wide(f"{side}_bias"))
        for side in ("customer", "agent")
    }
    follow_up = FollowUpModel(
        wide("follow_encoder"), wide("follow_grams"), wide("follow_next"), wide("follow_signs"),
        float(kept["follow_bias"]),
    )  # fmt: skip
    return Fitted(
        acts,
        wide("dense"),
        kept["grams"],
        wide("bias"),
        float(kept["sharpness"]),
        follow_up,
        str(kept["digest"]),
    )


def outcome_of(conversation: Conversation, talk: Talk = "none") -> tuple[str, float]:
    """The likeliest label by both readings and its probability, a doubt where the words speak against it.

    ``talk``: whether both sides talk with each other, see `outcome_talk`.
    """
    model = load()
    ending = ending_of(conversation, model.acts)
    shares = read_again(conversation, LABELS, model.probabilities(ending))
    return weighed(conversation, LABELS, shares, ending, talk)

"""What speaks against the outcome that the model finds likeliest: then it is a doubt, or another outcome.

An order wants something ordered: nobody orders by letting a brochure come, and what was booked elsewhere or is sent
back is none. Interest wants more than leave to send something, a wrong person more than a word that might mean one.
Where both sides talk with each other there was a conversation; that there was none is a doubt where the customer says
anything that is talk, a voicemail where nothing tells of a machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.endings import ACTS, Ending
from pipeline.analysis.matching import matches
from pipeline.analysis.outcome_talk import Talk
from pipeline.analysis.spotting import likely
from pipeline.analysis.sure import says

if TYPE_CHECKING:
    import numpy as np

DOUBT = 0.55
"""Most confidence of an outcome that something speaks against: under the gate, so that a person looks (our default)."""
_TORN = 0.2
"""Least probability of an outcome that verdicts treat otherwise, at which the model is torn (our default)."""
_ORDER, _INTEREST, _WRONG, _CONFIRMED = 0.75, 0.4, 0.45, 0.45
"""Least sum of what both sides' sentences do for an order and for interest, least of one for a wrong person and for
a confirmation: above what other outcomes' calls show where no rule hears it either (our default)."""
_MACHINE = 0.45
"""Least sign of a machine in a sentence of the customer's (our default)."""
_SURE_WRONG = 0.94
_LENGTHY = 7
"""Customer's turns from which the person is not the wrong one, unless a rule surely says so (our default)."""
_SHORT_OF = ("interested", "call_back")
"""Outcomes that a spoken order goes beyond."""
_HALF = 0.5
"""Probability from which the model's word for a wrong person stands as a doubt, though no sentence tells of one (our default)."""
_LAST = 8
"""Sentences at the end in which a consent stands (our default)."""
ALIKE = (
    {"interested", "call_back"}, {"not_interested", "undetermined"}, {"voicemail", "no_conversation"},
)  # fmt: skip
"""Outcomes that the standard treats alike."""
UNCONNECTED = ("voicemail", "no_conversation")
"""Outcomes of a call in which nobody talked with the agent."""
_TALKED = {"interested", "not_interested", "call_back", "undetermined"}
"""What a call may be in which nothing was bought."""
_AGAINST_IT = ("refusal", "objection", "do_not_call", "complaint")
"""Kinds of sentence by which a customer turns down what is offered."""
KIND = "outcome"


def weighed(
    conversation: Conversation, labels: Sequence[str], shares: np.ndarray, ending: Ending, talk: Talk = "none"
) -> tuple[str, float]:
    """The outcome after the words of the call have had their say, and its confidence.

    Parameters
    ----------
    conversation
        The call.
    labels, shares
        The outcomes and the model's probabilities.
    ending
        What the model saw.
    talk
        Whether both sides talk with each other.
    """
    unheard = labels[int(shares.argmax())] in UNCONNECTED
    if talk == "sure":
        shares = _without(labels, shares, UNCONNECTED)
        if _at_length(conversation) and not _surely_wrong(conversation):
            shares = _without(labels, shares, ("wrong_person",))
    label, sure = _weighed(conversation, labels, shares, ending)
    doubt = unheard if talk == "sure" else talk == "maybe" and label == "no_conversation"
    return label, min(DOUBT, sure) if doubt else sure


def _without(labels: Sequence[str], shares: np.ndarray, ruled_out: Sequence[str]) -> np.ndarray:
    """The probabilities if some outcomes can't be."""
    kept = shares.copy()
    kept[[labels.index(label) for label in ruled_out]] = 0.0
    left: np.ndarray = kept / max(float(kept.sum()), 1e-9)
    return left


def _at_length(conversation: Conversation) -> bool:
    """Whether the customer talks on: who is rung by mistake is soon rid of."""
    return sum(turn.speaker == "customer" for turn in conversation.turns) >= _LENGTHY


def _weighed(
    conversation: Conversation, labels: Sequence[str], shares: np.ndarray, ending: Ending
) -> tuple[str, float]:
    """The likeliest outcome unless the words speak against it."""
    order = [labels[at] for at in shares.argsort()[::-1]]
    sure = float(shares.max())
    label = order[0]
    if label == "order_placed" and _nothing_bought(conversation, ending):
        return next(other for other in order[1:] if other in _TALKED), min(DOUBT, sure)
    doubted = sure < _HALF or _renumbered(conversation)
    if label == "wrong_person" and doubted and _no_stranger(conversation, ending):
        return _of_the_right_one(labels, shares, order)
    ordered = float(shares[labels.index("order_placed")])
    if label in _SHORT_OF and ordered >= _TORN and _spoken_order(conversation, ending):
        return "order_placed", sure + ordered
    second = next(other for other in order[1:] if not _alike(label, other))
    torn = float(shares[labels.index(second)]) >= _TORN
    if torn or _AGAINST.get(label, _nothing)(conversation, ending):
        return label, min(DOUBT, sure)
    return label, sure


def _of_the_right_one(labels: Sequence[str], shares: np.ndarray, order: Sequence[str]) -> tuple[str, float]:
    """The likeliest outcome with the person who was rung: a short call is often taken for one with somebody else."""
    label = next(other for other in order if other != "wrong_person")
    return label, min(DOUBT, float(shares[labels.index(label)]))


def _alike(one: str, other: str) -> bool:
    return any({one, other} <= group for group in ALIKE)


def _nothing(_conversation: Conversation, _ending: Ending) -> bool:
    return False


def _nothing_bought(conversation: Conversation, ending: Ending) -> bool:
    """Whether the goods go back, were bought elsewhere, or only something to read was accepted."""
    said = conversation.sentences
    if any(says(one, KIND, "undone") for one in said[-_LAST:]):
        return True
    if _confirmed(said, ending):
        return False
    last = max((one.index for one in said if _ordered(one)), default=-1)
    elsewhere = [one for one in said if one.speaker != "agent" and says(one, KIND, "elsewhere")]
    reading = [one for one in said[-_LAST:] if says(one, KIND, "reading")]
    return any(one.index >= last for one in (*elsewhere, *reading))


def _confirmed(said: Sequence[Sentence], ending: Ending) -> bool:
    """Whether the agent says that something is ordered."""
    by_rule = any(
        hit.detail.get("by") == "agent"
        for one in said
        if one.speaker != "customer"
        for hit in matches("outcome_order", one)
    )
    return by_rule or _does(ending, "agent", "order") >= _CONFIRMED


def _ordered(sentence: Sentence) -> bool:
    return sentence.speaker != "agent" and bool(matches("outcome_order", sentence))


def _spoken_order(conversation: Conversation, ending: Ending) -> bool:
    """Whether the customer orders in so many words, the agent then takes it up, and nothing undoes it."""
    said = conversation.sentences
    first = next(
        (one.index for one in said if one.speaker == "customer" and matches("outcome_order", one)), None
    )
    if first is None or _nothing_bought(conversation, ending):
        return False
    return _confirmed([one for one in said if one.index > first], ending)


def _no_order(conversation: Conversation, ending: Ending) -> bool:
    """Whether neither a rule hears an order nor the sentences of both sides amount to one."""
    both = _does(ending, "customer", "order") + _does(ending, "agent", "order")
    return both < _ORDER and not any(matches("outcome_order", one) for one in conversation.sentences)


def _no_interest(conversation: Conversation, ending: Ending) -> bool:
    """Whether nothing tells of interest, or nothing but leave to send something, or it lies years ahead."""
    mine = [one for one in conversation.sentences if one.speaker != "agent"]
    hits = [(one, hit) for one in mine for hit in matches("outcome_interest", one)]
    both = _does(ending, "customer", "interest") + _does(ending, "agent", "interest")
    if not hits and both < _INTEREST:
        return True
    if any(says(one, KIND, "far_off") for one in mine[-3:]):
        return True
    return _only_sent(mine) and not any(hit.rule == "says_interest" for _one, hit in hits)


def _only_sent(mine: Sequence[Sentence]) -> bool:
    """Whether the customer's last words of substance let something be sent, and no more."""
    return any(says(one, KIND, "send_it") for one in mine[-3:])


def _no_stranger(conversation: Conversation, ending: Ending) -> bool:
    """Whether neither a rule surely hears the wrong person nor a sentence does, or the customer only has another number."""
    if _surely_wrong(conversation):
        return False
    told = max(_does(ending, "customer", "wrong"), _does(ending, "first", "wrong"))
    return told < _WRONG or _renumbered(conversation)


def _renumbered(conversation: Conversation) -> bool:
    """Whether the customer tells that his own number is another now: he is still himself."""
    return any(one.speaker != "agent" and says(one, KIND, "renumbered") for one in conversation.sentences)


def _surely_wrong(conversation: Conversation) -> bool:
    """Whether a rule surely hears the wrong person."""
    told = [
        hit.strength
        for one in conversation.sentences
        if one.speaker != "agent" and not says(one, KIND, "renumbered")
        for kind in ("wrong_person", "wrong_person_part")
        for hit in matches(kind, one)
    ]
    return max(told, default=0.0) >= _SURE_WRONG


def _no_machine(conversation: Conversation, ending: Ending) -> bool:
    """Whether the customer speaks after the agent and neither a rule nor a sentence tells of a machine."""
    said = conversation.sentences
    mine = [one for one in said if one.speaker == "customer"]
    first = next((one.index for one in said if one.speaker == "agent"), len(said))
    if any(matches("voicemail", one) for one in mine) or all(one.index < first for one in mine):
        return False
    return max(_does(ending, "customer", "machine"), _does(ending, "first", "machine")) < _MACHINE


def _put_off(conversation: Conversation, _ending: Ending) -> bool:
    """Whether the customer's last words leave it open and only the agent names a next time."""
    mine = [one for one in conversation.sentences if one.speaker != "agent"]
    return bool(mine) and any(
        matches("outcome_undecided", one) and not matches("outcome_call_back", one) for one in mine[-1:]
    )


def _no_refusal(conversation: Conversation, _ending: Ending) -> bool:
    """Whether nothing that the customer says turns down, objects or complains: 不用谢 holds a no and refuses nothing."""
    mine = [one for one in conversation.sentences if one.speaker != "agent"]
    told = [one for one in mine if not says(one, "refusal", "drops")]
    return not any(
        matches("outcome_refusal", one) or any(likely(conversation, kind, one) for kind in _AGAINST_IT)
        for one in told
    )


def _does(ending: Ending, stretch: str, act: str) -> float:
    """The strongest sign of an act in a stretch: the customer's last sentences, their first, or the agent's last."""
    side = "agent" if stretch == "agent" else "customer"
    return float(ending.strongest[stretch][ACTS[side].index(act)])


_AGAINST = {
    "order_placed": _no_order,
    "interested": _no_interest,
    "wrong_person": _no_stranger,
    "call_back": _put_off,
    "voicemail": _no_machine,
    "not_interested": _no_refusal,
}

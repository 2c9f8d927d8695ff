"""What becomes of criteria where nobody answered, or one side was not recorded."""

from __future__ import annotations

from pipeline.standards.context import Context
from pipeline.standards.messages import message, word
from pipeline.standards.plan import Needs, Plan
from pipeline.standards.schema import Criterion, Standard
from pipeline.standards.vetoes import vetoed
from pipeline.standards.view import View


def no_connect(standard: Standard, context: Context) -> View | None:
    """The verdict of every criterion where nobody was there to be talked to; None where somebody was."""
    if not context.turns and context.evidence.transcript.unheard:
        return View("needs_review", message("badly_heard"))
    if not context.turns:
        return View("not_applicable", message("no_conversation"))
    if context.outcome in standard.no_connect:
        code = context.outcome if context.outcome in ("no_conversation", "voicemail") else "no_connect"
        return View("not_applicable", message(code))
    return None


def unrecorded(needs: Needs, context: Context) -> View | None:
    """The verdict where the criterion is about a side of which nothing was recorded; None where it isn't.

    What is asked of a side is the agent's doing almost always: without him nothing that needs sides is measurable. A voicemail
    box needs no agent: a dialler puts none on.
    """
    sound = context.evidence.sound
    if sound is None or not sound.unrecorded or not needs.side or context.outcome == "voicemail":
        return None
    lost = sound.unrecorded - {turn.speaker for turn in context.turns}  # words may be delivered all the same
    side = next(
        (one for one in ("agent", "customer") if one in lost and one in {"agent", *needs.sides}), None
    )
    if side is None:
        return None
    return View("not_measurable", message("side_unrecorded", side=word(f"side_{side}")))


def fatal_all_the_same(criterion: Criterion, plan: Plan, context: Context) -> View | None:
    """What vetoes was heard where nobody should have been there to hear it: one of both is wrong, a person says which."""
    if criterion.fatal is None or (plan.judging[criterion.id].side and not context.sides_sure):
        return None
    veto = vetoed(criterion, context, plan)
    if not veto.value or not veto.hits:
        return None
    outcome, quote = word(f"outcome_{context.outcome}"), veto.hits[0].quote or veto.hits[0].kind
    return View("needs_review", message("fatal_unconnected", answer=outcome, quote=quote), hits=veto.hits)

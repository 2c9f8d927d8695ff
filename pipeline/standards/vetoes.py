"""What a criterion's veto answers: it costs a whole call, so what is in doubt is read in favour of who is judged."""

from __future__ import annotations

from dataclasses import replace

from pipeline.standards.conditions import answer
from pipeline.standards.context import Context
from pipeline.standards.judged import Judged
from pipeline.standards.plan import Plan
from pipeline.standards.schema import Criterion

__all__ = ["vetoed"]


def vetoed(criterion: Criterion, context: Context, plan: Plan) -> Judged:
    """Whether what vetoes was heard; False where the criterion has no veto."""
    if criterion.fatal is None:
        return Judged(False)
    return answer(criterion.fatal, replace(context, accuses=True, cache={}), plan.rules)

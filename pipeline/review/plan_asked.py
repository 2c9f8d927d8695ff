"""What may be asked of a coaching plan, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from pipeline.review.asked import Day, Name, Number, Plain, Second, Words, blank_is_none

PLAN_STATES = ("open", "reached", "dropped")
CallId = Annotated[Plain, Field(min_length=1, max_length=300)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class MakePlan(_Asked):
    """Plan to coach an agent in a habit, which is a criterion; its progress is counted from ``since`` on."""

    agent_id: Annotated[Plain, Field(min_length=1, max_length=200)]
    criterion: Name
    goal: Words
    since: Annotated[Day | None, BeforeValidator(blank_is_none)] = None
    until: Annotated[Day | None, BeforeValidator(blank_is_none)] = None
    action: Annotated[Words | None, BeforeValidator(blank_is_none)] = None
    due: Annotated[Day | None, BeforeValidator(blank_is_none)] = None
    call_id: Annotated[CallId | None, BeforeValidator(blank_is_none)] = None
    at_s: Annotated[Second | None, BeforeValidator(blank_is_none)] = None


class AddAction(_Asked):
    """Agree on one more thing to do."""

    act: Literal["action"]
    text: Words
    due: Annotated[Day | None, BeforeValidator(blank_is_none)] = None


class TickAction(_Asked):
    """Say that an action is done, or isn't after all."""

    act: Literal["tick"]
    answers: Number
    done: bool


class LinkMoment(_Asked):
    """Link a moment of one of the agent's calls."""

    act: Literal["moment"]
    call_id: CallId
    at_s: Annotated[Second, BeforeValidator(lambda value: 0 if value == "" else value)] = 0
    text: Annotated[Words | None, BeforeValidator(blank_is_none)] = None


class CommentPlan(_Asked):
    """Say something about the plan."""

    act: Literal["comment"]
    text: Words


class SetPlanState(_Asked):
    """Call the habit reached, drop the plan, or take it up again."""

    act: Literal["state"]
    state: Literal["open", "reached", "dropped"]
    text: Annotated[Words | None, BeforeValidator(blank_is_none)] = None


PlanAsked = Annotated[
    AddAction | TickAction | LinkMoment | CommentPlan | SetPlanState, Field(discriminator="act")
]
PLAN_ASKED: TypeAdapter[PlanAsked] = TypeAdapter(PlanAsked)
PLAN_NEEDS = {"action": "coach", "tick": "comment", "moment": "coach", "comment": "comment", "state": "coach"}
"""The right that each act on a plan needs."""

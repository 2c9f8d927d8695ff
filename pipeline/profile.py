"""The profile: what the company is, as far as judging a call needs it.

A YAML file, every part optional. What is left out makes the criteria that need it not applicable, or lets
them fall back on a default that the standard states. Text that looks like a number (``007``) stays text.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from pipeline.config import Frozen, Number, load_yaml, validate
from pipeline.goals import Target
from pipeline.profile_hours import DEFAULT_ZONE, CallingHours, TimeSpan, zone_name

__all__ = [
    "EMPTY", "Agent", "CallingHours", "Company", "Competitor", "Compliance", "Demand", "Department", "Jargon",
    "Product", "Profile", "Target", "TimeSpan", "load_profile", "zone_name",
]  # fmt: skip


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("text is accepted, not blanks alone")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_not_blank)]
Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_not_blank)]
ItemT = TypeVar("ItemT")


def _several(value: Any) -> Any:
    """A single text counts as a list of one."""
    return [value] if isinstance(value, (str, int)) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_several)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several)]


class _Named(Frozen):
    """Something with a name; a bare text is its name."""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Company(_Named):
    """The company's name and what else it is called."""

    name: Name | None = None
    aliases: Names = ()


class _Called(_Named):
    name: Name
    aliases: Names = ()


class Department(_Called):
    """A department and what else it is called."""


class Agent(Frozen):
    """A sales person; ``names`` as they say them on the telephone."""

    id: Name
    names: Names = ()
    department: Name | None = None
    team: Name | None = None
    supervisor: Name | None = None


class Product(_Called):
    """Something for sale, what it does for whoever buys it, and facts about it such as ``每月 199 元``."""

    benefits: Texts = ()
    facts: Texts = ()


class Competitor(_Called):
    """Somebody else who sells the same, and what else they are called."""


class Jargon(Frozen):
    """A technical term and the plain words for it; ``also`` holds the others of several."""

    term: Name
    plain: Text | None = None
    also: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"term": value}
        if isinstance(value, dict) and isinstance(value.get("plain"), list):
            first, *others = value["plain"] or [None]
            return {**value, "plain": first, "also": [*others, *_several(value.get("also", []))]}
        return value

    @property
    def plain_words(self) -> tuple[str, ...]:
        """Every wording in plain words."""
        return (self.plain, *self.also) if self.plain is not None else self.also


class Demand(Frozen):
    """A notice or a script step that a campaign demands: wordings, and sentences that mean the same."""

    name: Name
    phrases: Texts = ()
    meaning: Texts = ()

    @model_validator(mode="after")
    def _something(self) -> Demand:
        if not self.phrases and not self.meaning:
            raise ValueError("phrases, meaning or both are required")
        return self


def _listed(value: Any) -> Any:
    """A bare list counts for every campaign."""
    return {"default": value} if isinstance(value, list) else value


class Compliance(Frozen):
    """What each campaign must say; ``default`` counts where a campaign has no list of its own."""

    notice: Annotated[dict[Name, tuple[Demand, ...]], BeforeValidator(_listed)] = Field(default_factory=dict)
    script: Annotated[dict[Name, tuple[Demand, ...]], BeforeValidator(_listed)] = Field(default_factory=dict)


def _band(value: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= value[0] < value[1]:
        raise ValueError(f"[least, most] seconds are accepted, not [{value[0]:g}, {value[1]:g}]")
    return value


Band = Annotated[tuple[Number, Number], AfterValidator(_band)]


class Profile(Frozen):
    """All of it. `EMPTY` is the profile of a company that nobody described."""

    company: Company = Company()
    departments: tuple[Department, ...] = ()
    agents: tuple[Agent, ...] = ()
    products: tuple[Product, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    jargon: tuple[Jargon, ...] = ()
    calling_hours: CallingHours | None = None
    targets: dict[Name, Target] = Field(default_factory=dict)
    call_length_s: dict[Name, Band] = Field(default_factory=dict)
    line_reference_lufs: Annotated[Number, Field(ge=-70, le=0)] | None = None
    compliance: Compliance = Compliance()

    @field_validator("agents")
    @classmethod
    def _unique(cls, agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
        twice = sorted({agent.id for agent in agents if sum(agent.id == other.id for other in agents) > 1})
        if twice:
            raise ValueError(f"each agent's id once; given twice: {', '.join(twice)}")
        return agents

    @cached_property
    def _by_id(self) -> dict[str, Agent]:
        return {agent.id: agent for agent in self.agents}

    @property
    def time_zone(self) -> str:
        """Name of the zone in which days and hours are counted; Asia/Shanghai unless given."""
        return self.calling_hours.time_zone if self.calling_hours else DEFAULT_ZONE

    @property
    def zone(self) -> ZoneInfo:
        """The same as a zone."""
        return ZoneInfo(self.time_zone)

    def agent(self, agent_id: str | None) -> Agent | None:
        """The agent with this id, if the profile knows one."""
        return self._by_id.get(agent_id) if agent_id else None

    def agent_named(self, name: str) -> Agent | None:
        """The only agent of this name; None when nobody or several are called so."""
        found = [agent for agent in self.agents if name in agent.names]
        return found[0] if len(found) == 1 else None

    def target_of(self, agent_id: str) -> Target | None:
        """An agent's targets; the default ones; None when none are given."""
        return _of(self.targets, agent_id)

    def length_band(self, campaign: str | None) -> tuple[float, float] | None:
        """Least and most seconds of a call of this campaign; the default band; None when none is given."""
        return _of(self.call_length_s, campaign)

    def notices(self, campaign: str | None) -> tuple[Demand, ...]:
        """Notices and disclosures that this campaign demands."""
        return _of(self.compliance.notice, campaign) or ()

    def script(self, campaign: str | None) -> tuple[Demand, ...]:
        """Steps of this campaign's script, in order."""
        return _of(self.compliance.script, campaign) or ()


def _of(by_campaign: dict[str, ItemT], campaign: str | None) -> ItemT | None:
    found = by_campaign.get(campaign) if campaign else None
    return found if found is not None else by_campaign.get("default")


EMPTY = Profile()


def load_profile(path: str | Path) -> Profile:
    """Read a profile. Raises ConfigError with every mistake in it; an empty file is an empty profile."""
    return validate(Profile, load_yaml(path))

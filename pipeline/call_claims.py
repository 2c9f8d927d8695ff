"""Whose a call is by its row of the call list, and whether two rows say the same of it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.profile import Profile
from pipeline.types import CallRecord

__all__ = ["agents_differ", "with_agent"]


def with_agent(record: CallRecord, profile: Profile) -> CallRecord:
    """The row with the agent's name from the id, or the id from a name that only one agent has."""
    agent = profile.agent(record.agent_id)
    if agent is None and record.agent_id is None and record.agent_name is not None:
        agent = profile.agent_named(record.agent_name)
    if agent is None:
        return record
    name = record.agent_name or (agent.names[0] if agent.names else None)
    return replace(record, agent_id=agent.id, agent_name=name)


def agents_differ(one: CallRecord, other: CallRecord, profile: Profile) -> bool:
    """Whether two rows may belong to different agents; an id and a name that nobody joins may.

    A row that names nobody claims nothing.
    """
    one, other = with_agent(one, profile), with_agent(other, profile)
    if one.agent_id and other.agent_id:
        return one.agent_id != other.agent_id
    first, second = one.agent_name or one.agent_id, other.agent_name or other.agent_id
    if one.agent_name and other.agent_name:
        first, second = one.agent_name, other.agent_name
    return bool(first and second) and first != second

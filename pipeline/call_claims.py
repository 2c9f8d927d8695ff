"""Whose a call is by its row of the call list, and what is told where rows name one recording, or one id, twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pipeline.profile import Profile
from pipeline.types import CallRecord

__all__ = ["Taken", "agents_differ", "with_agent"]

_CLAIMED = "another agent's"
_HELD = "held until one of them is taken out"


@dataclass
class Taken:
    """Rows as they are taken in: a file or an id that was taken counts where it stands first, and the others are told.

    ``contested`` holds the files that rows of different agents claim.
    """

    profile: Profile
    mistakes: list[str] = field(default_factory=list)
    contested: set[str] = field(default_factory=set)
    _files: dict[str, tuple[str, CallRecord]] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)

    def add(self, record: CallRecord, *, at: str, place: str) -> None:
        """Take in a row that stands at a ``place``; ``at`` says it with the list's name."""
        if record.file in self._files:
            first, known = self._files[record.file]
            differ = agents_differ(known, record, self.profile)
            told = f"{_CLAIMED} in {first}; {_HELD}" if differ else f"stands in {first} already"
            self.mistakes.append(f"{at}, file → {record.file}{':' if differ else ''} {told}")
            self.contested |= {record.file} if differ else set()
            return
        if record.call_id and record.call_id in self._ids:
            taken = self._ids[record.call_id]
            self.mistakes.append(f"{at}, call_id → {record.call_id} is taken by {taken}; one is derived")
            record = replace(record, call_id="")
        self._ids.setdefault(record.call_id, place)
        self._files[record.file] = place, record

    @property
    def records(self) -> Iterable[CallRecord]:
        """The rows that count, in their order."""
        return (record for _place, record in self._files.values())

    def __len__(self) -> int:
        return len(self._files)


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

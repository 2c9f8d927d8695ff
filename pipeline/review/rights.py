"""Who may do what, and whose calls they see. Pure: no web, no writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, select, true

from pipeline.store.calibration_tables import CalibrationCall, CalibrationPerson, CalibrationRound
from pipeline.store.review_tables import AgentTeam
from pipeline.store.tables import Call

ROLES = ("admin", "standard_owner", "supervisor", "coach", "agent", "auditor")
_JUDGE = frozenset({"see", "judge", "comment", "coach", "assign", "rule", "queue"})
RIGHTS: dict[str, frozenset[str]] = {
    "admin": _JUDGE | {"rule_finally", "audit", "people", "calibrate"},
    "standard_owner": frozenset({"see", "queue"}),
    "supervisor": _JUDGE | {"rule_finally", "calibrate"},
    "coach": _JUDGE,
    "agent": frozenset({"see", "comment", "appeal", "acknowledge"}),
    "auditor": frozenset({"see", "queue", "audit"}),
}
"""What each role may do; ``see`` and all that is done to a call hold within the person's scope only."""
SCOPED = frozenset({"supervisor", "coach"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in. ``originals`` was given to them by name; no role brings it."""

    id: int
    name: str
    role: str
    team: str | None
    agent_id: str | None
    originals: bool = False

    def may(self, right: str) -> bool:
        """Whether the person has a right, by role or by name."""
        return self.originals if right == "originals" else right in RIGHTS.get(self.role, frozenset())

    def scope(self) -> ColumnElement[bool]:
        """The calls that this person sees, as a condition on `Call`.

        An agent sees the own calls; a coach or supervisor with a team the calls of its agents. Whoever has
        an unknown role, or is an agent whose id is not known, sees none. Calls that somebody judges blind in an open
        round of calibration are left out: the round's own pages show them without any verdict.
        """
        return and_(self._reach(), Call.id.not_in(self._blind())) if self.may("judge") else self._reach()

    def _blind(self) -> Select[Any]:
        return (
            select(CalibrationCall.call)
            .join(CalibrationRound, CalibrationRound.id == CalibrationCall.round)
            .join(CalibrationPerson, CalibrationPerson.round == CalibrationRound.id)
            .where(CalibrationPerson.user == self.id, CalibrationRound.closed_at.is_(None))
        )

    def _reach(self) -> ColumnElement[bool]:
        if not self.may("see"):
            return false()
        if self.role == "agent":
            return (
                and_(Call.agent_id.is_not(None), Call.agent_id == self.agent_id) if self.agent_id else false()
            )
        if self.role in SCOPED and self.team is not None:
            return Call.agent_id.in_(select(AgentTeam.agent_id).where(AgentTeam.team == self.team))
        return true()

    def plain(self) -> dict[str, Any]:
        """As the API shows it."""
        rights = sorted(RIGHTS.get(self.role, frozenset()) | ({"originals"} if self.originals else set()))
        return {
            "name": self.name, "role": self.role, "team": self.team, "agent_id": self.agent_id, "rights": rights,
        }  # fmt: skip

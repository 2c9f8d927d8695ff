"""Which channel is the agent, where the call list doesn't say: from what is said, by which side.

Agents introduce themselves with company and name, say why they call, offer, address the other politely
and talk more; customers answer with 喂 or hello, ask who it is, decline. The cues are data
(``lexicons/<language>/roles.yaml``), their weights are a logistic regression's (``roles.yaml`` beside
this module), so that the result is a probability. Under 0.8 nobody is called agent.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.types import Speaker, Turn

LEAST_CONFIDENCE = 0.8
_LEXICONS = Path(__file__).parents[1] / "lexicons"
_WEIGHTS = Path(__file__).with_name("roles.yaml")
_SENTENCE_END = re.compile(r"[。！？!?.；;，,]+")
_MAX_INTRO_TURNS = 6


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who: the likelier agent's channel and the confidence in it, 0.5–1 (0 where nothing is known)."""

    agent_channel: int | None
    confidence: float
    source: str

    def speaker(self, channel: int) -> Speaker:
        """Name of a channel's side; ``unknown`` where the confidence doesn't suffice."""
        if self.agent_channel is None or self.confidence < LEAST_CONFIDENCE:
            return "unknown"
        return "agent" if channel == self.agent_channel else "customer"


@dataclass(frozen=True, slots=True)
class Cue:
    """One pattern of one group, with examples that it must hit and miss."""

    group: str
    pattern: re.Pattern[str]
    cap: int
    hits: tuple[str, ...]
    misses: tuple[str, ...]


@cache
def cues(language: str) -> tuple[Cue, ...]:
    """Cues of a language, from ``lexicons/<language>/roles.yaml``."""
    import yaml

    raw = yaml.safe_load((_LEXICONS / language / "roles.yaml").read_text(encoding="utf-8"))
    return tuple(
        Cue(
            f"{side}_{name}",
            re.compile(entry["pattern"]),
            group["cap"],
            tuple(entry["hits"]),
            tuple(entry["misses"]),
        )
        for side in ("agent", "customer")
        for name, group in raw[side].items()
        for entry in group["patterns"]
    )


@cache
def weights() -> Mapping[str, float]:
    """Weight of each feature."""
    import yaml

    loaded: dict[str, float] = yaml.safe_load(_WEIGHTS.read_text(encoding="utf-8"))
    return loaded


def decide(
    sides: Sequence[Sequence[Turn]],
    *,
    language: str,
    known_names: Sequence[str] = (),
    listed: int | None = None,
) -> Roles:
    """Which channel is the agent.

    Parameters
    ----------
    sides
        Turns of each channel; one channel (mono) has no sides to tell apart.
    language
        ``zh`` or ``en``: whose cues are used (a mixed call is read with both).
    known_names
        Company, departments and roster of the profile: the agent is likelier to say them.
    listed
        Agent's channel from the call list, which is believed.
    """
    if listed is not None and len(sides) == 2:
        return Roles(listed, 1.0, "call_list")
    if len(sides) != 2 or not any(sides):
        return Roles(None, 0.0, "none")
    difference = features(sides[0], sides[1], language=language, known_names=known_names)
    probability = 1.0 / (1.0 + math.exp(-sum(weights()[name] * value for name, value in difference.items())))
    agent = 0 if probability >= 0.5 else 1
    return Roles(agent, round(max(probability, 1.0 - probability), 4), "speech")


def features(
    first: Sequence[Turn], second: Sequence[Turn], *, language: str, known_names: Sequence[str] = ()
) -> dict[str, float]:
    """Each cue's strength in the first side less its strength in the second; 0 where the sides are alike."""
    languages = [language] if language in ("zh", "en") else ["zh", "en"]
    mine, theirs = (_strengths(side, languages, known_names) for side in (first, second))
    out = {name: mine[name] - theirs[name] for name in mine}
    talk = [sum(_length(turn) for turn in side) for side in (first, second)]
    longest = [max((_length(turn) for turn in side), default=0.0) for side in (first, second)]
    # Beside a side of which nothing is heard anybody talks more: that says nothing of who he is.
    both = all(talk)
    out["talk_share"] = (talk[0] - talk[1]) / sum(talk) if both else 0.0
    out["longest_turn"] = (longest[0] - longest[1]) / sum(longest) if both else 0.0
    return out


def _strengths(
    side: Sequence[Turn], languages: Sequence[str], known_names: Sequence[str]
) -> dict[str, float]:
    said = [clause for turn in side for clause in sentences(turn.text)]
    found: dict[str, float] = {}
    for language in languages:
        for cue in cues(language):
            hits = sum(1 for clause in said if cue.pattern.search(clause))
            found[cue.group] = found.get(cue.group, 0.0) + min(hits, cue.cap)
    strengths = {group: math.log1p(hits) for group, hits in found.items()}
    opening = "".join(turn.text for turn in side[:_MAX_INTRO_TURNS]).casefold()
    strengths["known_name_said"] = float(any(name.casefold() in opening for name in known_names if name))
    return strengths


def sentences(text: str) -> list[str]:
    """Clauses of a text as the cues read them: lower case, no punctuation but apostrophes."""
    pieces = [re.sub(r"[^\w' ]", " ", piece.casefold()).strip() for piece in _SENTENCE_END.split(text)]
    return [piece for piece in pieces if piece]


def _length(turn: Turn) -> float:
    """Size of a turn in characters of sound: letters weigh a third of a Chinese character."""
    return sum(1.0 if ord(character) > 0x3000 else 0.3 for character in turn.text)

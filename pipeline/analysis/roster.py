"""The profile's names as an agent may say them of his company, his department and himself.

Whole names count wherever the agent says them early in the call, unless they are said of somebody else; a surname, a
nickname or a given name that is a word too counts only where he introduces himself with it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from models.jieba_words import frequencies
from pipeline.analysis.conversation import Conversation, Sentence
from pipeline.analysis.introduced import is_somebody_else, load_introduced, read_introduced, says_own_name
from pipeline.analysis.phonetic import sound_of
from pipeline.analysis.slots import Hit, Known, recognise, spot
from pipeline.analysis.text import fold
from pipeline.profile import Agent, Profile

SLOTS = ("company", "department", "name")
BY_SHORT = 0.9
"""Strength of a given name that a frame holds (our default)."""
BY_SOUND, LONG = 0.8, 8
"""What a likeness counts where a name was written as it sounds, so that the barely alike is a doubt, and from how many
characters such a name is looked for (our default)."""
AS_SPOKEN = 0.9
"""Strength of what sounds like a name, as everywhere (`slots`)."""
A_WORD = 0.5
"""Most that a word counts for which sounds like a name: a doubt (our default)."""
_LATIN = re.compile(r"[a-z]{2}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_NICK = re.compile(r"[小老阿大][\u3400-\u9fff]|[\u3400-\u9fff](?:经理|老师|顾问|总|工|姐|哥)")
_COMPOUND = re.compile(r"欧阳|上官|司马|诸葛|夏侯|皇甫|尉迟|公孙|慕容|司徒|令狐|端木|东方|独孤|南宫")
ORDINARY = 20
"""From so many times in the dictionary's texts on a name of two characters is a word too (our default)."""


def known_names(conversation: Conversation) -> dict[str, tuple[Known, ...]]:
    """What the profile holds for each slot."""
    profile = conversation.profile
    company = [name for name in (profile.company.name, *profile.company.aliases) if name]
    return {
        "company": (Known(company[0], company[0], tuple(company[1:])),) if company else (),
        "department": tuple(Known(item.name, item.name, tuple(item.aliases)) for item in profile.departments),
        "name": _roster(profile, conversation.record.agent_id),
    }


def _roster(profile: Profile, agent_id: str | None) -> tuple[Known, ...]:
    """All agents' names, those of the call's own agent first."""
    agents = sorted(profile.agents, key=lambda agent: agent.id != agent_id)
    return tuple(_known_agent(agent) for agent in agents if agent.names)


@functools.lru_cache(maxsize=4096)
def _known_agent(agent: Agent) -> Known:
    """An agent's names: the whole ones, and in ``short`` those that need a frame."""
    full = agent.names[0]
    han = 2 <= len(full) <= 4 and bool(_HAN.match(full[0]))
    compound = _COMPOUND.match(full)
    surname = (compound.group() if compound else full[0]) if han else ""
    polite = (
        [form.format(surname) for form in ("{}", "小{}", "老{}", "{}经理", "{}老师", "{}顾问")]
        if surname
        else []
    )
    if han and len(full) - len(surname) == 2:
        polite.append(full[len(surname) :])
    first = [full.split()[0]] if " " in full else []
    last = [full.split()[-1]] if " " in full else []
    whole = [name for name in agent.names if not _needs_frame(name)]
    short = [name for name in agent.names if _needs_frame(name)]
    return Known(full, full if whole[:1] == [full] else "", tuple(name for name in whole if name != full),
                 tuple(dict.fromkeys([*short, *polite, *first, *last])))  # fmt: skip


def _needs_frame(name: str) -> bool:
    """Whether a name says nothing by itself: one character, a nickname, a word of the language, one English word."""
    if not _HAN.search(name):
        return " " not in name.strip() and len(name.strip().split("-")) == 1
    return len(name) < 2 or bool(_NICK.fullmatch(name)) or (len(name) == 2 and _is_word(name))


def _is_word(name: str) -> bool:
    return frequencies().get(name, 0) >= ORDINARY


def own_name(sentence: Sentence, known: Sequence[Known]) -> Hit | None:
    """The agent of the roster whose name a sentence of the agent says as his own."""
    hit = spot(sentence, known, fuzzy=False)
    if hit is not None and not is_somebody_else(sentence.folded, hit.start, hit.end, _tongue(sentence)):
        return hit
    for one in known:
        for form in one.short:
            found = _given(sentence, form)
            if found is not None:
                return Hit(*found, one.value, "exact" if form == one.value else "alias", BY_SHORT)
    return (_as_heard if _tongue(sentence) == "en" else _by_sound)(sentence, known)


def behind_firm(sentence: Sentence, known: Mapping[str, Sequence[Known]]) -> Hit | None:
    """A name of the roster written as it sounds, right behind the profile's company or department: 我是蓝海集团的流阳 for 刘洋.

    A long opening turn is where the tagger doesn't hear it; what stands before it serves as the frame.
    """
    if _tongue(sentence) != "zh":
        return None
    for held in (spot(sentence, known[slot]) for slot in ("company", "department")):
        if held is None:
            continue
        start = held.end + sentence.folded.startswith("的", held.end)
        for end in range(start + 4, start + 1, -1):
            whole = _HAN_NAME.fullmatch(sentence.folded[start:end])
            found = recognise(whole.group(), known["name"]) if whole else None
            if found is not None and not is_somebody_else(sentence.folded, start, end, "zh"):
                return Hit(start, end, found[0], found[1], found[2] * AS_SPOKEN)
    return None


def _given(sentence: Sentence, form: str) -> tuple[int, int] | None:
    """Where a name that needs a frame is said by the agent of himself: one in Latin letters, in mixed speech any."""
    wanted = fold(form)
    if len(wanted) < 2 or wanted not in sentence.folded:
        return None
    if _HAN.search(wanted):
        mixed = _LATIN.search(sentence.folded)
        spans = says_own_name(sentence.folded, wanted, "zh") if mixed else []
    elif _tongue(sentence) == "en":
        spans = says_own_name(sentence.folded, wanted, "en")
        plain = wanted not in load_introduced("en").worded
        spans = [one for one in spans if plain or _framed(sentence.folded, *one)]
    else:
        spans = [
            hit.span() for hit in re.finditer(rf"(?<![a-z]){re.escape(wanted)}(?![a-z])", sentence.folded)
        ]
    return next(
        (one for one in spans if not is_somebody_else(sentence.folded, *one, _tongue(sentence))), None
    )


def _as_heard(sentence: Sentence, known: Sequence[Known]) -> Hit | None:
    """A whole English name that sounds like all the words between a frame of introduction and what follows a name."""
    names = [
        Known(one.value, "", tuple(form for form, _ in one.forms if " " in form and len(form) >= LONG))
        for one in known
    ]
    for hit in _frame_heard("en").finditer(sentence.folded):
        found = recognise(hit["name"], names)
        if found is not None:
            return Hit(*hit.span("name"), found[0], "fuzzy", round(found[2] * BY_SOUND, 3))
    return None


def _by_sound(sentence: Sentence, known: Sequence[Known]) -> Hit | None:
    """A whole Mandarin name in characters that sound the same, all that a frame of introduction holds: 我是孙号 for 孙浩.

    Where the characters are a word, as in 我是经理, it is a doubt.
    """
    for hit in _frame_heard("zh").finditer(sentence.folded):
        wanted = sound_of(hit["name"])
        one = next((one for one in known if wanted in (sound_of(form) for form in _whole(one))), None)
        if one is not None and not is_somebody_else(sentence.folded, *hit.span("name"), "zh"):
            return Hit(*hit.span("name"), one.value, "fuzzy", A_WORD if _is_word(hit["name"]) else AS_SPOKEN)
    return None


def _whole(one: Known) -> list[str]:
    return [one.value, *one.aliases]


@functools.cache
def _frame_heard(language: str) -> re.Pattern[str]:
    return re.compile(read_introduced(language)["own_name"]["heard"])


def _framed(folded: str, start: int, end: int) -> bool:
    """Whether a name that is a word too has words of introduction beside it, not only a clause of its own."""
    return bool(folded[:start].strip(" ,.") or folded[end:].strip(" ,."))


def _tongue(sentence: Sentence) -> str:
    return "zh" if sentence.language == "zh" else "en"

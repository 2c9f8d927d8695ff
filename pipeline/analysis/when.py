"""Times as people say them, found and resolved against the moment of the call (明天下午三点, next Tuesday at ten).

Words and frames are data (``lexicons/<language>/_when.yaml``). What is said vaguely (过几天) is found, and never dated.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from typing import Any

from pipeline.analysis.heard import forms_of
from pipeline.analysis.patterns import Pattern, common_grams
from pipeline.analysis.prefilter import demands
from pipeline.analysis.when_joined import Joins, Said, joined, recalled, resumed
from pipeline.analysis.when_resolved import loose, resolved, weekday_of
from pipeline.lexicons import load_yaml


@dataclass(frozen=True, slots=True)
class When:
    """A time as heard: characters ``[start, end)`` of a folded sentence, and ISO 8601 where it could be resolved.

    ``said`` holds its words by what they mean.
    """

    text: str
    start: int
    end: int
    iso: str | None
    said: Said = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Grammar:
    maps: Mapping[str, Mapping[str, Any]]
    frames: tuple[Pattern, ...]
    past: re.Pattern[str]
    joins: Joins


@functools.cache
def when_data(language: str) -> dict[str, Any]:
    """The file of one language as shipped, examples included."""
    path = resources.files("pipeline.lexicons") / language / "_when.yaml"
    data: dict[str, Any] = load_yaml(path.read_text(encoding="utf-8"))
    return data


@functools.cache
def _grammar(language: str) -> _Grammar:
    data = when_data(language)
    terms = {name: _alternatives(mapping) for name, mapping in data["maps"].items()}
    terms["number"] = data["number"]
    for name in ("hournum", "rel", "clock", "strict", "moment", "daytime", "holiday"):
        if name in data:
            terms[name] = _fill(data[name], terms)
    terms["vague"] = _fill("(?:" + "|".join(data["vague"]) + ")", terms)
    bounds = (r"(?<!\w)", r"(?!\w)") if language == "en" else ("", "")
    sources = (bounds[0] + _fill(frame, terms) + bounds[1] for frame in data["frames"])
    frames = tuple(Pattern(source, demands(source, common_grams(language))) for source in sources)
    terms["either"] = data["either"]
    undated = bounds[0] + _fill("(?:" + "|".join(data["undated"]) + ")", terms) + bounds[1]
    words = (
        data["between"],
        data["either"],
        _fill(data["hour"], terms),
        data["back"],
        undated,
        data["near"],
        data["own"],
    )
    return _Grammar(data["maps"], frames, re.compile(data["past"]), Joins(*map(re.compile, words)))


def _alternatives(mapping: Mapping[str, Any]) -> str:
    keys = sorted((str(key) for key in mapping), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(key).replace(r"\ ", r"\s+") for key in keys) + ")"


def _fill(frame: str, terms: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda hit: terms[hit.group(1)], frame)


def find_times(folded: str, language: str, now: datetime | None) -> list[When]:
    """Every future time said in a folded sentence, longest frame first, in order.

    Parameters
    ----------
    folded
        A folded sentence.
    language
        ``zh`` or ``en``.
    now
        When the call began; without it nothing is resolved.
    """
    grammar = _grammar("zh" if language == "zh" else "en")
    written = forms_of(folded, "zh" if language == "zh" else "en")[0]
    found = [hit for frame in grammar.frames if frame.could(written) for hit in frame.regex.finditer(folded)]
    kept: list[Said] = []
    for hit in sorted(filter(_is_said, found), key=lambda hit: (hit.start() - hit.end(), hit.start())):
        start, end = _trim(folded, hit.start(), hit.end())
        if all(end <= other.start or start >= other.end for other in kept):
            kept.append(Said(start, end, {key: value for key, value in hit.groupdict().items() if value}))
    kept.sort(key=lambda one: one.start)
    times = [one for one in kept if not grammar.past.search(folded[max(0, one.start - 6) : one.end])]
    return [
        When(folded[one.start : one.end], one.start, one.end, _iso(one, grammar, now), one)
        for one in joined(times, folded, grammar.joins)
    ]


def is_vague(time: When, language: str) -> bool:
    """Whether a time names neither another day, nor an hour, nor how many hours or minutes it is until then."""
    said = time.said
    return not said.has_clock and loose(said.parts, _grammar("zh" if language == "zh" else "en").maps)


def resume(earlier: When, later: When, language: str, now: datetime | None) -> When:
    """A time said after another of the same talk: an hour is of the day that was named, a weekday of the week."""
    said = resumed(earlier.said, later.said)
    if said is later.said:
        return later
    return replace(later, said=said, iso=_iso(said, _grammar("zh" if language == "zh" else "en"), now))


def recall(earlier: When, later: When, language: str, now: datetime | None) -> When | None:
    """A bare weekday as the date of that weekday which was named earlier; None where none is meant that is still to come."""
    grammar = _grammar("zh" if language == "zh" else "en")
    named = earlier.iso and earlier.said.days and not earlier.said.is_bare_weekday
    if not (named and earlier.iso and later.iso and later.said.is_bare_weekday):
        return None
    date = datetime.fromisoformat(earlier.iso).date()
    if date.weekday() != weekday_of(later.said.parts, grammar.maps):
        return None
    said = recalled(earlier.said, later.said)
    meant = replace(later, said=said, iso=_iso(said, grammar, now))
    return meant if meant.iso and meant.iso[:10] == date.isoformat() >= later.iso[:10] else None


@functools.lru_cache(maxsize=1024)
def says_time(folded: str, language: str) -> bool:
    """Whether a future time is said in a folded sentence; remembered, for a call's stretches share their sentences."""
    return bool(find_times(folded, language, None))


def _is_said(hit: re.Match[str]) -> bool:
    return hit.end() > hit.start()


def _iso(one: Said, grammar: _Grammar, now: datetime | None) -> str | None:
    return resolved(one.parts, grammar.maps, now) if now and one.is_sure else None


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1] in " ,，的":
        end -= 1
    return start, end

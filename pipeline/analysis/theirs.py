"""What an agent says of the other side while he asks for it: "am I through to …", "whoever handles …", 您是…吗.

A name in there is the customer's goods, firm or part, never the agent's own. The frames are data: ``theirs`` of
``lexicons/<language>/_introduced.yaml``, with examples beside.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pipeline.analysis.introduced import read_introduced
from pipeline.analysis.people import is_person, listed_names

Span = tuple[int, int]
RUN_ON = 5
"""Words from which on nobody knows where an unpunctuated question for the other side ends (our default)."""
_BOUND = re.compile(r"\b(?:at|of|for|from|with|in|over)(?: [\w'’-]+){0,2} $")
"""What ties a name to whom the question asks for."""
_STOP = re.compile(r"[,.;:?!，。；：？！]")
_TITLED = re.compile(
    r" (?:mrs?|ms|miss(?:is|us)?|mister|dr|doctor|sir|madam|ma'am)\.?"
    r"(?: (?:van|von|de|der|den|del|della|di|da|dos|la|le|al|el|bin|ibn|st)\b)*(?: [\w'’-]+)?"
)
_FILLED = re.compile(
    r"(?:[, ]+(?:uh|um|er|erm|the|a))+(?= (?:mrs?|ms|miss|mister|dr)\b)|(?:[, ]+(?:uh|um|er|erm))+"
)
_NAMED = re.compile(r" [\w'’-]+")
_NEXT = re.compile(r" ([\w'’-]+)(?= (?:from|calling|here|at|on|with|speaking|over|i'?m|it'?s)\b)")
_MORE = re.compile(r",? (?:from|at|of|with|in|over|and|or|'s)\b|'s\b")


@functools.cache
def _frames(language: str) -> tuple[re.Pattern[str], ...]:
    data = read_introduced(language)
    texts = data.get("theirs", {}).get("patterns", ())
    terms = data["terms"]
    return tuple(
        re.compile(re.sub(r"\{([a-z]+)\}", lambda hit: f"(?:{terms[hit[1]]})", one)) for one in texts
    )


@functools.lru_cache(maxsize=2048)
def spans_of(folded: str, language: str) -> tuple[Span, ...]:
    """Where a folded turn speaks of the other side.

    Examples
    --------
    >>> text = "hello am i through to accounts at moss and tarrant it's carys"
    >>> [text[start:end] for start, end in spans_of(text, "en")]
    ['am i through to accounts at moss and tarrant ']
    """
    return tuple(_spans(folded, "zh" if language == "zh" else "en"))


def _spans(folded: str, language: str) -> Iterator[Span]:
    for frame in _frames(language):
        for hit in frame.finditer(folded):
            yield hit.start(), _person_end(folded, hit) if language == "en" else hit.end()


def _person_end(folded: str, hit: re.Match[str]) -> int:
    """Its end: behind a person asked for by name another may follow at once: "is that missis dale carys from …"."""
    filled = _FILLED.match(folded, hit.end("lead"))
    start = filled.end() if filled else hit.end("lead")
    titled = _TITLED.match(folded, start)
    named = _NAMED.match(folded, start)
    if titled is None and (named is None or not is_person(named.group().strip())):
        others = (one for one in _NEXT.finditer(folded, start + 1, hit.end()) if one[1] in listed_names())
        return next((one.start() for one in others), hit.end())
    end = (titled or named).end()  # type: ignore[union-attr]
    return hit.end() if _MORE.match(folded, end) else min(end, hit.end())


def is_theirs(folded: str, start: int, end: int, language: str) -> bool:
    """Whether characters ``[start, end)`` stand where the other side is spoken of."""
    return any(start < until and begin < end for begin, until in spans_of(folded, language))


def is_run_on(folded: str, start: int, end: int, language: str) -> bool:
    """Whether an English name stands late in such a stretch, with no stop before it and tied to nobody that is asked for.

    The agent may have gone on to himself by then.

    Examples
    --------
    >>> said = "hello is this the bill payer usman metrolink fibre"
    >>> is_run_on(said, said.index("metro"), len(said), "en"), is_run_on(said, said.index("bill"), 28, "en")
    (True, False)
    """
    if language != "en" or _BOUND.search(folded[:start]):
        return False
    for begin, until in spans_of(folded, language):
        before = folded[begin:start]
        if begin <= start and end <= until and not _STOP.search(before) and len(before.split()) > RUN_ON:
            return True
    return False

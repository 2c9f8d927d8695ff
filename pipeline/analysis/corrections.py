"""The slots of a turn set right by structure: what is none goes, edges move to where the name ends, a fuller name wins."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.jieba_words import tagged
from pipeline.analysis.introduced import cut, is_never, own_firm, read_introduced
from pipeline.analysis.introduction import is_department, is_department_word
from pipeline.analysis.joined_firms import with_its_first_word
from pipeline.analysis.people import first_names, is_person, plain
from pipeline.analysis.retold import retold
from pipeline.analysis.tagger import Tag
from pipeline.analysis.tokens import Said

BY_FRAME = 0.85
"""Strength of a slot that only a frame vouches for (our default)."""
_TITLE = re.compile(r"(?:mr|mrs|ms|miss|dr|doctor|coach)\.?$")
_NEXT_WORD = re.compile(r"\.? ([a-zà-ÿ][\w'’-]+)")
_JOINED = re.compile(r" (?:and|&) (?!I\b)(?:[A-Z][\w'&.-]*)(?: (?:[A-Z&][\w'&.-]*))*")
_CAPITALISED = re.compile(r" (?!I\b|I'|We|You)[A-Z][\w&'-]*(?: (?:(?:of|and|&|the) )?[A-Z][\w&'-]*)*")
_RUN_BEFORE = re.compile(r"(?:[A-Z][\w&'-]* )+$")
_STARTER = re.compile(
    r"^(?:(?:Hi|Hello|Hey|Good|Morning|Afternoon|Evening|It|It's|This|The|From|At|I'm|I)\b,? ?)+"
)
AGAIN = re.compile(r"[\s，,.。、；;—–-]+(?:我?的?(?:全名|名字|大名)?叫做?)?|我?的?(?:全名|名字|大名)?叫做?")
"""What stands between a family name and the whole one: 我姓周，周晓燕; 我姓周叫周晓燕."""
_GIVEN_ZH = re.compile(r"[\u3400-\u9fff]{1,2}(?=[，,。！!？? ]|$)")
_PARTICLE = re.compile(
    r"(?: (?:van|von|de|der|den|da|di|del|dos|le|la|al|el|bin|ter|ten))+(?: [A-Z][\w'’-]+){1,2}"
)
_SURNAME_EN = re.compile(r"(?: [A-Z][\w'’-]+){1,2}")
_GIVEN_BEFORE = re.compile(
    r"(?:^|[,.!?;] ?|\b(?:hi|hello|hey|hiya|there|(?:good )?(?:morning|afternoon|evening)|this is|it's|i'm) )([a-z]+) $"
)
"""A word between a greeting or a frame and what was read as a name."""
_LATIN_MORE = re.compile(r" [A-Z][a-z]+(?=[，,。！!？? ]|$)")
_AT = re.compile(
    r" (?:over |here )?(?:at|from|with) (?:the )?(?P<firm>[A-Z][\w&'’.-]*\w(?: (?:(?:of|and|&|the) )?[A-Z][\w&'’-]*)*)"
)
_PERSON_END = re.compile(r"[，,。！!？? ]|$")
_NAMES = ("nr", "nrt", "nrfg", "nz", "nt", "eng", "x")
LEAST_FIRM = 3
"""A company's name that a person's is cut off has at least so many characters left (our default)."""


def corrected(said: Said, tags: Sequence[Tag]) -> list[Tag]:
    """The tags of a turn, each slot at most once where structure decides."""
    kept = [tag for tag in (_trimmed(said, one) for one in tags) if tag is not None]
    kept = [tag for tag in kept if not is_never(tag.slot, said.folded, tag.start, tag.end, said.language)]
    if said.language == "zh":
        kept = [*_parted(said, kept)]
        kept = [*_firm_of_department(said, kept)]
    else:
        kept = [*_at_a_firm(said, [*_inside_a_firm(said, with_its_first_word(said, kept))])]
        kept = [tag for tag in kept if not _person_as_firm(said, tag, kept)]
    kept = [_fuller(said, tag) if tag.slot == "name" else tag for tag in kept]
    own = own_firm(said.text, said.folded, said.language)
    if own is not None:
        kept = [tag for tag in kept if tag.slot != "company" and not _meet(tag, own)]
        kept.append(Tag("company", *own, BY_FRAME))
    return sorted(retold(said, [*_one_meaning(said, kept)]), key=lambda tag: tag.start)


def _meet(tag: Tag, span: tuple[int, int]) -> bool:
    return tag.start < span[1] and span[0] < tag.end


def _trimmed(said: Said, tag: Tag) -> Tag | None:
    """The tag at the edges of the name."""
    start, end = tag.start, tag.end
    while end > start + 1 and not (said.text[end - 1].isalnum() or said.text[end - 1] in ")!）"):
        end -= 1
    if tag.slot == "company":
        edges = cut(said.folded, start, end, said.language)
        start, end = edges if _is_small(said, start, end, edges) else (start, end)
        if said.language == "en":
            joined = _JOINED.match(said.text, end)
            end = joined.end() if joined and _closes(said.text, joined.end()) else end
            head = _firm_head().search(said.text[:start])
            start = head.start() if head else start
        else:
            end = _before_role(said, start, end)
    elif tag.slot == "name" and said.language == "en" and _TITLE.fullmatch(said.folded[start:end]):
        more = _NEXT_WORD.match(said.folded, end)
        if more is None:
            return None
        start, end = more.span(1)
    elif tag.slot == "name" and said.language == "en":
        more = _name_tail().search(said.folded, start, end)
        end = more.start() if more and more.start() > start else end
    return replace(tag, start=start, end=end)


def _before_role(said: Said, start: int, end: int) -> int:
    """End of a firm that runs into the word for what somebody is: 鼎盛装饰设计|师."""
    if said.folded[end : end + 1] not in ("师", "员", "商"):
        return end
    word = tagged(said.folded[start : end + 1])[-1][0]
    return end + 1 - len(word) if 1 < len(word) < end - start else end


def _is_small(said: Said, start: int, end: int, edges: tuple[int, int]) -> bool:
    """Whether what is cut off is no word of the name: in English with capitals it begins with none."""
    if said.language != "en":
        return True
    lead = said.text[start : edges[0]][:1]
    tail = said.text[edges[1] : end].lstrip()[:1]
    return not (lead.isupper() or tail.isupper())


@functools.cache
def _name_tail() -> re.Pattern[str]:
    return re.compile(read_introduced("en")["cut"]["name"])


@functools.cache
def _firm_head() -> re.Pattern[str]:
    return re.compile(read_introduced("en")["clauses"]["firm_head"])


def _closes(text: str, end: int) -> bool:
    """Whether a capitalised run ends where a clause does, so that the name behind "and" is the firm's, no second person's."""
    return bool(
        re.match(
            r"$|[,.;:!?]|'s\b| (?:about|regarding|in|here|on|again|the|it's|it|my|I'm|I|just|how|estate|solicitors)\b",
            text[end:],
        )
    )


def _fuller(said: Said, tag: Tag) -> Tag:
    """The whole name where it is said right after a part: 我姓周，周晓燕; "Leon, Leon Fairbrother"."""
    value = said.text[tag.start : tag.end]
    if said.language == "zh" and value.isascii():
        more = _LATIN_MORE.match(said.text, tag.end)
        return replace(tag, end=more.end()) if more and value[:1].isupper() else tag
    particle = _PARTICLE.match(said.text, tag.end)
    if particle:
        return replace(tag, end=particle.end())
    given = _GIVEN_BEFORE.search(said.folded[: tag.start]) if said.language == "en" else None
    if given and given[1] in first_names() and plain(value) not in first_names():
        return replace(tag, start=given.start(1))
    family = value.removeprefix("姓")
    gap = AGAIN.match(said.text, tag.end)
    if gap is None or not said.text.startswith(family, gap.end()):
        return tag
    after = gap.end() + len(family)
    short = said.language == "zh" and len(family) <= 2
    more = (
        (_GIVEN_ZH if short else _SURNAME_EN).match(said.text, after)
        if short or said.language == "en"
        else None
    )
    return replace(tag, start=gap.end(), end=more.end()) if more else tag


def _parted(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """A company that a person's name is joined to, cut in two: 海康威视王磊."""
    named = any(tag.slot == "name" for tag in tags)
    for tag in tags:
        if named or tag.slot != "company" or not _PERSON_END.match(said.text, tag.end):
            yield tag
            continue
        word, flag = tagged(said.folded[tag.start : tag.end])[-1]
        at = tag.end - len(word)
        if flag == "nr" and 2 <= len(word) <= 3 and at - tag.start >= LEAST_FIRM:
            yield replace(tag, end=at)
            yield Tag("name", at, tag.end, BY_FRAME)
        else:
            yield tag


def _firm_of_department(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """A department that begins with its firm's name, cut in two where no company was found: 惠普服务器事业部."""
    firm = any(tag.slot == "company" for tag in tags)
    for tag in tags:
        if firm or tag.slot != "department":
            yield tag
            continue
        word, flag = tagged(said.folded[tag.start : tag.end])[0]
        at = tag.start + len(word)
        if (
            len(word) >= 2
            and flag in _NAMES
            and is_department(said.folded[at : tag.end])
            and not is_department_word(word)
        ):
            yield Tag("company", tag.start, at, BY_FRAME)
            yield replace(tag, start=at)
        else:
            yield tag


def _inside_a_firm(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """Departments less those that are words of a firm's name: Marketing Department Magazine."""
    for tag in tags:
        more = _CAPITALISED.match(said.text, tag.end) if tag.slot == "department" else None
        own = said.text[tag.start : tag.end]
        if (
            more is None
            or is_person(more.group().strip())
            or not all(word[0].isupper() for word in own.split())
        ):
            yield tag
            continue
        before = _RUN_BEFORE.search(said.text[: tag.start])
        start = before.start() if before else tag.start
        starter = _STARTER.match(said.text[start : tag.start])
        start += starter.end() if starter else 0
        if not any(one.slot == "company" and one.end > tag.end for one in tags):
            yield Tag("company", start, more.end(), BY_FRAME)


def _at_a_firm(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """A person taken for a firm, whose firm follows: "through to Kelly at Fernlink"."""
    named = any(tag.slot == "name" for tag in tags)
    for tag in tags:
        at = _AT.match(said.text, tag.end) if tag.slot == "company" else None
        if (
            at is None
            or not is_person(said.text[tag.start : tag.end])
            or " " in said.text[tag.start : tag.end]
        ):
            yield tag
            continue
        if not named:
            yield replace(tag, slot="name")
        if not any(one.slot == "company" and one.start >= at.start() for one in tags):
            yield Tag("company", *at.span("firm"), BY_FRAME)


def _person_as_firm(said: Said, tag: Tag, tags: Sequence[Tag]) -> bool:
    """Whether a firm begins with a given name, and the firm is another or hardly anything says that it is one."""
    value = said.text[tag.start : tag.end]
    if tag.slot != "company" or not is_person(value):
        return False
    others = [
        one
        for one in tags
        if one is not tag and one.slot == "company" and not is_person(said.text[one.start : one.end])
    ]
    named = [said.text[one.start : one.end] for one in tags if one.slot == "name"]
    return (
        bool(others)
        or "company" in said.had
        or tag.probability < BY_FRAME
        or any(map(value.startswith, named))
    )


def _one_meaning(said: Said, tags: Sequence[Tag]) -> Iterator[Tag]:
    """No value both firm and person."""
    firms = {said.folded[tag.start : tag.end] for tag in tags if tag.slot == "company"}
    for tag in tags:
        if tag.slot != "name" or said.folded[tag.start : tag.end] not in firms:
            yield tag

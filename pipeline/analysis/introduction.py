"""The grammar of a Mandarin self-introduction: greeting, self-marker, then company, branch, department,
role and name in one noun phrase.

Word lists are the ``grammar`` terms of ``lexicons/zh/opening.yaml``; a department is known by its last
morpheme, a company is what stands before it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.analysis.patterns import expand, shared_terms

Span = tuple[int, int]
_BLANK = re.compile(r"(?<=[a-z0-9]) +(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff]) +(?=[a-z0-9])")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The compiled parts of the grammar, by their names in the lexicon."""

    part: dict[str, re.Pattern[str]]

    def phrases(self, text: str) -> Iterator[tuple[str, int, int]]:
        """How each noun phrase of introduction is marked, and its bounds."""
        for mark in ("self", "welcome", "at", "bare"):
            for hit in self.part[f"start_{mark}"].finditer(text):
                start = hit.end()
                lead = self.part["lead"].match(text, start)
                start = lead.end() if lead else start
                stop = self.part["stop"].search(text, start)
                end = stop.start() if stop else len(text)
                if end - start < 2 or self._asked(text, end, mark):
                    continue
                yield mark, start, end

    def _asked(self, text: str, end: int, mark: str) -> bool:
        if mark == "at":
            return not self.part["work"].match(text, end)
        return bool(mark == "bare" and self.part["question"].match(text, end))

    def parse(self, text: str, mark: str, start: int, end: int) -> dict[str, Span]:
        """Company, department and name of a noun phrase."""
        found: dict[str, Span] = {}
        name = self.part["name_end"].search(text[start:end])
        rest = end
        if name:
            found["name"] = (start + name.start("name"), start + name.end("name"))
            rest = found["name"][0]
        first = text.find("的", start, rest)
        head_end = first if first > start else rest
        second = (first + 1, rest) if first > start else None
        role_less = self._without_role(text, start, head_end) if second is None else head_end
        company, department = self._organisation(text, start, role_less)
        if second and department is None:
            department = self._second(text, *second)
        fused = second is None and not name and department is None
        if company and self._believable(text, company, mark, fused=fused, named=bool(name)):
            found["company"] = company
        if department and (mark != "bare" or "company" in found or start == 0):
            found["department"] = department
        if mark == "bare" and "company" not in found and not department:
            found = {}
        return found

    def _second(self, text: str, start: int, end: int) -> Span | None:
        """A department behind the company's 的, with or without the role behind it."""
        hit = self.part["second"].match(text[start:end])
        return (start, start + hit.end("department")) if hit else None

    def _without_role(self, text: str, start: int, end: int) -> int:
        """End of the organisation, with a role that is joined to it left out."""
        part = text[start:end]
        role = self.part["role_end"].search(part)
        if role is None:
            return end
        inner = [hit.end() for hit in self.part["org_end"].finditer(part) if hit.end() < len(part)]
        if inner:
            return start + inner[-1]
        known = self.part["role_known"].search(part)
        return start + known.start() if known else start

    def _organisation(self, text: str, start: int, end: int) -> tuple[Span | None, Span | None]:
        part = self.part["trail"].sub("", text[start:end])
        head = self.part["head"].search(part)
        if head is None:
            company = self._without_branch(part)
            return ((start, start + len(company)) if company else None), None
        split = self._split(part[: head.start()], whole=len(head.group()) > 1)
        branch = self._without_branch(part[:split])
        company_span = (start, start + len(branch)) if branch else None
        return company_span, (start + split, start + len(part))

    def _split(self, part: str, *, whole: bool) -> int:
        """Where the department begins in ``part``, which ends before the department's head."""
        at = len(part)
        while word := self.part["word_end"].search(part[:at]):
            tail = self.part["tail_end"].search(part[:at])
            if tail and at < len(part) and tail.start() <= word.start():
                break
            if word.start() == 1:
                break
            at = word.start()
        tails = [hit.end() for hit in self.part["tail"].finditer(part) if 2 <= hit.end() <= at]
        if at == len(part) or (tails and 0 < at - tails[-1] <= 4):
            if tails and (tails[-1] < len(part) or whole):
                return tails[-1]
            if at == len(part) and not whole:
                return max(0, len(part) - 2)
        return at

    def _without_branch(self, part: str) -> str:
        hit = self.part["branch_end"].search(part)
        return part[: hit.start()] if hit and hit.start() >= 2 else part

    def _believable(self, text: str, span: Span, mark: str, *, fused: bool, named: bool) -> bool:
        value = text[slice(*span)]
        if not 2 <= len(value) <= 16 or self.part["no_company"].search(value):
            return False
        if self.part["tail_end"].search(value):
            return True
        after = text[span[1] : span[1] + 1]
        if mark == "bare" and fused:
            return after == "的" and self.part["end"].match(text, span[1] + 1) is not None
        if after == "的" or not fused:
            return True
        return mark != "bare" and not self.part["person"].fullmatch(value)


@functools.cache
def load_grammar(terms_key: str = "zh") -> Grammar:
    """The grammar as shipped."""
    from pipeline.analysis.frames import read_frames

    data: dict[str, Any] = read_frames(terms_key)
    terms = {**shared_terms(terms_key), **data["terms"]}
    return Grammar({name: re.compile(expand(text, terms)) for name, text in data["grammar"].items()})


def is_department(text: str) -> bool:
    """Whether a text is a department in words of the lexicon only."""
    return load_grammar().part["department"].fullmatch(text) is not None


def is_department_word(text: str) -> bool:
    """Whether a text is one or more words that departments are named with, or a trade's."""
    return load_grammar().part["department_word"].fullmatch(text) is not None


def parts_of(text: str) -> dict[str, Span]:
    """Slots of a folded Mandarin sentence by the grammar.

    Examples
    --------
    >>> {slot: "您好我是粤海证券投顾团队的岳鹏"[slice(*span)] for slot, span in
    ...  parts_of("您好我是粤海证券投顾团队的岳鹏").items()}
    {'name': '岳鹏', 'company': '粤海证券', 'department': '投顾团队'}
    """
    blank = {at for hit in _BLANK.finditer(text) for at in range(*hit.span())}
    places = [at for at in range(len(text)) if at not in blank]
    plain = "".join(text[at] for at in places)
    grammar = load_grammar()
    found: dict[str, Span] = {}
    for mark, start, end in grammar.phrases(plain):
        for slot, span in grammar.parse(plain, mark, start, end).items():
            found.setdefault(slot, span)
    for said in ("nick", "called"):
        if named := grammar.part[said].search(plain):
            found["name"] = named.span("name")
    return {slot: (places[start], places[end - 1] + 1) for slot, (start, end) in found.items()}

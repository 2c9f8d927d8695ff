"""Postal addresses, written and spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.privacy.rules import Hit, pattern, rules
from pipeline.privacy.streams import Stream

_NUMBER_ZH = r"(?:[0-9０-９零〇一二三四五六七八九十百千幺两甲乙丙丁A-Za-z]+(?:[-－之][0-9]+)*)"
_ONES = "zero|oh|one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SPOKEN = rf"(?:{_TENS}|{_TEENS}|{_ONES}|hundred|double|and)"
_NUMBER_EN = rf"(?:\d+[a-z]?(?:[-/]\d+)?|{_SPOKEN}(?:[\s-]+(?:{_SPOKEN}|thousand))*)"
_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?\s+\d[A-Z]{2}"
_STATE = (
    "A[LKZR]|C[AOT]|DE|DC|FL|GA|HI|I[DLNA]|K[SY]|LA|M[EDAINSOT]|N[EVHJMYCD]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[TA]"
    "|W[AVIY]"
)


def find_addresses(stream: Stream) -> list[Hit]:
    """Postal addresses of a person; those of the company, said by the agent, stay."""
    hits = []
    for match in _chinese_address().finditer(stream.text):
        hit = _chinese_hit(match, stream)
        if hit and not (stream.speaker != "customer" and _company(stream, hit.start, "zh")):
            hits.append(hit)
    for start, end in _english_addresses(stream):
        if not (stream.speaker != "customer" and _company(stream, start, "en")):
            hits.append(Hit(start, end, "address", 0.9))
    return hits


def _company(stream: Stream, at: int, language: str) -> bool:
    return bool(pattern(rules()["address"][language]["company"]).search(stream.before(at, 30)))


@cache
def _chinese_address() -> re.Pattern[str]:
    zh = rules()["address"]["zh"]
    gap = r"[\s，,、的]{0,2}"
    admin = rf"(?:[一-龥]{{1,12}}?(?:{zh['admin']}))"
    street = (
        rf"(?:[一-龥A-Za-z0-9]{{1,14}}?(?:{zh['street']})(?:[东南西北中]?[一二三四五六七八九十\d]{{0,2}}段)?)"
    )
    phase = r"(?:[东南西北]?[一二三四五六七八九十\d]{0,2}[期区])?"
    community = rf"(?:[一-龥A-Za-z0-9]{{1,12}}?(?:{zh['community']}){phase})"
    unit = rf"(?:{_NUMBER_ZH}(?:{zh['unit']})(?!码|线|人|个|次|费))"
    tail = rf"(?:{gap}(?:[零〇一二三四五六七八九幺\d]{{3,4}}(?![\d元块年]))(?:室|房)?)?"
    return pattern(
        rf"(?P<admin>(?:{admin}{gap})*)(?P<place>(?:(?:{street}|{community}){gap})+)(?P<unit>(?:{unit}{gap}(?:{community}{gap})?)*){tail}"
        rf"|(?P<units>(?:{unit}{gap}){{2,}}){tail}"
    )


def _chinese_hit(match: re.Match[str], stream: Stream) -> Hit | None:
    zh = rules()["address"]["zh"]
    end = match.start() + len(match.group().rstrip(" ，,、的\n"))
    near = stream.before(match.start(), 24)
    if match.group("units") is not None:
        named = pattern("单元|栋|幢|室|号楼").search(match.group("units"))
        if not named or not pattern(zh["cue"]).search(near + match.group()):
            return None
        # the estate's name before it, however it ends
        estate = re.search(r"[一-龥A-Za-z0-9]{0,14}$", stream.text[: match.start()])
        start = estate.start() if estate else match.start()
        leads = [one.end() for one in pattern(zh["lead"]).finditer(stream.text, start, match.start())]
        return Hit(leads[-1] if leads else match.start(), end, "address", 0.85)
    start = match.start()
    for lead in pattern(zh["lead"]).finditer(stream.text, start, match.end("place")):
        if lead.end() < match.end("place") - 1:
            start = lead.end()
    head = stream.text[start : match.end("place")].rstrip(" ，,、的\n")
    bare = pattern(rf"(?:{zh['not_street']})$").search(head)
    head = pattern(
        r"(?<=[路街道])[东南西北中]?[一二三四五六七八九十\d]{0,2}段$|(?<=[区苑园])[东南西北]?[一二三四五六七八九十\d]{0,2}[期区]$"
    ).sub("", head)
    suffix = pattern(rf"(?:{zh['admin']}|{zh['street']}|{zh['community']})$").search(head)
    if bare or suffix is None or suffix.start() == 0 or head[suffix.start() - 1] in "个这那哪每各多些几":
        return None
    if match.group("unit") or pattern(rf"{_NUMBER_ZH}(?:{zh['unit']})").search(match.group("place")):
        return Hit(start, end, "address")
    cue = pattern(zh["cue"]).search(near + stream.text[match.start() : start])
    wide = pattern(rf"[一-龥](?:{zh['admin']})[一-龥]").search(head)
    return Hit(start, end, "address", 0.8) if cue and (wide or end > match.end("place")) else None


def _english_addresses(stream: Stream) -> Iterator[tuple[int, int]]:
    en = rules()["address"]["en"]
    for match in _english_address().finditer(stream.text):
        words = [word.lower() for word in re.findall(r"[a-z']+", match.group("name"), re.IGNORECASE)]
        if not words or any(word in en["not_name"] for word in words):
            continue
        weak = pattern(rf"(?:{en['weak']})\.?").fullmatch(match.group("type"))
        proper = match.group("name").strip()[:1].isupper() and match.group("type")[:1].isupper()
        cue = pattern(en["cue"]).search(stream.before(match.start(), 60) + stream.after(match.end(), 30))
        if weak and not proper and not cue:
            continue
        yield match.start(), match.end()
    for form in (r"\bp\.?\s?o\.?\s+box\s+(?:\d+|(?:" + _ONES + r")(?:\s(?:" + _ONES + r"))*)",):
        yield from ((m.start(), m.end()) for m in pattern(form).finditer(stream.text))
    yield from ((m.start(), m.end()) for m in re.finditer(rf"\b{_POSTCODE}\b", stream.text))


@cache
def _english_address() -> re.Pattern[str]:
    en = rules()["address"]["en"]
    gap = r"[\s,]{1,3}"
    numbered = rf"(?:{en['part']})\.?\s+(?:number\s+)?(?:[a-z]?\d+[a-z]?|{_NUMBER_EN}(?:\s[a-z]\b)?|[a-z]\b)"
    floor = r"(?:first|second|third|fourth|fifth|ground|top|\d+(?:st|nd|rd|th))\s+floor"
    part = rf"(?:{gap}(?:{numbered}|#\s?\w+|{floor}))"
    state = rf"(?:{gap}(?-i:{_STATE})\b)"
    city = r"(?:,?\s(?:in\s)?(?-i:[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2}))"
    post = rf"(?:{gap}(?:\d{{5}}(?:-\d{{4}})?|{_POSTCODE})\b)"
    before = rf"(?:(?:{en['part']})\s+(?:\d+[a-z]?|{_NUMBER_EN}|[a-z])[\s,]{{1,3}})?"
    return pattern(
        rf"(?<![\w$£€]){before}{_NUMBER_EN}\s+(?P<name>(?:(?:north|south|east|west|n|s|e|w)\.?\s+)?(?:[a-z][a-z'’]*\.?\s+|\d+(?:st|nd|rd|th)\s+){{1,3}}?)"
        rf"(?P<type>(?:{en['strong']}|{en['weak']})\b\.?){part}*(?:{city}{{0,2}}{state}?{post}?)?"
    )

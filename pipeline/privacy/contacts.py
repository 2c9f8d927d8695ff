"""E-mail and postal addresses, written and spoken, and passwords that aren't digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.privacy.rules import Hit, either, pattern, rules
from pipeline.privacy.streams import APART, JOINED, Stream

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


def find_emails(stream: Stream) -> list[Hit]:
    """E-mail addresses, as ``a.b@c.com``, "a dot b at c dot com" or "a b 艾特 qq 点 com"."""
    hits = [Hit(m.start(), m.end(), "email") for m in pattern(_WRITTEN).finditer(stream.text)]
    for match in _spoken_email().finditer(stream.text):
        start = _local_start(stream.text, match.start())
        hit = Hit(start, match.end(), "email")
        if (
            start < match.start()
            and not any(hit.meets(one) for one in hits)
            and _is_email(stream, start, match)
        ):
            hits.append(hit)
    return hits


def _is_email(stream: Stream, start: int, match: re.Match[str]) -> bool:
    """Told from "we sell it at acme dot com" by what is spoken of, a provider or a spelled name."""
    if pattern(rules()["email"]["cue"]).search(stream.before(start, 60) + stream.after(match.end(), 20)):
        return True
    local = stream.text[start : match.start()]
    spelled = pattern(
        r"\d|\b(?:dot|underscore|dash)\b|[点_.]|\b[a-z]\b|[零一幺二两三四五六七八九]{2}"
    ).search(local)
    whole = match.group("whole") is not None
    if whole and pattern(r"(?:\bis|'s|是)\s*$").search(stream.before(start, 8)):
        return True
    provider = pattern(either(rules()["email"]["providers"])).search(match.group())
    return bool(spelled or provider) if whole else bool(spelled and provider)


_WRITTEN = r"[a-z0-9._%+\-]+\s?[@＠]\s?[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}(?![a-z])"


@cache
def _spoken_email() -> re.Pattern[str]:
    email = rules()["email"]
    dot, at = f"(?:{email['dot']})", f"(?:{email['at']})"
    provider = either(email["providers"])
    host = (
        rf"(?:{provider}|[a-z0-9\-]{{2,}}(?:\s[a-z0-9\-]+){{0,2}}|[零一幺二三四五六七八九]{{3}}|[a-z]\s[a-z])"
    )
    return pattern(
        rf"(?P<whole>{at}(?:{host}(?:\s*邮箱)?{dot})+(?:{email['ends']})(?![a-z]))|{at}{provider}(?![a-z0-9])"
    )


_JOINS = frozenset({"dot", "underscore", "dash", "hyphen", "period", "plus", "点", "下划线", "杠", "中杠"})
_LOCAL = r"[a-z0-9_.+\-]+'?[a-z]*|[零一幺二两三四五六七八九]+|点|下划线|杠|中杠|[^\s]"
_LOCAL_WORD = r"[a-z0-9_.+\-]+|[零一幺二两三四五六七八九]+|点|下划线|杠|中杠"
LONGEST_LOCAL = 90
MOST_WORDS = 5


def _local_start(text: str, at: int) -> int:
    """Where the part before the at-sign begins: back over names, letters, digits and "dot".

    It ends at a word of the sentence, at the end of a sentence, and at the second change of turns.
    """
    stop = frozenset(rules()["email"]["stop"])
    start, words, joined = at, 0, False
    for match in reversed(list(pattern(_LOCAL).finditer(text, max(0, at - LONGEST_LOCAL), at))):
        word = match.group().lower().strip(".")
        parted = APART in text[match.end() : start] or text.count(JOINED, match.end(), at + 1) > 1
        if match.group() in (",", "，", "、") and words and not parted:
            continue
        ended = match.group().endswith(".") and match.end() < at and not joined
        if parted or ended or not re.fullmatch(_LOCAL_WORD, word) or (words and word in stop and not joined):
            break
        joined = word in _JOINS
        words += 0 if joined or len(word) == 1 else 1
        if words > MOST_WORDS:
            break
        start = match.start()
    return start


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


def find_passwords(stream: Stream) -> list[Hit]:
    """Codes and passwords with letters in them, said straight after the word for them."""
    cue = rules()["cues"]["code"]
    hits = []
    ends = r"\s*(?:(?:号|号码)?(?:是|为|就是|设的是|设成|改成)|is|was|to|[:：=])[\s:：]*"
    for match in pattern(
        rf"(?:{cue}){ends}(?P<secret>(?=[\w!@#$%^&*\-]*[a-z])(?=[\w!@#$%^&*\-]*\d)[\w!@#$%^&*\-]{{4,24}})"
    ).finditer(stream.text):
        secret = re.match(r"[A-Za-z0-9_!@#$%^&*\-]+", match.group("secret"))
        if secret and re.search(r"\d", secret.group()):
            hits.append(Hit(match.start("secret"), match.start("secret") + secret.end(), "code"))
    sign = rf"[a-z]|\d+|{_ONES}|capital|lower\s?case|upper\s?case|dash|hash|underscore"
    spelled = rf"(?:{cue}){ends}(?P<secret>(?:(?:{sign})\b[\s,\-]*){{3,}})"
    for match in pattern(spelled).finditer(stream.text):
        text = match.group("secret").rstrip(" ,-")
        if pattern(rf"\d|\b(?:{_ONES})\b|(?:\b[a-z]\b[\s,\-]*){{3}}").search(text):
            hits.append(Hit(match.start("secret"), match.start("secret") + len(text), "code"))
    return hits

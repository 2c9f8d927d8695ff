"""Numbers as people say and write them on the telephone: every spelling, grouping, pause and interruption.

``PYTHONPATH=.:tests python tests/spoken.py [COUNT] [--lines]`` prints how many are wholly masked, kind by kind.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from factories import make_transcript

from pipeline.privacy.masking import mask
from pipeline.privacy.numbers import identity_holds, luhn

HAN = {
    "0": "零〇洞",
    "1": "一幺",
    "2": "二",
    "3": "三",
    "4": "四",
    "5": "五",
    "6": "六",
    "7": "七拐",
    "8": "八",
    "9": "九",
}
ONES = "zero one two three four five six seven eight nine".split()  # noqa: SIM905
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
TOLD: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "heldout" / "spoken.yaml").read_text(encoding="utf-8")
)
Rng = random.Random


def mobile_zh(rng: Rng) -> str:
    return "1" + rng.choice(["3", "5", "7", "8"]) + _digits(rng, 9)


def landline_zh(rng: Rng) -> str:
    return rng.choice(["010", "021", "020", "025", "027", "028"]) + rng.choice("2345678") + _digits(rng, 7)


def identity_zh(rng: Rng) -> str:
    body = rng.choice(["110105", "440524", "320102", "510107", "370212", "650102"])
    body += (
        f"{rng.randint(1945, 2012)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{rng.randint(0, 999):03d}"
    )
    return next(body + check for check in "0123456789X" if identity_holds(body + check))


def card(rng: Rng) -> str:
    body = (rng.choice(["4", "51", "55", "62"]) + _digits(rng, 14))[:15]
    return next(body + check for check in "0123456789" if luhn(body + check))


def phone_us(rng: Rng) -> str:
    area = rng.choice(["212", "415", "312", "206", "617", "773", "404", "602", "512", "305"])
    return area + rng.choice("23456789") + _digits(rng, 6)


def phone_uk(rng: Rng) -> str:
    return rng.choice(
        [
            "07" + _digits(rng, 9),
            "0161" + _digits(rng, 7),
            "0207946" + _digits(rng, 4),
            "01273" + _digits(rng, 6),
        ]
    )


def phone_abroad(rng: Rng) -> str:
    return rng.choice(
        [
            "04" + _digits(rng, 8),
            rng.choice("6789") + _digits(rng, 9),
            "08" + rng.choice("3567") + _digits(rng, 7),
        ]
    )


def social(rng: Rng) -> str:
    return str(rng.randint(100, 772)) + _digits(rng, 6)


def code(rng: Rng) -> str:
    return _digits(rng, rng.choice([4, 6, 6]))


def _digits(rng: Rng, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


MAKERS: dict[str, Callable[[Rng], str]] = {
    "mobile_zh": mobile_zh, "landline_zh": landline_zh, "identity_zh": identity_zh, "card_zh": card, "code_zh": code,
    "phone_us": phone_us, "phone_uk": phone_uk, "phone_abroad": phone_abroad, "card_en": card, "social": social, "code_en": code,
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = TOLD["kinds"]


def say(rng: Rng, language: str, digits: str, *, spoken: bool | None = None) -> str:
    """The digits in groups of two to five, each written or spoken in any of its spellings."""
    spoken = rng.random() < 0.75 if spoken is None else spoken
    groups = [_group(rng, language, group, spoken) for group in cut(rng, digits)]
    text = groups[0]
    pause = rng.choice(TOLD["pauses"][language])
    for group in groups[1:]:
        own = rng.choice(TOLD["pauses"][language]) if rng.random() < 0.4 else pause
        text += (own if spoken else rng.choice([" ", "-", " ", "-" if len(digits) < 7 else "."])) + group
    return text


def cut(rng: Rng, digits: str) -> list[str]:
    """Groups of two to five digits."""
    groups, rest = [], digits
    while rest:
        size = rng.choice([2, 3, 3, 4, 4, 5])
        if len(rest) - size == 1:
            size = len(rest)
        groups.append(rest[:size])
        rest = rest[size:]
    return groups


def _group(rng: Rng, language: str, group: str, spoken: bool) -> str:
    if not spoken:
        return group
    return _han(rng, group) if language == "zh" else _english(rng, group)


def _han(rng: Rng, group: str) -> str:
    said, i = "", 0
    while i < len(group):
        same = len(re.match(rf"{group[i]}+", group[i:]).group())  # type: ignore[union-attr]
        if 2 <= same <= 4 and group[i] in HAN and rng.random() < 0.5:
            said += {2: "两", 3: "三", 4: "四"}[same] + "个" + HAN[group[i]][0]
            i += same
        else:
            said += rng.choice(HAN[group[i]]) if group[i] in HAN else rng.choice(["X", "x", "叉"])
            i += 1
    return said


def _english(rng: Rng, group: str) -> str:
    said, i = [], 0
    while i < len(group):
        same = len(re.match(rf"{group[i]}+", group[i:]).group())  # type: ignore[union-attr]
        pair = int(group[i : i + 2])
        if 2 <= same <= 3 and rng.random() < 0.5:
            said += [{2: "double", 3: rng.choice(["triple", "treble"])}[same], _one(rng, group[i])]
            i += same
        elif i + 1 < len(group) and pair >= 10 and (len(group) - i) % 2 == 0 and rng.random() < 0.25:
            said.append(
                TEENS[pair - 10]
                if pair < 20
                else TENS[pair // 10] + ("-" + ONES[pair % 10] if pair % 10 else "")
            )
            i += 2
        else:
            said.append(_one(rng, group[i]))
            i += 1
    return " ".join(said)


def _one(rng: Rng, digit: str) -> str:
    return rng.choice(["zero", "oh", "oh", "nought", "naught", "O"]) if digit == "0" else ONES[int(digit)]


Talk = list[tuple[str, str, bool]]


def talks(rng: Rng, kind: str) -> Talk:
    """A talk in which a number of this kind is told; each turn with whether it may hold digits of it."""
    language, carriers, questions = (KINDS[kind][part] for part in ("language", "carriers", "questions"))
    digits, form = MAKERS[kind](rng), rng.choice(["told", "told", "asked", "pieces", "asked pieces"])
    talk: Talk = []
    carrier = rng.choice(carriers)
    if "asked" in form or (carrier == "{}" and kind.startswith("code")):
        talk.append(("agent", rng.choice(questions), False))
        carrier = rng.choice(["{}", *carriers])
    if "pieces" not in form:
        return [*talk, ("customer", carrier.format(say(rng, language, digits)), True)]
    spoken, pieces = rng.random() < 0.8, cut(rng, digits)
    if kind.startswith("code"):
        pieces = [digits[: len(digits) // 2], digits[len(digits) // 2 :]]
    for i, piece in enumerate(pieces):
        said = _group(rng, language, piece, spoken)
        talk.append(("customer", carrier.split("{}")[0] + said if not i else said, True))
        if i + 1 < len(pieces):
            talk.append(("agent", rng.choice(TOLD["remarks"][language]), False))
    return talk


def plain(rng: Rng, language: str) -> str:
    """A sentence with prices, dates, order numbers: nothing of a person's, written or spoken."""
    spoken = rng.random() < 0.5
    parts = {f"order{n}": _digits(rng, n) for n in range(3, 8)} | {
        "order": _digits(rng, rng.choice([6, 8, 10, 12]))
    }
    if spoken:
        parts = {name: say(rng, language, digits, spoken=True) for name, digits in parts.items()}
    small = {"price": rng.randint(3, 99999), "wan": rng.randint(2, 900), "month": rng.randint(2, 12), "day": rng.randint(4, 20),
             "hour": rng.randint(8, 12), "minute": rng.choice([15, 30, 45]), "year": rng.randint(1990, 2030)}  # fmt: skip
    parts |= {name: str(value) for name, value in small.items()}
    parts["model"] = f"{rng.choice('ABKX')}{rng.choice('CDM')}-{rng.randint(100, 9900)}"
    return rng.choice(TOLD["plain"][language]).format(**parts)


LEFT = re.compile(
    r"\d|[零〇一幺二两三四五六七八九洞拐]|\b(?:zero|oh|nought|naught|O|one|two|three|four|five|six|seven|eight|nine|\w+teen|ten|eleven|twelve|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|double|triple|treble)\b"
)


def left(kind: str, talk: Talk, *, sides: bool) -> str:
    """What remains readable of the number."""
    turns = [(side if sides else "unknown", text) for side, text, _ in talk]
    masked, _ = mask(make_transcript(*turns, language=KINDS[kind]["language"]))  # type: ignore[arg-type]
    return " | ".join(
        t.text for t, (_, _, told) in zip(masked.turns, talk, strict=True) if told and LEFT.search(t.text)
    )


def _report(count: int) -> Iterator[str]:
    for language in ("zh", "en"):
        for side in ("agent", "customer", "unknown"):
            rng, wrong = random.Random(f"{language} {SEED}"), []
            for _ in range(count):
                text = plain(rng, language)
                masked, _ = mask(make_transcript((side, text), language=language))  # type: ignore[arg-type]
                if masked.turns[0].text != text:
                    wrong.append(f"    {text}\n        -> {masked.turns[0].text}")
            yield f"plain {language}       {side:8} {1 - len(wrong) / count:.3f}"
            yield from wrong[:12] if "--lines" in sys.argv else ()
    for kind in KINDS:
        for sides in (True, False):
            rng, missed = random.Random(f"{kind} {SEED}"), []
            for _ in range(count):
                talk = talks(rng, kind)
                if left(kind, talk, sides=sides):
                    missed.append((talk, left(kind, talk, sides=sides)))
            yield f"{kind:14} {'sure' if sides else 'unsure':7} {1 - len(missed) / count:.3f}"
            if "--lines" in sys.argv:
                yield from (
                    f"    {' / '.join(f'{s[0]}: {t}' for s, t, _ in talk)}\n        -> {rest}"
                    for talk, rest in missed[:12]
                )


SEED = 1

if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.stdout.write("\n".join(_report(numbers[0] if numbers else 300)) + "\n")

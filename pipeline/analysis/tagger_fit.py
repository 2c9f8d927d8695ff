"""Fits the slot tagger to labelled calls: ``python -m pipeline.analysis.tagger_fit zh en``.

Each call is read as it stands and in altered copies: with other calls' companies, departments and names in the
place of its own, so that the words around a slot are learned and not the names; and without capitals and
punctuation, as recognisers write.
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from pipeline.analysis.conversation import Conversation
from pipeline.analysis.frames import read_frames
from pipeline.analysis.labelled import LabelledCall, Mark, read_calls
from pipeline.analysis.roster import known_names
from pipeline.analysis.said import early_turns, is_read, said_in, was_asked
from pipeline.analysis.tagger import SLOTS, Tagger, allowed, packed
from pipeline.analysis.tagger_shapes import AS_SAID, FILLED, Pool, made, pool_of, shaped
from pipeline.analysis.text import fold
from pipeline.analysis.tokens import SIZE, Said, columns_of, ordinary_words, tokens_of
from pipeline.profile import EMPTY
from pipeline.types import Transcript, Turn

FORM = 1
"""Raised when features or fit change."""
RIDGE = 0.6
"""Penalty on the weights, by fitting to one author's calls and reading the other's."""
STEPS = 90
COPIES = 3
UNHINTED = 0.7
SEED = 20


@dataclass(frozen=True, slots=True)
class Example:
    """A turn, its labels, and the words of its call that count as ordinary talk."""

    said: Said
    labels: tuple[int, ...]
    own: Mapping[str, int]


def fit(calls: Sequence[LabelledCall], language: str) -> Tagger:
    """Fit a tagger to calls, to filled shapes of introduction and to the examples of the frames."""
    common = common_words(calls) if language == "en" else {}
    chance = random.Random(SEED)
    pool = pool_of(calls, language)
    examples: list[Example] = []
    for call in calls:
        examples += _examples(call)
        for copy in range(COPIES):
            other = altered(call, pool, chance)
            more = _examples(roughened(other) if copy == 0 else other, only_marked=True)
            examples += [_unhinted(one) if chance.random() < UNHINTED else one for one in more]
    filled = (roughened(c) if at % 3 == 0 else c for at, c in enumerate(shaped(language, pool, chance)))
    more = [one for call in [*filled, *_of_frames(language)] for one in _examples(call)]
    examples += [_unhinted(one) if chance.random() < UNHINTED else one for one in more]
    return _fitted(examples, common)


def _unhinted(example: Example) -> Example:
    """An example without what frames and profile say, so that the words alone must do."""
    return replace(example, said=replace(example.said, hints=()))


def common_words(calls: Iterable[LabelledCall]) -> dict[str, int]:
    """In how many calls each word is ordinary talk: outside all slots."""
    counts: Counter[str] = Counter()
    for call in calls:
        counts.update(_ordinary(call))
    return {word: min(count, 999) for word, count in counts.items() if count > 1}


def _ordinary(call: LabelledCall) -> set[str]:
    words: set[str] = set()
    for number, turn in enumerate(call.transcript.turns):
        text = fold(turn.text)
        for mark in call.marks:
            if mark.turn == number and mark.kind in SLOTS:
                text = text[: mark.start] + "#" * (mark.end - mark.start) + text[mark.end :]
        words.update(ordinary_words(text))
    return words


def _examples(call: LabelledCall, *, only_marked: bool = False) -> list[Example]:
    conversation = Conversation.of(call.transcript, profile=call.profile)
    known = known_names(conversation)
    own = dict.fromkeys(_ordinary(call), 1)
    had: set[str] = set()
    examples = []
    for order, turn in enumerate(early_turns(conversation)):
        marks = [mark for mark in call.marks if mark.turn == turn and mark.kind in SLOTS]
        read = is_read(order, was_asked(conversation, turn))
        if marks or (read and not only_marked):
            said = said_in(conversation, turn, order, sorted(had), known)
            examples.append(Example(said, _labels(said, marks), own))
        had.update(mark.kind for mark in marks)
    return examples


def _labels(said: Said, marks: Sequence[Mark]) -> tuple[int, ...]:
    labels = []
    for token in tokens_of(said):
        mark = next((m for m in marks if token.start < m.end and m.start < token.end), None)
        if mark is None:
            labels.append(0)
        else:
            labels.append(1 + 2 * SLOTS.index(mark.kind) + (token.start > mark.start))
    return tuple(labels)


def altered(call: LabelledCall, pool: Pool, chance: random.Random) -> LabelledCall:
    """A call with other calls' companies, departments and names, and without its profile."""
    turns, marks = list(call.transcript.turns), list[Mark]()
    for number, turn in enumerate(turns):
        own = sorted((m for m in call.marks if m.turn == number and m.kind in SLOTS), key=lambda m: m.start)
        text, at = "", 0
        for mark in own:
            if mark.start < at:
                continue
            old, new = turn.text[mark.start : mark.end], made(mark.kind, pool, chance)
            if mark.kind == "name" and len(old) == 1:
                new = old
            text += turn.text[at : mark.start]
            marks.append(replace(mark, start=len(text), end=len(text) + len(new)))
            text, at = text + new, mark.end
        turns[number] = replace(turn, text=text + turn.text[at:])
    transcript = replace(call.transcript, turns=tuple(turns))
    return replace(call, transcript=transcript, marks=tuple(marks), profile=EMPTY)


def roughened(call: LabelledCall) -> LabelledCall:
    """A call as a poor recogniser writes it: no capitals, no punctuation."""
    zh = call.transcript.language == "zh"
    turns, marks = [], list[Mark]()
    for number, turn in enumerate(call.transcript.turns):
        text, places = "", []
        for char in turn.text.lower() if len(turn.text.lower()) == len(turn.text) else turn.text:
            places.append(len(text))
            dropped = re.match(r"[，。！？、,.!?；：…]" if zh else r"[,.!?;:]", char)
            text += "" if dropped else char
        places.append(len(text))
        turns.append(replace(turn, text=text, words=()))
        marks += [
            replace(m, start=places[m.start], end=places[m.end]) for m in call.marks if m.turn == number
        ]
    return replace(call, transcript=replace(call.transcript, turns=tuple(turns)), marks=tuple(marks))


def _of_frames(language: str) -> Iterator[LabelledCall]:
    """The frames' examples and misses as calls of one turn."""
    for frame in read_frames(language)["frames"]:
        for example in [*frame["examples"], *({"text": text} for text in frame["misses"])]:
            text = example["text"]
            marks = []
            for slot in SLOTS:
                value = str(example.get(slot, "")).removeprefix("姓")
                if value:
                    start = text.find(value)
                    marks.append(Mark(slot, 0, start, start + len(value)))
            transcript = Transcript(language, (Turn("agent", text, None, None, 1.0),))
            yield LabelledCall(frame["id"], (), transcript, tuple(marks))


def _fitted(examples: Sequence[Example], common: Mapping[str, int]) -> Tagger:
    from pipeline.analysis.field_fit import fit_field

    table = []
    for one in examples:
        tokens = tokens_of(one.said)
        words = {t.form: common[t.form] - (t.form in one.own) for t in tokens if t.form in common}
        table.append(columns_of(one.said, tokens, words))
    weights, moves, first = fit_field(
        table, [one.labels for one in examples], size=SIZE, limits=allowed(), ridge=RIDGE, steps=STEPS
    )
    return Tagger(weights, moves, first, common)


def calls_of(language: str) -> list[LabelledCall]:
    """The labelled calls as shipped."""
    return _read(language, "calls")


def openings_of(language: str) -> list[LabelledCall]:
    """Openings alone, rough ones in which little is said of who calls."""
    return _read(language, "openings")


def _read(language: str, name: str) -> list[LabelledCall]:
    folder = resources.files("pipeline.lexicons") / language / name
    files = sorted((path for path in folder.iterdir() if path.name.endswith(".txt")), key=lambda p: p.name)
    return [
        call for path in files for call in read_calls(path.read_text("utf-8"), language, source=path.name)
    ]


def digest_of(language: str) -> str:
    """Of all that the shipped tagger was fitted to."""
    digest = hashlib.sha256(f"{FORM} {RIDGE} {STEPS} {COPIES} {FILLED} {UNHINTED} {AS_SAID} {SEED}".encode())
    root = resources.files("pipeline.lexicons") / language
    for name in ("opening.yaml", "introductions.yaml"):
        digest.update((root / name).read_bytes())
    files = [
        path
        for name in ("calls", "openings")
        for path in sorted((root / name).iterdir(), key=lambda p: p.name)
    ]
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def main(languages: Sequence[str]) -> None:
    """Fit and write ``lexicons/<language>/opening.npz``."""
    root = Path(str(resources.files("pipeline.lexicons")))
    for language in languages:
        tagger = fit([*calls_of(language), *openings_of(language)], language)
        (root / language / "opening.npz").write_bytes(packed(tagger, digest_of(language)))


if __name__ == "__main__":
    main(sys.argv[1:] or ["zh", "en"])

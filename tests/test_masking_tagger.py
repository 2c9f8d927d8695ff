"""The tagger of personal data: what is shipped, what it reads, and what it decides."""

from __future__ import annotations

import random
from importlib import resources

import numpy as np
import pytest

from pipeline.privacy.altered import altered, pool_of, roughened
from pipeline.privacy.judged import judged, personal_data
from pipeline.privacy.masking import mask, mask_text
from pipeline.privacy.readings import TEMPLATES, read
from pipeline.privacy.ruled import by_rules
from pipeline.privacy.rules import Hit
from pipeline.privacy.streams import streams_of
from pipeline.privacy.tagger import KINDS, LABELS, Tagger, marked_labels, packed, unpacked
from pipeline.privacy.tagger_fit import digest_of, fit
from pipeline.privacy.talk import read_talk, shipped_talk, sideless, transcript_of, unmarked
from pipeline.privacy.told import Told, turns_of
from pipeline.types import Speaker, Transcript, Turn

TALK = "A: Your name?\nC: {name: Ann Lee}, {phone: 07700 900 123}.\n\nA: I'm {stays: Joe}.\nC: Thanks, {stays: Joe}.\n"


def talks():
    return list(read_talk(TALK))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_shipped_weights_are_those_of_the_talk_beside_them(language):
    content = (resources.files("pipeline.privacy") / f"tagger.{language}.npz").read_bytes()
    assert unpacked(content)[1] == digest_of(language)


def test_talk_is_read_with_its_marks():
    first, second = talks()
    assert [one.side for one in first] == ["agent", "customer"]
    assert first[1].text == "Ann Lee, 07700 900 123."
    assert first[1].marks == ((0, 7, "name"), (9, 22, "phone"))
    assert second[0].marks == ((4, 7, "stays"),)
    assert unmarked("none") == ("none", [])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_mark_in_the_talk_is_of_a_kind(language):
    kinds = {
        mark[2]
        for found in shipped_talk(language).values()
        for talk in found
        for one in talk
        for mark in one.marks
    }
    assert kinds <= {*KINDS, "any", "stays"}


def reading_of(talk, language="en"):
    streams = streams_of(transcript_of(talk, language).turns)
    return read(streams, by_rules(streams), language)


def test_labels_begin_and_go_on():
    first, second = talks()
    reading = reading_of(first)
    labels = [LABELS[at] for at in marked_labels(reading, [one.marks for one in first])]
    assert labels == ["O"] * 3 + ["name", "name on", "O", "phone", "phone", "phone", "O"]
    staff = [LABELS[at] for at in marked_labels(reading_of(second), [one.marks for one in second])]
    assert [label for label in staff if label != "O"] == ["stays", "stays"]


def test_a_reading_has_a_column_a_template_and_knows_the_side():
    reading = reading_of(talks()[0])
    assert reading.columns.shape == (len(reading.places), len(TEMPLATES))
    other = reading_of(sideless(talks()[0]))
    assert (reading.columns != other.columns).any()


def test_copies_have_other_data_and_the_same_marks():
    pool = pool_of(shipped_talk("en")["short"], "en")
    talk = talks()[0]
    other = altered(talk, pool, random.Random(2))
    assert other[0].text == talk[0].text
    assert "Ann Lee" not in other[1].text
    assert [kind for _, _, kind in other[1].marks] == ["name", "phone"]
    rough = roughened(talk)
    start, end, _ = rough[1].marks[0]
    assert rough[1].text[start:end] == "ann lee"
    assert "," not in rough[1].text


def test_the_same_stays_the_same_in_a_copy():
    pool = pool_of(shipped_talk("en")["short"], "en")
    copy = altered(talks()[1], pool, random.Random(1))
    said = [one.text[start:end] for one in copy for start, end, _ in one.marks]
    assert said[0] == said[1]


def test_a_fit_learns_what_it_is_shown_and_survives_its_file():
    tagger = fit({"fifteenth": talks() * 3}, "en")
    again, digest = unpacked(packed(tagger, "d"))
    reading = reading_of(talks()[0])
    chance = again.chances(reading)
    assert digest == "d"
    assert chance.shape == (len(reading.places), len(KINDS))
    assert chance[3, KINDS.index("name")] > 0.5 > chance[0].sum()


def test_chances_do_not_depend_on_the_turns_around_in_the_batch():
    rng = np.random.default_rng(3)
    reading = reading_of(talks()[0])
    size = int(reading.columns.max()) + 1
    tagger = Tagger(
        rng.normal(size=(size, len(LABELS))),
        rng.normal(size=(len(LABELS),) * 2),
        rng.normal(size=len(LABELS)),
    )
    chance = tagger.chances(reading)
    alone = type(reading)(reading.places[:3], reading.columns[:3])
    assert np.allclose(chance[:3], tagger.chances(alone))


def streams_saying(*turns):
    return streams_of(transcript_of(next(read_talk("\n".join(turns))), "en").turns)


def unlikely(streams):
    turns = streams[0].turns
    places = [(at, 0, len(turn.text)) for at, turn in enumerate(turns)]
    return turns_of(places, np.zeros((len(places), len(KINDS))))


def test_what_proves_itself_is_masked_however_unlikely():
    streams = streams_saying("C: It's 4111 1111 1111 1111.", "C: Or sam@there.org, or ring Ann.")
    text = streams[0].text
    told = [[hit for said, kind in (("4111 1111 1111 1111", "bank_card"), ("sam@there.org", "email"), ("Ann", "name"))
             for hit in [Hit(text.index(said), text.index(said) + len(said), kind)]]]  # fmt: skip
    kept = judged(streams, told, unlikely(streams))
    assert [hit.kind for hit in kept[0]] == ["bank_card", "email"]


def test_a_sure_name_is_masked_wherever_it_is_said():
    streams = streams_saying("C: Rosheen here.", "A: Thanks Rosheen.")
    chance = np.zeros((1, len(KINDS)))
    chance[0, KINDS.index("name")] = 0.97
    turns: dict[int, Told] = turns_of([(0, 0, 7)], chance)
    found = judged(streams, [[], []], turns)
    said = [
        stream.text[hit.start : hit.end] for stream, hits in zip(streams, found, strict=True) for hit in hits
    ]
    assert said == ["Rosheen", "Rosheen"]
    assert judged(streams, [[], []], turns, keep=["Rosheen"]) == [[], []]


def test_a_number_that_only_the_tagger_found_is_masked_where_it_is_said_again():
    streams = streams_saying("C: So four four one zero.", "A: Four four one zero, next?")
    chance = np.zeros((1, len(KINDS)))
    chance[0, KINDS.index("id_number")] = 0.97
    found = judged(streams, [[], []], turns_of([(0, 3, 21)], chance))
    said = [
        stream.text[hit.start : hit.end] for stream, hits in zip(streams, found, strict=True) for hit in hits
    ]
    assert sorted(said) == ["Four four one zero", "four four one zero"]


def test_what_stays_is_no_kind_of_data():
    tagger = fit({"fifteenth": talks() * 3}, "en")
    reading = reading_of(talks()[1])
    chance = tagger.chances(reading)
    assert chance.shape == (len(reading.places), len(KINDS))
    assert chance.sum(axis=1).max() < 0.5


def test_nothing_is_found_in_nothing():
    assert personal_data(streams_of(()), "en") == []
    assert mask_text("", language="en") == ""


@pytest.mark.parametrize(
    ("lines", "stay"),
    [
        (
            ("A 您好，我是南方电信的小王。", "C OK，thank you", "A it's only 299 yuan a month"),
            ("thank you", "299 yuan"),
        ),
        (
            (
                "A 您好，打扰您了。",
                "C please don't call me again, I'm not interested",
                "A sorry to bother you",
            ),
            ("don't call me again", "sorry to bother you"),
        ),
        (
            ("A Good morning 张先生，是我。", "C sorry I am busy，晚点吧"),
            ("Good morning", "I am busy，晚点吧"),
        ),
        (("A 我查一下。", "C 嗯", "A 299元。"), ("299元",)),
    ],
)
def test_english_in_a_mandarin_call_is_read_as_english(lines: tuple[str, ...], stay: tuple[str, ...]) -> None:
    sides: dict[str, Speaker] = {"A": "agent", "C": "customer"}
    turns = tuple(Turn(sides[line[0]], line[2:], None, None, 1.0) for line in lines)
    masked, _ = mask(Transcript("zh", turns))
    said = "\n".join(turn.text for turn in masked.turns)
    assert [words for words in stay if words not in said] == []


def test_mail_told_in_english_letters_goes_from_a_mandarin_call() -> None:
    turns = (
        Turn("agent", "那您的邮箱是？", None, None, 1.0),
        Turn("customer", "jack dot lee at gmail dot com", None, None, 1.0),
    )
    masked, _ = mask(Transcript("zh", turns))
    assert "gmail" not in masked.turns[1].text

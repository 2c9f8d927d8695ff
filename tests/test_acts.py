"""The learned layer: its weights are those of the data, it holds on calls by other hands, its confidence is honest."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from dialogue_sets import call

from pipeline.analysis import ablation, acts
from pipeline.analysis.acts_calibration import best_threshold, habit_of, platt
from pipeline.analysis.acts_features import row_alone, rows_of
from pipeline.analysis.acts_fit import digest_of
from pipeline.analysis.acts_model import Target, joined, load_weights, packed, with_habit
from pipeline.analysis.acts_table import Example, Table

HELD_OUT = Path(__file__).parent / "heldout" / "calls"
FLOORS = {
    "zh": {"hard_sell": 0.86, "refusal": 0.80, "objection": 0.80, "confusion": 0.84, "customer_question": 0.90,
           "needs_question": 0.92, "pitch": 0.60, "benefit": 0.65, "reference": 0.60,
           "purpose": 0.87, "company": 0.95, "department": 0.93, "name": 0.95, "follow_up": 0.88},
    "en": {"hard_sell": 0.84, "refusal": 0.80, "objection": 0.72, "confusion": 0.86, "customer_question": 0.86,
           "needs_question": 0.94, "pitch": 0.62, "benefit": 0.68, "reference": 0.75,
           "purpose": 0.94, "company": 0.96, "department": 0.90, "name": 0.95, "follow_up": 0.92},
}  # fmt: skip
"""Below what is reached, on calls written by people who knew neither the rules nor the calls learned from."""


@pytest.fixture(scope="module")
def judged() -> dict[str, list[ablation.Judged]]:
    return {language: ablation.judge(ablation.read_folder(HELD_OUT / language)) for language in ("zh", "en")}


@pytest.mark.parametrize(
    ("language", "kind"), [(lang, kind) for lang, kinds in FLOORS.items() for kind in kinds]
)
def test_calls_by_other_hands(judged: dict[str, list[ablation.Judged]], language: str, kind: str) -> None:
    count = ablation.count(judged[language], kind)
    assert count.f1 >= FLOORS[language][kind], f"missed {count.missed} false {count.false}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_outcomes_by_other_hands(judged: dict[str, list[ablation.Judged]], language: str) -> None:
    right = sum(one.outcome == one.call.outcome for one in judged[language])
    assert right >= 0.83 * len(judged[language])


def test_sure_findings_of_hard_sell_are_right(judged: dict[str, list[ablation.Judged]]) -> None:
    for language in ("zh", "en"):
        count = ablation.count(judged[language], "hard_sell", least=0.6)
        assert count.precision >= 0.85, count.false


def test_confidence_is_what_it_says(judged: dict[str, list[ablation.Judged]]) -> None:
    """Where findings are many, the share that is right is near their mean confidence, and rises with it.

    What is listed in the lowest bin has a rule's hit beside it, and is right more often than it says.
    """
    bins = [one for one in ablation.reliability([*judged["zh"], *judged["en"]]) if one[2] >= 40]
    shares = [right / size for _low, _high, size, right, _mean in bins]
    apart = [share - one[4] for share, one in zip(shares, bins, strict=True)]
    assert all(-0.2 <= gap <= (0.2 if one[0] else 0.3) for gap, one in zip(apart, bins, strict=True)), (
        apart,
        bins,
    )
    slack = [0.05 if one[0] else 0.1 for one in bins]  # the lowest holds fifty findings, so 0.07 is chance
    pairs = zip(itertools.pairwise(shares), slack[:-1], strict=True)
    assert all(later >= earlier - loose for (earlier, later), loose in pairs)


def test_each_layer_is_worth_its_while(judged: dict[str, list[ablation.Judged]]) -> None:
    for language in ("zh", "en"):
        counts = ablation.ablate(judged[language], language, "hard_sell")
        lexicon, patterns, words, encoder, dialogue = (counts[layer].f1 for layer in ablation.LAYERS)
        assert lexicon <= patterns < words < max(encoder, dialogue)


def test_report_has_every_layer(judged: dict[str, list[ablation.Judged]]) -> None:
    text = ablation.report(judged["en"][:8])
    assert all(layer in text for layer in (*ablation.LAYERS, "confidence"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("side", ["agent", "customer"])
def test_weights_are_those_of_the_data(language: str, side: str) -> None:
    """After a change to the calls or to the rules that are features: ``make weights``."""
    assert load_weights(language, side).digest == digest_of(language)


@pytest.mark.parametrize(
    ("language", "kind", "side", "text"),
    [
        ("zh", "hard_sell", "A", "您今晚不把款打过来，这个位子就归别人了。"),
        ("zh", "objection", "C", "太贵了。"),
        ("en", "refusal", "C", "No thank you, we're not interested."),
        ("zh", "customer_question", "C", "这个车有几个颜色"),
        ("en", "needs_question", "A", "What do you use for that today?"),
    ],
)
def test_said_alone(language: str, kind: str, side: str, text: str) -> None:
    guess = acts.guesses(call(f"{side} {text}", language=language), kind)[0]
    assert guess.counts, guess


PUSHES = (
    "If you hang up now, somebody else has your slot.",
    "Tomorrow it's full price and there's nothing I can do about it.",
    "Don't talk to your husband first, just give me the card number.",
    "You would never forgive yourself if something happened to your kids.",
    "I guarantee you'll double your money by the summer.",
    "There are only two seats left and three people are asking for them.",
    "You have to decide right now, before we hang up.",
    "I've already signed you up, so you only need to confirm.",
)


def test_most_pushes_are_heard_without_a_call_around_them() -> None:
    heard = [acts.guesses(call(f"A {text}", language="en"), "hard_sell")[0].counts for text in PUSHES]
    assert sum(heard) >= 6, [text for text, one in zip(PUSHES, heard, strict=True) if not one]


def test_a_denial_is_less_likely() -> None:
    told = call(
        "A 您今晚不把款打过来，这个位子就归别人了。", "C 哦。", "A 您不用今晚打款，位子我给您留着。", "C 好。"
    )
    push, denial = acts.guesses(told, "hard_sell").values()
    assert push.probability > denial.probability + 0.3


def test_the_other_side_is_not_asked() -> None:
    told = call("C 您今晚不把款打过来，这个位子就归别人了。", "A 好的。")
    assert list(acts.guesses(told, "hard_sell")) == [1]


def test_a_fit_learns_what_can_be_told_apart() -> None:
    texts = {"buy it now": True, "buy it today": True, "good morning to you": False, "how are you": False}
    table = Table.of(
        [
            Example(row_alone(text, "en"), frozenset({"x"} if real else ()), "a")
            for text, real in texts.items()
        ]
    )
    for encoder in (False, True):
        scores = table.apply(table.fit("x", encoder=encoder), encoder=encoder)
        assert (scores > 0).tolist() == list(texts.values())


def test_one_sure_sort_is_enough() -> None:
    whole = np.array([0.0, 0.0, 0.0])
    sorts = [np.array([-9.0, 4.0, 4.0]), np.array([-9.0, -9.0, 4.0])]
    none, one, both = joined(whole, sorts)
    assert (
        none < -8 and one == pytest.approx(4.0, abs=0.01) and both == pytest.approx(4 + np.log(2), abs=0.01)
    )
    assert joined(whole, []) is whole


def test_a_push_counts_more_between_pushes() -> None:
    target = Target("hard_sell", 1.0, 0.0, 0.4, -5.0, alone=1.0, habit=1.2, shift=1.6)
    clean = with_habit(np.array([0.5, 0.01, 0.01, 0.01, 0.01, 0.01]), target)
    pushy = with_habit(np.array([0.5, 0.9, 0.01, 0.9, 0.01, 0.9]), target)
    assert clean[0] < 0.4 < 0.6 < pushy[0]
    short = np.array([0.5, 0.9])
    assert with_habit(short, target) is short


def test_a_habit_is_learned_where_there_is_one() -> None:
    chance = np.tile([0.5, 0.5, 0.5, 0.5, 0.5, 0.1], 20)
    calls = [list(range(at, at + 6)) for at in range(0, 120, 6)]
    habitual = np.concatenate([np.full(6, float(number % 2)) for number in range(20)])
    chance = np.where(habitual > 0, np.minimum(chance + 0.1, 1), chance - 0.05)
    found, seen = habit_of(Target("x", 1.0, 0.0, 0.5, -5.0), chance, habitual, calls)
    assert found.habit > 0 and (seen[habitual > 0].min() > seen[habitual == 0].max())


def test_an_excerpt_has_no_place_in_a_call() -> None:
    said = call(*["A 您好。", "C 嗯。", "A 今天就定吧。", "C 再说吧。", "A 好的。", "C 嗯。"])
    middle, last = said.sentences[2], said.sentences[4]
    known = [row.columns for row in rows_of(said, [middle, last])]
    unknown = [row.columns for row in rows_of(said, [middle, last], excerpt=True)]
    assert known[1] != unknown[1] and len(unknown[1]) < len(known[1])


def test_calibration_is_platts() -> None:
    raw = np.random.default_rng(1).normal(size=4000)
    real = (np.random.default_rng(2).random(4000) < 1 / (1 + np.exp(-(2 * raw - 1)))).astype(float)
    slope, offset = platt(raw, real)
    assert slope == pytest.approx(2, abs=0.2)
    assert offset == pytest.approx(-1, abs=0.2)


def test_threshold_is_the_best_within_its_bounds() -> None:
    chance, real = np.array([0.1, 0.35, 0.45, 0.55, 0.9]), np.array([0.0, 0, 1, 1, 1])
    assert 0.35 < best_threshold(chance, real, least=0.3) <= 0.45
    assert best_threshold(chance, real, least=0.5) == pytest.approx(0.5)


def test_weights_survive_being_packed(tmp_path: Path) -> None:
    weights = load_weights("en", "customer")
    with np.load(_written(tmp_path / "w.npz", packed(weights)), allow_pickle=False) as kept:
        assert kept["names"].tolist() == [target.name for target in weights.targets]
        assert np.abs(kept["full"].astype(np.float32) - weights.full).max() < 1e-3


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path

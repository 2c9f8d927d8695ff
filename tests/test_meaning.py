"""The learned layer: from labelled sentences to probabilities, the same each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.analysis import meaning
from pipeline.analysis.logistic import fit, load_fitted, save_fitted, solve


def test_solves_what_can_be_told_apart() -> None:
    points = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    truth = np.array([1.0, 1.0, 0.0, 0.0])
    pull, bias = solve(points @ points.T, truth)
    raw = points @ points.T @ pull + bias
    assert (raw > 0).tolist() == [True, True, False, False]
    assert pull.sum() == pytest.approx(0.0, abs=1e-6), "the bias is not penalised"


def test_fit_is_kept_and_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    fitted = fit(["buy it now", "sign today or lose it"], ["hello there", "thank you"], "en")
    save_fitted(fitted, "x", "en", "abc")
    again = load_fitted("x", "en", "abc")
    assert again is not None
    assert np.array_equal(again.grams, fitted.grams)
    assert load_fitted("x", "en", "other") is None


def test_a_damaged_fit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLGAUGE_CACHE", str(tmp_path))
    save_fitted(fit(["buy"], ["hello"], "en"), "x", "en", "abc")
    (path,) = (tmp_path / "meaning").iterdir()
    path.write_bytes(b"PK\x03\x04")
    assert load_fitted("x", "en", "abc") is None


def test_paraphrase_is_likelier_than_its_denial() -> None:
    push, denial = meaning.score(
        "hard_sell", "zh", ["您今晚不把款打过来，这个位子就归别人了", "您不用今晚打款，位子我给您留着"]
    )
    assert push.probability > 0.7
    assert push.probability > denial.probability + 0.1
    assert push.detail["kind"] in {"urgency", "scarcity", "forced_decision"}


def test_no_examples_no_opinion() -> None:
    assert meaning.score("no_such_kind", "zh", ["您好"])[0].probability == 0.0


def test_probabilities_do_not_depend_on_the_company() -> None:
    texts = ["这个价过了今天就没有了", "您好", "我们下午开会"]
    alone = [meaning.score("hard_sell", "zh", [text])[0].probability for text in texts]
    together = [guess.probability for guess in meaning.score("hard_sell", "zh", texts)]
    assert alone == pytest.approx(together, abs=1e-4)

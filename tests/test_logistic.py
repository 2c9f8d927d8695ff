"""The dual logistic regression against what it must find."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.logistic import solve


def test_solves_what_can_be_told_apart() -> None:
    points = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    truth = np.array([1.0, 1.0, 0.0, 0.0])
    pull, bias = solve(points @ points.T, truth)
    raw = points @ points.T @ pull + bias
    assert (raw > 0).tolist() == [True, True, False, False]
    assert pull.sum() == pytest.approx(0.0, abs=1e-6), "the bias is not penalised"

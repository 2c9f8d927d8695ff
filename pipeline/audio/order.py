"""Percentiles of short arrays: numpy's own take ten times as long to come to the sorting as to sort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def percentile(values: NDArray[np.floating], percent: float) -> float:
    """As numpy's, between two values in proportion.

    >>> percentile(np.array([3.0, 1.0, 2.0]), 50), percentile(np.array([1.0, 2.0]), 75)
    (2.0, 1.75)
    """
    ordered = np.sort(values)
    at = percent / 100 * (len(ordered) - 1)
    low = int(at)
    below, above = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    return below + (above - below) * (at - low)

"""How sure a mean or a share is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

CONFIDENCE = 0.95  # our default


@lru_cache(maxsize=4096)
def _student(freedom: int, confidence: float) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + confidence) / 2, freedom))


def mean_interval(
    values: Sequence[float], *, confidence: float = CONFIDENCE
) -> tuple[float, float, float] | None:
    """Spread and confidence interval of the mean of scores in percent (Student's t), kept within 0 to 100.

    Returns
    -------
    tuple or None
        Standard deviation (n − 1), lower end, upper end; None with fewer than two values.

    Examples
    --------
    >>> [round(x, 2) for x in mean_interval([70.0, 80.0, 90.0])]
    [10.0, 55.16, 100.0]
    """
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    half = _student(count - 1, confidence) * spread / math.sqrt(count)
    return spread, max(0.0, mean - half), min(100.0, mean + half)


def share_interval(hits: float, count: int, *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927); None where nothing was counted.

    Examples
    --------
    >>> [round(x, 3) for x in share_interval(8, 10)]
    [0.49, 0.943]
    """
    if count == 0:
        return None
    from scipy.stats import norm

    z = float(norm.ppf((1 + confidence) / 2))
    share = hits / count
    centre = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - half) / (1 + z * z / count), (centre + half) / (1 + z * z / count)

"""How sure a mean or a share is."""

from __future__ import annotations

import math
from functools import lru_cache

CONFIDENCE = 0.95  # our default


@lru_cache(maxsize=4096)
def _student(freedom: int, confidence: float) -> float:
    from scipy.special import stdtrit  # a tenth of the time that scipy.stats takes to load

    return float(stdtrit(freedom, (1 + confidence) / 2))


@lru_cache(maxsize=64)
def _normal(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))


def spread_of(count: int, total: float, squares: float) -> float | None:
    """Standard deviation (n − 1) from the sum and the sum of squares; exact where these are whole numbers.

    Examples
    --------
    >>> spread_of(3, 70 + 80 + 90, 70**2 + 80**2 + 90**2)
    10.0
    """
    if count < 2:
        return None
    return math.sqrt(max(0.0, (count * squares - total * total) / (count * (count - 1))))


def mean_interval(
    count: int, mean: float | None, spread: float | None, *, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Confidence interval of the mean of scores in percent (Student's t), kept within 0 to 100; None of fewer than two.

    Examples
    --------
    >>> [round(x, 2) for x in mean_interval(3, 80.0, 10.0)]
    [55.16, 100.0]
    """
    if mean is None or spread is None:
        return None
    half = _student(count - 1, confidence) * spread / math.sqrt(count)
    return max(0.0, mean - half), min(100.0, mean + half)


def share_interval(hits: float, count: int, *, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Wilson's score interval of a share (E. B. Wilson, JASA 22, 1927); None where nothing was counted.

    Examples
    --------
    >>> [round(x, 3) for x in share_interval(8, 10)]
    [0.49, 0.943]
    """
    if count == 0:
        return None
    z = _normal(confidence)
    share = hits / count
    centre = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - half) / (1 + z * z / count), (centre + half) / (1 + z * z / count)

"""Values -> how well they tell their own variance: an interval that holds for heavy tails too."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tlbench.arrays import F64
from tlbench.stats.crossed import t_quantile

FEWEST = 6
"""Fewer values than this say nothing of their tails."""

ROUNDING = 1e-12
"""Values that differ by no more than this share of the largest are the same but for rounding."""


@dataclass(frozen=True)
class VarianceInterval:
    """Interval of a variance as multiples of its estimate: ``low`` .8 and ``high`` 1.3 are 80 to 130 % of it."""

    low: float
    high: float


UNKNOWN = VarianceInterval(0.0, math.inf)


def variance_interval(values: F64, *, level: float = 0.95) -> VarianceInterval:
    r"""Say how far the variance of a population may lie from that of these values.

    The chi-square interval assumes normal values; differences of users are mostly 0 and sometimes large, and their
    variance is known far less well than it says. Bonett's interval takes the tails into account:

    .. math:: \exp\{\ln(c s^2) \pm z\, c \sqrt{(\hat\gamma_4 - (n-3)/n) / (n-1)}\}, \quad c = n / (n - z)

    with the kurtosis :math:`\hat\gamma_4` about a mean that is trimmed by :math:`1/(2\sqrt{n-4})` on each side.

    Parameters
    ----------
    values
        float64, shape (n,).
    level
        Confidence level.

    Returns
    -------
    VarianceInterval
        (0, infinity) for fewer than six values and for values that do not vary.

    References
    ----------
    Bonett (2006), "Approximate confidence interval for standard deviation of nonnormal distributions", Computational
    Statistics and Data Analysis 50(3), doi:10.1016/j.csda.2004.10.003.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.spread import variance_interval
    >>> found = variance_interval(np.random.default_rng(0).normal(size=200), level=0.95)
    >>> found.low < 1 < found.high
    True
    """
    n = len(values)
    if n < FEWEST:
        return UNKNOWN
    centred = values - values.mean()
    largest = float(np.abs(centred).max())
    if largest <= ROUNDING * float(np.abs(values).max()):
        return UNKNOWN
    scaled = centred / largest
    squares = float((scaled**2).sum())
    z = t_quantile((1 + level) / 2, math.inf)
    kurtosis = n * float(((scaled - _trimmed_mean(scaled)) ** 4).sum()) / squares**2
    factor = n / (n - z)
    half = z * factor * math.sqrt(max(kurtosis - (n - 3) / n, 0.0) / (n - 1))
    return VarianceInterval(factor * math.exp(-half), factor * math.exp(half))


def _trimmed_mean(values: F64) -> float:
    """Mean without the floor(n / (2 sqrt(n - 4))) smallest and as many of the largest values."""
    n = len(values)
    cut = int(n / (2 * math.sqrt(n - 4)))
    return float(np.sort(values)[cut : n - cut].mean())

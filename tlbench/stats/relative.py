"""Two means over the same users and seeds -> their ratio with Fieller's interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlbench.arrays import F64
from tlbench.stats.crossed import Mean, covariance_of_means, mean_of, t_quantile


@dataclass(frozen=True)
class Ratio:
    """A ratio of two means with its interval, such as the difference as a share of the control's mean.

    Attributes
    ----------
    value
        The ratio (0.041 is 4.1 %); None where the denominator's mean is not positive.
    low, high
        Fieller's interval; None where the denominator cannot be told from 0, so that no bounded interval exists.
    standard_error
        By the delta method, for averages over scenarios; None like `value`.
    """

    value: float | None
    low: float | None
    high: float | None
    standard_error: float | None


UNDEFINED = Ratio(None, None, None, None)


def ratio_of_means(top: F64, bottom: F64, *, level: float, resolution: float = 0.0) -> Ratio:
    """Divide the mean T of one table by the mean B of another over the same users and seeds.

    The interval holds every ratio r that the t-test of T - r B = 0 does not reject (Fieller 1954): it excludes 0
    exactly when the test of T rejects. It is the solution of

        (T - r B)^2 <= t^2 (var T - 2 r cov(T, B) + r^2 var B),

    and the delta method's variance is the bracket divided by B^2.

    Parameters
    ----------
    top, bottom
        float64, shape (U, S).
    level
        Confidence level.
    resolution
        Differences up to this are rounding errors.

    Returns
    -------
    Ratio
        The ratio and its interval.

    References
    ----------
    Fieller (1954), "Some problems in interval estimation", J. R. Stat. Soc. B 16(2),
    doi:10.1111/j.2517-6161.1954.tb00159.x.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.relative import ratio_of_means
    >>> gains, controls = np.array([[0.1], [0.2], [0.0], [0.1]]), np.array([[0.4], [0.6], [0.5], [0.5]])
    >>> found = ratio_of_means(gains, controls, level=0.95)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, -0.069, 0.426)
    """
    numerator, denominator = mean_of(top, resolution=resolution), mean_of(bottom, resolution=resolution)
    if denominator.value <= resolution:
        return UNDEFINED
    ratio = numerator.value / denominator.value
    if numerator.variance == 0 and denominator.variance == 0:
        return Ratio(ratio, ratio, ratio, 0.0)
    scale = max(abs(denominator.value), abs(numerator.value))
    most = numerator.standard_error * denominator.standard_error
    shared = covariance_of_means(top / scale, bottom / scale) * scale * scale
    covariance = min(max(shared, -most), most)
    low, high = _fieller(numerator, denominator, covariance, level=level)
    variance = numerator.variance - 2 * ratio * covariance + ratio**2 * denominator.variance
    return Ratio(ratio, low, high, math.sqrt(max(variance, 0.0)) / denominator.value)


def _fieller(top: Mean, bottom: Mean, covariance: float, *, level: float) -> tuple[float | None, float | None]:
    """Solve Fieller's inequality with the numerator's degrees of freedom; None for an unbounded interval."""
    t2 = t_quantile((1 + level) / 2, top.df) ** 2
    square = bottom.value**2 - t2 * bottom.variance
    if square <= 0:
        return None, None
    middle = (top.value * bottom.value - t2 * covariance) / square
    root = middle**2 - (top.value**2 - t2 * top.variance) / square
    half = math.sqrt(max(root, 0.0))
    return middle - half, middle + half

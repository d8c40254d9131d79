"""Two means over the same users and seeds -> their ratio with Fieller's interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlbench.stats.crossed import Mean, covariance_of_means, t_quantile
from tlbench.stats.paired import Paired


@dataclass(frozen=True)
class Relative:
    """Difference as a share of the control's mean (0.041 is 4.1 %), with its interval.

    `value` is None where the control's mean is not positive; `low` and `high` are None where the control's mean cannot
    be told from 0, so that no bounded interval exists.
    """

    value: float | None
    low: float | None
    high: float | None


def relative_difference(paired: Paired, difference: Mean, control: Mean, *, level: float) -> Relative:
    """Divide the mean difference D by the control's mean C, which is itself uncertain.

    The interval holds every ratio r that the t-test of D - r C = 0 does not reject (Fieller 1954): it excludes 0
    exactly when the test of the difference rejects. It is the solution of

        (D - r C)^2 <= t^2 (var D - 2 r cov(D, C) + r^2 var C).

    References
    ----------
    Fieller (1954), "Some problems in interval estimation", J. R. Stat. Soc. B 16(2),
    doi:10.1111/j.2517-6161.1954.tb00159.x.
    """
    if control.value <= control.resolution:
        return Relative(None, None, None)
    ratio = difference.value / control.value
    if difference.variance == 0 and control.variance == 0:
        return Relative(ratio, ratio, ratio)
    scale = max(abs(control.value), abs(difference.value))
    most = math.sqrt(difference.variance) * math.sqrt(control.variance)
    shared = covariance_of_means(paired.difference / scale, paired.control / scale) * scale * scale
    low, high = _fieller(difference, control, min(max(shared, -most), most), level=level)
    return Relative(ratio, low, high)


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

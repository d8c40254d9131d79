"""User differences -> tests that look at signs and ranks only: Wilcoxon with Pratt's zeros, and sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlbench.arrays import F64
from tlbench.stats.signflip import check_values

MISLEADS_FROM = 1000
"""With more users these tests find differences of shape that are no differences of means."""


@dataclass(frozen=True)
class RankTest:
    """Result of a test on signs or ranks.

    Attributes
    ----------
    name
        Name of the test.
    pvalue
        Two-sided.
    better, worse
        Number of users with a positive and a negative difference.
    warning
        Why not to lean on it, or None.
    """

    name: str
    pvalue: float
    better: int
    worse: int
    warning: str | None


def wilcoxon(values: F64) -> RankTest:
    """Signed-rank test; zeros take part in the ranking, then are left out (Pratt 1959, doi:10.2307/2282543).

    The exact distribution up to 50 values without zeros or ties, else the normal limit with its tie correction (scipy).

    Parameters
    ----------
    values
        float64 differences, one per user, shape (U,); zeros count by Pratt's method.

    Returns
    -------
    RankTest
        p-value and numbers of better and worse users.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.ranks import wilcoxon
    >>> found = wilcoxon(np.array([0.3, 0.1, 0.4, -0.05, 0.2]))
    >>> round(found.pvalue, 3), found.better, found.worse
    (0.125, 4, 1)
    """
    check_values(values)
    better, worse = _signs(values)
    if better + worse == 0:
        return _result("Wilcoxon (Pratt)", 1.0, better, worse, len(values))
    from scipy import stats

    sizes = np.abs(values)
    exact = len(values) <= 50 and not (sizes == 0).any() and len(np.unique(sizes)) == len(sizes)
    found = stats.wilcoxon(values, zero_method="pratt", method="exact" if exact else "approx")
    return _result("Wilcoxon (Pratt)", float(found.pvalue), better, worse, len(values))


def sign(values: F64) -> RankTest:
    """Sign test: the exact binomial test of better against worse users, ties left out (Arbuthnott 1710).

    Parameters
    ----------
    values
        float64 differences, one per user, shape (U,).

    Returns
    -------
    RankTest
        p-value and numbers of better and worse users.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.ranks import sign
    >>> sign(np.array([0.3, 0.1, 0.0, -0.05, 0.2])).pvalue
    0.625
    """
    check_values(values)
    better, worse = _signs(values)
    return _result("sign", _binomial(better, worse), better, worse, len(values))


def _signs(values: F64) -> tuple[int, int]:
    return int((values > 0).sum()), int((values < 0).sum())


def _binomial(better: int, worse: int) -> float:
    """Two-sided exact p-value of a fair coin: twice the smaller tail."""
    from scipy.special import bdtr

    if better == worse:
        return 1.0
    return float(min(1.0, 2 * bdtr(min(better, worse), better + worse, 0.5)))


def _result(name: str, pvalue: float, better: int, worse: int, n_users: int) -> RankTest:
    warning = (
        f"above {MISLEADS_FROM:,} users it also rejects where only the shape differs, not the mean"
        if n_users > MISLEADS_FROM
        else None
    )
    return RankTest(name, pvalue, better, worse, warning)

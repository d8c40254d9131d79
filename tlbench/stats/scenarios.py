"""Means of methods over scenarios -> Friedman's test, and Nemenyi's and Conover's comparisons of mean ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tlbench.arrays import F64
from tlbench.errors import TlbenchError


@dataclass(frozen=True, eq=False)
class Ranks:
    """Methods ranked within each scenario.

    Attributes
    ----------
    mean_ranks
        float64, shape (K,); 1 is best, ties share their ranks.
    statistic, pvalue
        Friedman's chi-square, corrected for ties, and its p-value with K - 1 degrees of freedom.
    f_statistic, f_pvalue
        Iman and Davenport's F, which is less conservative.
    pairs
        float64, shape (K, K): p-value of each two methods' mean ranks by `posthoc`; 1 on the diagonal.
    posthoc
        ``nemenyi`` or ``conover``.
    critical_difference
        Difference of mean ranks that Nemenyi's test finds at `alpha`.
    alpha
        Level of the critical difference.
    """

    mean_ranks: F64
    statistic: float
    pvalue: float
    f_statistic: float
    f_pvalue: float
    pairs: F64
    posthoc: str
    critical_difference: float
    alpha: float


def friedman(values: F64, *, posthoc: Literal["nemenyi", "conover"] = "nemenyi", alpha: float = 0.05) -> Ranks:
    """Test whether some methods rank better than others over scenarios.

    Friedman (1937), Iman and Davenport (1980), Nemenyi (1963) and the critical difference as in Demsar (2006, JMLR 7);
    Conover and Iman (1979) for `conover` (p-values not corrected; correct them with
    `tlbench.stats.corrections.adjust_pvalues`).

    Parameters
    ----------
    values
        float64 means, a row per scenario, a column per method, shape (N, K), higher is better; N and K at least 2.

    Returns
    -------
    Ranks
        Mean ranks, Friedman's test, and which pairs of methods differ.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.scenarios import friedman
    >>> friedman(np.array([[0.3, 0.2, 0.1], [0.4, 0.1, 0.2], [0.5, 0.3, 0.2]])).mean_ranks.round(2).tolist()
    [1.0, 2.33, 2.67]
    """
    from scipy import stats

    _check(values)
    n, k = values.shape
    ranks = stats.rankdata(-values, axis=1)
    mean_ranks = ranks.mean(axis=0)
    spread = float((ranks**2).sum()) - n * k * (k + 1) ** 2 / 4
    if spread == 0:
        return Ranks(mean_ranks, 0.0, 1.0, 0.0, 1.0, np.ones((k, k)), posthoc, _critical(n, k, alpha), alpha)
    statistic = (k - 1) * n**2 * float(((mean_ranks - (k + 1) / 2) ** 2).sum()) / spread
    rest = max(n * (k - 1) - statistic, 0.0)
    f = (n - 1) * statistic / rest if rest > 1e-9 else math.inf
    pairs = _nemenyi(mean_ranks, n) if posthoc == "nemenyi" else _conover(mean_ranks, n, statistic, spread)
    return Ranks(
        mean_ranks=mean_ranks,
        statistic=statistic,
        pvalue=float(stats.chi2.sf(statistic, k - 1)),
        f_statistic=f,
        f_pvalue=float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))),
        pairs=pairs,
        posthoc=posthoc,
        critical_difference=_critical(n, k, alpha),
        alpha=alpha,
    )


def _check(values: F64) -> None:
    if values.ndim != 2 or min(values.shape) < 2:
        raise TlbenchError(f"a table of shape {values.shape}", hint="ranks need two scenarios and two methods or more")
    if not np.isfinite(values).all():
        raise TlbenchError("a mean is not finite", hint="every method needs a mean in every scenario")


def _critical(n: int, k: int, alpha: float) -> float:
    """Nemenyi's critical difference of mean ranks, q_alpha sqrt(k (k + 1) / (6 n))."""
    from scipy import stats

    quantile = float(stats.studentized_range.ppf(1 - alpha, k, np.inf)) / math.sqrt(2)
    return quantile * math.sqrt(k * (k + 1) / (6 * n))


def _nemenyi(mean_ranks: F64, n: int) -> F64:
    from scipy import stats

    k = len(mean_ranks)
    gap = np.abs(mean_ranks[:, None] - mean_ranks[None, :]) / math.sqrt(k * (k + 1) / (6 * n))
    pairs = np.asarray(stats.studentized_range.sf(gap * math.sqrt(2), k, np.inf), dtype=np.float64)
    np.fill_diagonal(pairs, 1.0)
    return np.clip(pairs, 0.0, 1.0)


def _conover(mean_ranks: F64, n: int, statistic: float, spread: float) -> F64:
    """Two-sided t-tests of rank sums with the variance that Friedman's statistic leaves over (Conover 1999, p. 371)."""
    from scipy import stats

    k = len(mean_ranks)
    df = (n - 1) * (k - 1)
    left = max(1 - statistic / (n * (k - 1)), 0.0)
    error = math.sqrt(2 * n * spread / df * left)
    gap = n * np.abs(mean_ranks[:, None] - mean_ranks[None, :])
    t = np.divide(gap, error, out=np.where(gap > 0, np.inf, 0.0), where=error > 0)
    pairs = 2 * np.asarray(stats.t.sf(t, df), dtype=np.float64)
    np.fill_diagonal(pairs, 1.0)
    return np.clip(pairs, 0.0, 1.0)

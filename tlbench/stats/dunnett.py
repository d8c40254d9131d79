"""Comparisons of several candidates with one control -> p-values corrected by their joint t distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison
from tlbench.stats.crossed import covariance_of_means, t_quantile
from tlbench.stats.paired import Paired

DRAWS = 200_000


def adjust_many_to_one(
    comparisons: Sequence[Comparison], pairs: Sequence[Paired], *, rng: np.random.Generator, draws: int = DRAWS
) -> list[Comparison]:
    """Correct comparisons with one control for their number, in the manner of Dunnett.

    The adjusted p-value of a candidate is the chance that the largest |t| of all of them reaches its |t|, where the t
    have the correlation that their user differences show: Dunnett (1955, doi:10.1080/01621459.1955.10501294) takes 1/2
    from independent groups of one size, paired candidates have another one for each two (Hothorn, Bretz and Westfall
    2008, doi:10.1002/bimj.200810425). Degrees of freedom are the smallest of the family. One step, no step-down.

    Parameters
    ----------
    comparisons, pairs
        The family and the values each of them came from; all against one control on the same users.
    rng, draws
        Source and number of draws of the joint distribution; p-values are (1 + hits) / (1 + draws).
    """
    if not comparisons:
        return []
    controls = sorted({comparison.control for comparison in comparisons})
    if len(controls) > 1:
        raise TlbenchError(
            f"more than one control: {', '.join(f'`{name}`' for name in controls)}",
            hint="compare all candidates with the same one, or correct with `holm`",
        )
    correlation = _correlation(pairs)
    df = min(comparison.df for comparison in comparisons)
    observed = np.array([_absolute_t(comparison, df) for comparison in comparisons])
    adjusted = many_to_one_pvalues(observed, correlation, df, rng=rng, draws=draws)
    return [
        replace(
            comparison, adjusted=max(float(value), comparison.pvalue), correction="dunnett", family=len(comparisons)
        )
        for comparison, value in zip(comparisons, adjusted, strict=True)
    ]


def many_to_one_pvalues(
    observed: F64, correlation: F64, df: float, *, rng: np.random.Generator, draws: int = DRAWS
) -> F64:
    """Chance that the largest |t| of a multivariate t reaches each observed |t|, by Monte Carlo.

    Parameters
    ----------
    observed
        float64 |t|, shape (K,).
    correlation
        float64, shape (K, K), positive semi-definite.
    df
        Degrees of freedom that the t share; infinite for normal ones.
    """
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    largest = np.empty(draws)
    for start in range(0, draws, 20_000):
        size = min(20_000, draws - start)
        normal = np.abs(rng.standard_normal((size, len(observed))) @ root.T).max(axis=1)
        spread = np.sqrt(rng.chisquare(df, size) / df) if math.isfinite(df) else np.ones(size)
        largest[start : start + size] = normal / np.maximum(spread, 1e-300)
    largest.sort()
    hits = draws - np.searchsorted(largest, observed, side="left")
    return np.asarray((1 + hits) / (1 + draws), dtype=np.float64)


def _correlation(pairs: Sequence[Paired]) -> F64:
    """Correlation of the mean differences; one that never moves correlates with none."""
    first = pairs[0]
    if any(not np.array_equal(paired.users, first.users) for paired in pairs[1:]):
        raise TlbenchError("the comparisons have different users", hint="correct them with `holm` or `max-t` instead")
    scale = max(float(np.abs(paired.difference).max()) for paired in pairs) or 1.0
    tables = [paired.difference / scale for paired in pairs]
    covariance = np.array([[covariance_of_means(one, two) for two in tables] for one in tables])
    spread = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    product = np.outer(spread, spread)
    correlation = np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(np.clip(correlation, -1.0, 1.0), dtype=np.float64)


def _absolute_t(comparison: Comparison, df: float) -> float:
    """The |t| that has the comparison's p-value at the family's degrees of freedom."""
    if comparison.pvalue >= 1:
        return 0.0
    return math.inf if comparison.pvalue == 0 else abs(t_quantile(comparison.pvalue / 2, df))

"""Paired -> sizes of the difference, each with an interval: d_z, Hedges' g, rank-biserial, shares of users."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri

from tlbench.arrays import F64
from tlbench.stats.comparison import Comparison, standardised
from tlbench.stats.crossed import Mean
from tlbench.stats.paired import Paired
from tlbench.stats.power import noncentral


@dataclass(frozen=True)
class Effect:
    """One size with its interval; None where it is not defined (no spread, a control's mean of 0)."""

    name: str
    value: float | None
    low: float | None
    high: float | None


def effects(paired: Paired, comparison: Comparison) -> tuple[Effect, ...]:
    """Make all sizes of a difference at the comparison's level.

    Mean difference, share of the control's mean (Fieller), d_z, Hedges' g, rank-biserial correlation, probability of
    superiority, and the shares of users better, same and worse; with several seeds of the users' averages.
    """
    level, values = comparison.level, paired.user_difference
    standard = cohen_dz(comparison.mean, level=level)
    return (
        Effect("difference", comparison.difference, comparison.low, comparison.high),
        Effect("relative", comparison.relative, comparison.relative_low, comparison.relative_high),
        standard,
        hedges(standard, comparison.n_users),
        rank_biserial(values, level=level),
        superiority(values, level=level),
        *(
            share(name, int(found.sum()), len(values), level=level)
            for name, found in (("better", values > 0), ("same", values == 0), ("worse", values < 0))
        ),
    )


def cohen_dz(mean: Mean, *, level: float) -> Effect:
    """Standardised mean difference with the interval from the noncentral t (Cumming and Finch 2001).

    The interval's ends are the noncentralities under which the observed t would be a quantile, brought to the scale of
    d_z; with several seeds t and df are the crossed test's.

    Parameters
    ----------
    mean
        The mean difference.
    level
        Confidence level of the interval.

    Returns
    -------
    Effect
        Its value and interval.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.crossed import mean_of
    >>> from tlbench.stats.effects import cohen_dz
    >>> round(cohen_dz(mean_of(np.array([[0.1], [0.3], [0.2], [0.0]])), level=0.95).value, 3)
    1.162
    """
    value = standardised(mean)
    if value is None or mean.variance == 0:
        return Effect("d_z", value, value, value)
    t = mean.value / mean.standard_error
    tail = (1 - level) / 2
    unit = mean.standard_error / math.sqrt(mean.ms_user / mean.n_seeds) if mean.ms_user > 0 else 0.0
    low = _noncentrality(t, mean.df, 1 - tail) * unit
    return Effect("d_z", value, low, _noncentrality(t, mean.df, tail) * unit)


def hedges(standard: Effect, n_users: int) -> Effect:
    """d_z times Hedges' correction for few users, J = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), m = U - 1.

    Hedges (1981), doi:10.3102/10769986006002107.
    """
    if standard.value is None or standard.low is None or standard.high is None or n_users < 3:
        return Effect("Hedges' g", None, None, None)
    m = n_users - 1
    j = math.exp(float(gammaln(m / 2) - gammaln((m - 1) / 2))) / math.sqrt(m / 2)
    return Effect("Hedges' g", standard.value * j, standard.low * j, standard.high * j)


def rank_biserial(values: F64, *, level: float) -> Effect:
    """Matched-pairs rank-biserial correlation: (W+ - W-) / (W+ + W-) over users whose value is not 0 (Kerby 2014).

    W+ counts the pairs i <= j of users with z_i + z_j > 0, so it is a U-statistic; its standard error is that of the
    users' mean signs (Hoeffding 1948), and the interval is made on Fisher's scale, atanh(r).

    Parameters
    ----------
    values
        float64 differences, one per user, shape (U,).
    level
        Confidence level of the interval.

    Returns
    -------
    Effect
        Its value, from -1 (all lose) to 1 (all gain), and interval.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.effects import rank_biserial
    >>> round(rank_biserial(np.array([0.3, 0.1, -0.2, 0.4]), level=0.95).value, 3)
    0.6
    """
    from scipy import stats

    moved = np.sort(values[values != 0])
    n = len(moved)
    if n == 0:
        return Effect("rank-biserial", 0.0, None, None)
    ranks = stats.rankdata(np.abs(moved))
    value = float((ranks * np.sign(moved)).sum() / ranks.sum())
    if n < 3 or abs(value) >= 1:
        return Effect("rank-biserial", value, None, None)
    above = n - np.searchsorted(moved, -moved, side="right")
    below = np.searchsorted(moved, -moved, side="left")
    error = 2 * float(np.std((above - below) / n, ddof=1)) / math.sqrt(n)
    half = float(ndtri((1 + level) / 2)) * error / (1 - value**2)
    return Effect("rank-biserial", value, math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half))


def superiority(values: F64, *, level: float) -> Effect:
    """Chance that a user is better off with the candidate, a tie counted half (Grissom and Kim 2012, ch. 5).

    Wilson's interval with the number of users that would give a plain share the observed variance: ties make it
    narrower than that of a coin.
    """
    scores = (np.sign(values) + 1) / 2
    value, variance = float(scores.mean()), float(scores.var())
    if variance == 0 and value == 0.5:
        return Effect("superiority", value, value, value)
    alike = len(values) * value * (1 - value) / variance if variance > 0 else float(len(values))
    return Effect("superiority", value, *_wilson(value, alike, level))


def share(name: str, count: int, n_users: int, *, level: float) -> Effect:
    """Share of users with Wilson's interval (1927, doi:10.1080/01621459.1927.10502953).

    Parameters
    ----------
    name
        What is counted.
    count, n_users
        So many of so many users.
    level
        Confidence level of the interval.

    Returns
    -------
    Effect
        The share and its interval.

    Examples
    --------
    >>> from tlbench.stats.effects import share
    >>> found = share("better", 60, 100, level=0.95)
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.6, 0.502, 0.691)
    """
    value = count / n_users
    return Effect(name, value, *_wilson(value, n_users, level))


def _wilson(value: float, n: float, level: float) -> tuple[float, float]:
    z2 = float(ndtri((1 + level) / 2)) ** 2
    middle = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (value * (1 - value) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _noncentrality(t: float, df: float, probability: float) -> float:
    """Noncentrality under which `t` is that quantile of the noncentral t; by bisection."""
    low, high = t - 10 - abs(t), t + 10 + abs(t)
    while high - low > 1e-9 * max(1.0, abs(t)):
        middle = (low + high) / 2
        reached = noncentral(t, df, middle) if middle >= 0 else 1 - noncentral(-t, df, -middle)
        low, high = (middle, high) if reached > probability else (low, middle)
    return (low + high) / 2

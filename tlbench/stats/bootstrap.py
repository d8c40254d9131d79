"""User differences -> intervals of their mean by drawing users (or users and seeds) with replacement."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from tlbench.arrays import F64
from tlbench.stats.signflip import DRAWS, check_draws, check_values, key_of, whole_numbers

Kind = Literal["percentile", "bca", "studentised", "two-way"]

_PEAK = 2**30
_FEW_VALUES = 64
_LARGE_T = 1e6
"""The t of a resample that drew one value only."""


@dataclass(frozen=True)
class Bootstrap:
    """An interval of a mean by resampling, with the p-value of the test that belongs to it.

    Attributes
    ----------
    kind
        How the interval was made.
    mean, low, high
        Observed mean and the interval's ends.
    level
        Confidence level.
    pvalue
        Two-sided p-value of "the mean is 0": the smallest 1 - level whose interval leaves 0 out, at least
        2 / (1 + draws), or for `studentised` (1 + hits) / (1 + draws).
    draws
        Number of resamples.
    """

    kind: Kind
    mean: float
    low: float
    high: float
    level: float
    pvalue: float
    draws: int


def percentile(values: F64, *, rng: np.random.Generator, draws: int = DRAWS, level: float = 0.95) -> Bootstrap:
    """Interval between the quantiles of resampled means (Efron 1979, doi:10.1214/aos/1176344552).

    Parameters
    ----------
    values
        float64, a value per user, shape (U,).

    Returns
    -------
    Bootstrap
        The mean, its interval, and the p-value that goes with it.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.stats.bootstrap import percentile
    >>> found = percentile(np.linspace(-1, 2, 50), rng=stream(0, "users"), draws=2000)
    >>> found.low < 0.5 < found.high, found.level
    (True, 0.95)
    """
    unit, scale = _unit(values, draws)
    means = _resampled(unit, rng=rng, draws=draws)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    ends = Ends(float(low), float(high), _inversion(means))
    return _result("percentile", unit, ends, scale=scale, level=level, draws=draws)


def bca(values: F64, *, rng: np.random.Generator, draws: int = DRAWS, level: float = 0.95) -> Bootstrap:
    """Bias-corrected and accelerated interval (Efron 1987, doi:10.1080/01621459.1987.10478410).

    The acceleration of a mean has a closed form, sum (x - m)^3 / (6 (sum (x - m)^2)^1.5), which is the jackknife's.

    Parameters
    ----------
    values
        float64, one value per user, shape (U,).
    rng
        Source of the draws.
    draws
        Number of resamples.
    level
        Confidence level.

    Returns
    -------
    Bootstrap
        The mean, its interval, and the p-value that goes with it.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.stats.bootstrap import bca
    >>> found = bca(np.linspace(-1, 2, 50), rng=stream(0, "users"), draws=2000)
    >>> found.low < 0.5 < found.high, found.level
    (True, 0.95)
    """
    unit, scale = _unit(values, draws)
    if _constant(unit):
        return _result("bca", unit, None, scale=scale, level=level, draws=draws)
    means = _resampled(unit, rng=rng, draws=draws)
    mean = float(unit.mean())
    centred = unit - mean
    speed = float((centred**3).sum()) / (6 * float((centred**2).sum()) ** 1.5)
    bias = float(ndtri(_share_below(means, mean)))
    low, high = (
        float(np.quantile(means, ndtr(bias + (bias + z) / max(1 - speed * (bias + z), 1e-9))))
        for z in (float(ndtri((1 - level) / 2)), float(ndtri((1 + level) / 2)))
    )
    ends = Ends(low, high, _bca_pvalue(means, bias, speed))
    return _result("bca", unit, ends, scale=scale, level=level, draws=draws)


def studentised(values: F64, *, rng: np.random.Generator, draws: int = DRAWS, level: float = 0.95) -> Bootstrap:
    """Bootstrap-t interval (Efron 1982; Hall 1988, doi:10.1214/aos/1176350933): quantiles of (m* - m) / se*.

    The p-value is that of the symmetric test, the share of |t*| that reach the observed |t|.

    Parameters
    ----------
    values
        float64, one value per user, shape (U,).
    rng
        Source of the draws.
    draws
        Number of resamples.
    level
        Confidence level.

    Returns
    -------
    Bootstrap
        The mean, its interval, and the p-value that goes with it.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.stats.bootstrap import studentised
    >>> found = studentised(np.linspace(-1, 2, 50), rng=stream(0, "users"), draws=2000)
    >>> found.low < 0.5 < found.high, found.level
    (True, 0.95)
    """
    from tlbench.stats._kernels_resample import resample_moments

    unit, scale = _unit(values, draws)
    if _constant(unit):
        return _result("studentised", unit, None, scale=scale, level=level, draws=draws)
    n, mean = len(unit), float(unit.mean())
    error = math.sqrt(unit.var(ddof=1) / n)
    moving = unit[unit != 0]
    sizes = rng.binomial(n, len(moving) / n, size=draws).astype(np.int64)
    moments = resample_moments(moving.astype(np.float32), sizes, key_of(rng)) / n
    variances = np.maximum(moments[:, 1] - moments[:, 0] ** 2, 0.0) / (n - 1)
    apart = moments[:, 0] - mean
    t = np.divide(apart, np.sqrt(variances), out=np.sign(apart) * _LARGE_T, where=variances > 1e-12 * error**2)
    low, high = np.quantile(t, [(1 + level) / 2, (1 - level) / 2])
    hits = int((np.abs(t) >= abs(mean) / error).sum())
    ends = Ends(mean - float(low) * error, mean - float(high) * error, (1 + hits) / (1 + draws))
    return _result("studentised", unit, ends, scale=scale, level=level, draws=draws)


def two_way(table: F64, *, rng: np.random.Generator, draws: int = DRAWS, level: float = 0.95) -> Bootstrap:
    """Percentile interval from drawing users and seeds with replacement, independently of each other.

    The pigeonhole bootstrap (Owen 2007, doi:10.1214/07-AOAS122): on the safe side, since its variance holds the rest
    three times. With few seeds it sees few of them; the crossed test does better below five.

    Parameters
    ----------
    table
        float64 differences, shape (U, S).

    Returns
    -------
    Bootstrap
        The mean, its interval, and the p-value that goes with it.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.rng import stream
    >>> from tlbench.stats.bootstrap import two_way
    >>> table = np.linspace(-1, 2, 50)[:, None] + np.array([0.0, 0.1, -0.1])
    >>> found = two_way(table, rng=stream(0, "users"), draws=500)
    >>> found.low < 0.5 < found.high
    True
    """
    from tlbench.stats._kernels_resample import resample_two_way

    flat, scale = _unit(table.ravel(), draws)
    unit = np.ascontiguousarray(flat.reshape(table.shape))
    n_users, n_seeds = table.shape
    counts = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=draws).astype(np.float64)
    means = resample_two_way(unit, counts, key_of(rng)) / (n_users * n_seeds)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return _result(
        "two-way", unit, Ends(float(low), float(high), _inversion(means)), scale=scale, level=level, draws=draws
    )


@dataclass(frozen=True)
class Ends:
    """Ends of an interval and the p-value that belongs to it, before they are brought to scale."""

    low: float
    high: float
    pvalue: float


def _unit(values: F64, draws: int) -> tuple[F64, float]:
    """Check at the door, and scale so that the largest value is 1 and no square gets lost."""
    check_values(values)
    check_draws(draws)
    scale = float(np.abs(values).max())
    return (values / scale, scale) if scale > 0 else (values, 1.0)


def _constant(unit: F64) -> bool:
    return float(np.ptp(unit)) <= 8 * float(np.finfo(np.float64).eps)


def _resampled(values: F64, *, rng: np.random.Generator, draws: int) -> F64:
    """Means of users drawn with replacement, float64, shape (draws,)."""
    return _resampled_sums(values, rng=rng, draws=draws) / len(values)


def _resampled_sums(values: F64, *, rng: np.random.Generator, draws: int) -> F64:
    """Sums of users drawn with replacement, skipping what is known beforehand.

    How many of the drawn users have a value of 0 is binomial, and only the others are drawn one by one; where there
    are few distinct values (a hit or none) the counts of all of them are drawn at once.
    """
    found, counts = np.unique(values, return_counts=True)
    if len(found) <= _FEW_VALUES:
        drawn = rng.multinomial(len(values), counts / len(values), size=draws)
        return np.asarray(drawn @ found, dtype=np.float64)
    from tlbench.stats._kernels_resample import resample_sums

    moving = values[values != 0]
    sizes = rng.binomial(len(values), len(moving) / len(values), size=draws).astype(np.int64)
    whole = whole_numbers(moving, _PEAK)
    sums = resample_sums(whole, sizes, key_of(rng))
    return np.asarray(sums * (float(np.abs(moving).max()) / _PEAK), dtype=np.float64)


def _share_below(means: F64, point: float) -> float:
    """Share of resamples below a point, ties counted half, never quite 0 or 1."""
    share = float((means < point).mean() + (means == point).mean() / 2)
    edge = 1 / (1 + len(means))
    return min(max(share, edge), 1 - edge)


def _inversion(means: F64) -> float:
    """Two-sided p-value by percentiles: twice the share of resamples on the other side of 0."""
    below = _share_below(means, 0.0)
    return 2 * min(below, 1 - below)


def _bca_pvalue(means: F64, bias: float, speed: float) -> float:
    """Two-sided level at which one end of the BCa interval is 0: the adjustment of its quantile, undone."""
    reached = float(ndtri(_share_below(means, 0.0))) - bias
    z = reached / max(1 + speed * reached, 1e-9) - bias
    return 2 * min(float(ndtr(z)), float(ndtr(-z)))


def _result(kind: Kind, unit: F64, ends: Ends | None, *, scale: float, level: float, draws: int) -> Bootstrap:
    """Bring a result to scale; values without spread have an interval of nothing."""
    mean = float(unit.mean())
    if ends is None or _constant(unit):
        ends = Ends(mean, mean, 2.0 / (1 + draws) if mean else 1.0)
    pvalue = min(1.0, max(ends.pvalue, 1.0 / (1 + draws)))
    return Bootstrap(kind, mean * scale, ends.low * scale, ends.high * scale, level, pvalue, draws)


KINDS: dict[str, Callable[..., Bootstrap]] = {"percentile": percentile, "bca": bca, "studentised": studentised}
"""Intervals of a mean over users by name."""

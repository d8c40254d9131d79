"""Gains of the same users at several sizes of history -> where the gain is positive, with intervals for its ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.arrays import F64, Bool

DRAWS = 2_000
_LEAST_LEVELS = 2


@dataclass(frozen=True)
class End:
    """One end of the range in which a gain is positive, in interactions, with its interval.

    Infinite (either sign) where the gain is still positive at the outermost level, so that the end lies beyond it.
    """

    at: float
    low: float
    high: float


@dataclass(frozen=True)
class Crossover:
    """Where a gain is positive.

    Attributes
    ----------
    start, end
        Where the fitted gain first becomes positive and where it last ceases to be.
    monotone
        Whether the gain was fitted as one that never rises with the history; else straight lines join the levels.
    positive
        Whether the fitted gain is positive anywhere.
    level
        Confidence level of the two intervals.
    draws
        Number of draws of users that they come from.
    """

    start: End
    end: End
    monotone: bool
    positive: bool
    level: float
    draws: int


def crossover(
    differences: F64, sizes: F64, reach: F64, *, rng: np.random.Generator, draws: int = DRAWS, level: float = 0.95
) -> Crossover:
    """Fit the mean difference as a function of the size of history, and find where it changes its sign.

    Between two sizes the fit is a straight line over log(1 + size). It never rises where such a fit stays within the
    simultaneous band of the means (least squares by pooling adjacent violators, Ayer et al. 1955,
    doi:10.1214/aoms/1177728423); elsewhere it joins the means. The intervals are percentiles over draws of users with
    random weights that add up to one (the Bayesian bootstrap, Rubin 1981, doi:10.1214/aos/1176345338): a user keeps
    one weight at all sizes, since the same users are judged at all of them.

    Parameters
    ----------
    differences
        float64, shape (U, K): difference of each user at each size, NaN where the user is not judged.
    sizes
        float64, ascending, shape (K,): interactions shown.
    reach
        float64, shape (K,): half the width of the simultaneous band.
    rng, draws, level
        Source and number of the draws; level of the intervals.

    Raises
    ------
    TlbenchError
        For fewer than two sizes, sizes that do not ascend, or a size at which nobody is judged.
    """
    judged = ~np.isnan(differences)
    _check(judged, sizes)
    values = np.where(judged, differences, 0.0)
    x = np.log1p(sizes)
    means = values.sum(axis=0) / judged.sum(axis=0)
    counts = judged.sum(axis=0).astype(np.float64)
    smooth = never_rising(means, counts)
    monotone = bool((np.abs(smooth - means) <= reach).all())
    weights = rng.exponential(size=(draws, len(values)))
    drawn = (weights @ values) / (weights @ judged)
    curves = np.array([never_rising(row, counts) for row in drawn]) if monotone else drawn
    ranges = np.array([positive_range(x, curve) for curve in curves])
    start, end = positive_range(x, smooth if monotone else means)
    return Crossover(
        start=_end(start, ranges[:, 0], level),
        end=_end(end, ranges[:, 1], level),
        monotone=monotone,
        positive=start < end,
        level=level,
        draws=draws,
    )


def _check(judged: Bool, sizes: F64) -> None:
    if len(sizes) < _LEAST_LEVELS or (np.diff(sizes) <= 0).any():
        raise TlbenchError(f"sizes of history {sizes.tolist()} do not ascend", hint="give at least two, as 0 and 5")
    if not judged.any(axis=0).all():
        raise TlbenchError(f"nobody is judged at {sizes[~judged.any(axis=0)][0]:g} interactions", hint="leave it out")


def never_rising(values: F64, weights: F64) -> F64:
    """Return the closest sequence that never rises, by weighted least squares, float64, shape (K,)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, length = float(value), float(weight), 1
        while blocks and blocks[-1][0] < mean:
            before, heavy, long = blocks.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, length = heavy + total, long + length
        blocks.append((mean, total, length))
    return np.repeat([mean for mean, _, _ in blocks], [length for _, _, length in blocks])


def positive_range(x: F64, y: F64) -> tuple[float, float]:
    """Return where lines between points are first and last above 0; (inf, -inf) where they never are.

    An end at the outermost point is infinite: how far the curve stays positive beyond it is not known.
    """
    above = np.flatnonzero(y > 0)
    if not len(above):
        return math.inf, -math.inf
    first, last = int(above[0]), int(above[-1])
    start = -math.inf if first == 0 else _zero(x, y, first - 1)
    end = math.inf if last == len(y) - 1 else _zero(x, y, last)
    return start, end


def _zero(x: F64, y: F64, i: int) -> float:
    """Where the line from point i to the next one is 0."""
    share = y[i] / (y[i] - y[i + 1])
    return float(x[i] + share * (x[i + 1] - x[i]))


def _end(at: float, drawn: F64, level: float) -> End:
    """Give an end its percentiles, in interactions; the order of the draws is kept, so infinite ones may be ends."""
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return End(*(float(np.expm1(end)) if math.isfinite(end) else float(end) for end in (at, low, high)))

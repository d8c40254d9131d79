"""User differences -> chances that the candidate is worse, practically the same or better (region of equivalence)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.crossed import Mean
from tlbench.stats.signflip import check_draws, check_values


@dataclass(frozen=True)
class Posterior:
    """Chances, given the data, that the difference is below -margin, inside ±margin and above margin; they add to 1."""

    worse: float
    same: float
    better: float
    margin: float


def signed_rank(
    values: F64, margin: float, *, rng: np.random.Generator, draws: int = 1000, prior: float = 0.5
) -> Posterior:
    """Bayesian signed-rank test with a region of practical equivalence.

    Users get Dirichlet(1, ..., 1) weights w and a pseudo-user of difference 0 the weight `prior`; each draw asks which
    of three regions holds most of the weight of the pairs' means, sum_ij w_i w_j [z_i + z_j > 2 margin] and so on, a
    pair on an edge counting half; a tie shares the draw (Benavoli et al. 2014, ICML; Benavoli et al. 2017, JMLR
    18(77)). Equal differences are put together (their weights add up to a gamma variable) and pairs are counted by
    cumulative weights, so a draw costs one pass over the distinct values rather than over all pairs.

    Parameters
    ----------
    values
        float64, a value per user, shape (U,).
    margin
        Half the width of the region, in units of the metric, 0 or more.
    """
    check_values(values)
    check_draws(draws)
    _check_margin(margin)
    distinct, counts = np.unique(np.append(values, 0.0), return_counts=True)
    shapes = counts.astype(np.float64)
    shapes[np.searchsorted(distinct, 0.0)] += prior - 1
    keep = shapes > 0
    distinct, shapes = distinct[keep], shapes[keep]
    below, above = (
        [np.searchsorted(distinct, edge - distinct, side=side) for side in ("left", "right")]
        for edge in (-2 * margin, 2 * margin)
    )
    wins = np.zeros(3)
    cumulative = np.zeros(len(distinct) + 1)
    for _ in range(draws):
        weights = rng.standard_gamma(shapes)
        weights /= weights.sum()
        np.cumsum(weights, out=cumulative[1:])
        left = float(weights @ (cumulative[below[0]] + cumulative[below[1]])) / 2
        right = cumulative[-1] - float(weights @ (cumulative[above[0]] + cumulative[above[1]])) / 2
        masses = np.array([left, 1 - left - right, right])
        best = masses >= masses.max() - 1e-12
        wins += best / best.sum()
    worse, same, better = (float(win) for win in wins / draws)
    return Posterior(worse, same, better, margin)


def posterior_of_mean(mean: Mean, margin: float) -> Posterior:
    """Chances for the mean itself under a flat prior: Student's t around the estimate with its standard error.

    With one seed the usual posterior of a normal mean, with several that of the crossed model by Satterthwaite's df.

    Parameters
    ----------
    mean
        The mean difference.
    margin
        Largest difference that counts as the same, in units of the metric.

    Returns
    -------
    Posterior
        Chances of worse, the same and better.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.bayes import posterior_of_mean
    >>> from tlbench.stats.crossed import mean_of
    >>> found = posterior_of_mean(mean_of(np.array([[0.1], [0.3], [0.2], [0.1]])), 0.01)
    >>> found.better > found.same > found.worse
    False
    """
    _check_margin(margin)
    return _student(mean.value, mean.standard_error, mean.df, margin)


def _student(centre: float, error: float, df: float, margin: float) -> Posterior:
    if error == 0:
        inside = abs(centre) <= margin
        return Posterior(float(not inside and centre < 0), float(inside), float(not inside and centre > 0), margin)
    worse = float(stdtr(df, (-margin - centre) / error))
    better = float(stdtr(df, (centre - margin) / error))
    return Posterior(worse, max(0.0, 1 - worse - better), better, margin)


def _check_margin(margin: float) -> None:
    if not margin >= 0:
        raise TlbenchError(f"the margin is {margin}", hint="give a margin of 0 or more, in units of the metric")

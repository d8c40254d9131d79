"""User differences (users x seeds) -> mean, its variance and degrees of freedom: users and seeds crossed at random."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from tlbench.arrays import F64
from tlbench.errors import TlbenchError


@dataclass(frozen=True)
class Components:
    """Variance components of a difference d[u, s] = mean + user[u] + seed[s] + rest[u, s].

    Attributes
    ----------
    user, seed, rest
        Variances, never negative. With one seed the rest cannot be told from the users: `rest` is 0 and `user` is the
        variance of the differences.
    """

    user: float
    seed: float
    rest: float

    def variance(self, n_users: float, n_seeds: float) -> float:
        """Variance of the mean difference of an experiment with these numbers of users and seeds."""
        return self.user / n_users + self.seed / n_seeds + self.rest / (n_users * n_seeds)

    def degrees(self, n_users: float, n_seeds: float) -> float:
        """Satterthwaite degrees of freedom that such an experiment can expect; infinite without any variance."""
        if n_seeds <= 1:
            return n_users - 1
        return _satterthwaite(
            self.rest + n_seeds * self.user,
            self.rest + n_users * self.seed,
            self.rest,
            n_users=n_users,
            n_seeds=n_seeds,
        )


@dataclass(frozen=True)
class Mean:
    """A mean difference with what is needed to test it.

    Attributes
    ----------
    value
        Mean over users and seeds.
    variance
        Estimated variance of `value`.
    df
        Degrees of freedom of `variance`.
    ms_user, ms_seed, ms_rest
        Mean squares of the two-way table; `ms_seed` and `ms_rest` are 0 with one seed.
    n_users, n_seeds
        Size of the table.
    resolution
        Differences up to this are rounding errors.
    """

    value: float
    variance: float
    df: float
    ms_user: float
    ms_seed: float
    ms_rest: float
    n_users: int
    n_seeds: int
    resolution: float = 0.0

    @property
    def standard_error(self) -> float:
        """Square root of the variance."""
        return math.sqrt(self.variance)

    @property
    def components(self) -> Components:
        """Variance components by the method of moments, negative ones set to 0."""
        if self.n_seeds == 1:
            return Components(self.ms_user, 0.0, 0.0)
        return Components(
            user=max(self.ms_user - self.ms_rest, 0.0) / self.n_seeds,
            seed=max(self.ms_seed - self.ms_rest, 0.0) / self.n_users,
            rest=self.ms_rest,
        )

    def interval(self, level: float) -> tuple[float, float]:
        """Two-sided t interval of the mean, for instance ``level=0.95``."""
        half = t_quantile((1 + level) / 2, self.df) * self.standard_error if self.variance > 0 else 0.0
        return self.value - half, self.value + half

    def pvalue(self, null: float = 0.0) -> float:
        """Two-sided p-value of the hypothesis that the mean is `null`."""
        if self._is(null):
            return 1.0
        if self.variance == 0:
            return 2 * self._all_one_sign()
        return float(min(1.0, 2 * stdtr(self.df, -abs(self.value - null) / self.standard_error)))

    def pvalue_above(self, null: float) -> float:
        """One-sided p-value of the hypothesis that the mean is at most `null`."""
        if self.variance == 0:
            return self._all_one_sign() if self.value > null and not self._is(null) else 1.0
        return float(stdtr(self.df, -(self.value - null) / self.standard_error))

    def pvalue_below(self, null: float) -> float:
        """One-sided p-value of the hypothesis that the mean is at least `null`."""
        if self.variance == 0:
            return self._all_one_sign() if self.value < null and not self._is(null) else 1.0
        return float(stdtr(self.df, (self.value - null) / self.standard_error))

    def _is(self, null: float) -> bool:
        return abs(self.value - null) <= self.resolution

    def _all_one_sign(self) -> float:
        """Chance that the exact sign-flip test gives all users one and the same sign.

        Users who all differ by exactly the same amount leave a t statistic without a denominator; the sign-flip test
        remains valid there, and says of two users what two users can say.
        """
        return math.ldexp(1.0, -min(self.n_users, 1000))


def mean_of(differences: F64, *, resolution: float = 0.0) -> Mean:
    r"""Estimate the mean of a users x seeds table and the variance of that estimate.

    With one seed this is the paired t-test's mean, variance and U - 1 degrees of freedom. With several, users and
    seeds are crossed random effects: somebody else would have drawn other users *and* other seeds. From the mean
    squares MS of the two-way table without replication,

    .. math:: \widehat{var} = (MS_{user} + MS_{seed} - MS_{rest}) / (U S),
        \quad df = \widehat{var}^2 \Big/ \sum_k (MS_k / (U S))^2 / df_k

    with df_k of U - 1, S - 1 and (U - 1)(S - 1) (Satterthwaite 1946). As in Hillis (2007) a variance component that
    comes out negative is taken as 0, here for seeds and users alike: the variance is never less than MS_user / (U S),
    which is the paired t-test's on values averaged over the seeds, nor than MS_seed / (U S). Where the seeds change
    nothing (deterministic methods) MS_seed = MS_rest = 0 and the paired t-test is what remains, exactly.

    Parameters
    ----------
    differences
        float64, shape (U, S), U at least 2.
    resolution
        Differences up to this are rounding errors; a spread no larger counts as none.

    Returns
    -------
    Mean
        The mean with its variance and degrees of freedom.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2(6), doi:10.2307/3002019. Hillis (2007), "A comparison of denominator
    degrees of freedom methods for multiple observer ROC analysis", Statistics in Medicine 26(3), doi:10.1002/sim.2532.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.crossed import mean_of
    >>> found = mean_of(np.array([[0.1, 0.2], [0.0, 0.1], [0.3, 0.5], [0.1, 0.0]]))
    >>> round(found.value, 4), round(found.standard_error, 4), round(found.df, 2)
    (0.1625, 0.0851, 2.94)
    """
    n_users, n_seeds = differences.shape
    if n_users < 2:
        raise TlbenchError(
            "one user cannot tell a difference from chance",
            hint="judge at least two users; some hundreds are needed before anything small can be seen",
        )
    scale = float(np.abs(differences).max())
    if scale <= resolution:
        return Mean(0.0, 0.0, n_users - 1.0, 0.0, 0.0, 0.0, n_users, n_seeds, resolution)
    mean, squares = _mean_squares(differences / scale)
    noise = (resolution / scale) ** 2 * n_seeds
    ms_user, ms_seed, ms_rest = (0.0 if square <= noise else square for square in squares)
    variance = max(ms_user + ms_seed - ms_rest, ms_user, ms_seed) / (n_users * n_seeds)
    df = _satterthwaite(ms_user, ms_seed, ms_rest, n_users=n_users, n_seeds=n_seeds)
    unit = scale * scale
    return Mean(
        mean * scale,
        variance * unit,
        df,
        ms_user * unit,
        ms_seed * unit,
        ms_rest * unit,
        n_users,
        n_seeds,
        resolution,
    )


def covariance_of_means(first: F64, second: F64) -> float:
    """Covariance of two means over the same users and seeds: mean products in the place of mean squares.

    Both are float64 of shape (U, S). Obtained from the squares of sum and difference, of which no component is set to
    0, so that it is the same moment estimator as the variance's.
    """
    n_users, n_seeds = first.shape
    total = 0.0
    for sign in (1.0, -1.0):
        _, (ms_user, ms_seed, ms_rest) = _mean_squares(first + sign * second)
        total += sign * (ms_user + ms_seed - ms_rest)
    return float(total / (4 * n_users * n_seeds))


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t; of the normal distribution for infinite degrees of freedom.

    Parameters
    ----------
    probability
        Between 0 and 1.
    df
        Degrees of freedom, above 0; infinity is the normal distribution.

    Returns
    -------
    float
        Value below which Student's t lies with that probability.

    Examples
    --------
    >>> from tlbench.stats.crossed import t_quantile
    >>> round(t_quantile(0.975, 10), 4)
    2.2281
    """
    if math.isinf(df):
        from scipy.special import ndtri

        return float(ndtri(probability))
    return float(stdtrit(df, probability))


def _mean_squares(table: F64) -> tuple[float, tuple[float, float, float]]:
    """Mean and mean squares (user, seed, rest) of a two-way table without replication."""
    n_users, n_seeds = table.shape
    by_user = table.mean(axis=1)
    mean = float(by_user.mean())
    ms_user = n_seeds * float(((by_user - mean) ** 2).sum()) / (n_users - 1)
    if n_seeds == 1:
        return mean, (ms_user, 0.0, 0.0)
    by_seed = table.mean(axis=0)
    ms_seed = n_users * float(((by_seed - mean) ** 2).sum()) / (n_seeds - 1)
    rest = table - by_user[:, None] - (by_seed - mean)[None, :]
    ms_rest = float(np.einsum("us,us->", rest, rest)) / ((n_users - 1) * (n_seeds - 1))
    return mean, (ms_user, ms_seed, ms_rest)


def _satterthwaite(ms_user: float, ms_seed: float, ms_rest: float, *, n_users: float, n_seeds: float) -> float:
    """Degrees of freedom of the (floored) sum of mean squares; U - 1 with one seed, and where nothing varies.

    Never fewer than the smaller of U - 1 and S - 1, the bound that a sum without subtraction keeps by itself.
    """
    if n_seeds == 1 or (ms_seed == 0 and ms_rest == 0):
        return n_users - 1.0
    total = max(ms_user + ms_seed - ms_rest, ms_user, ms_seed)
    spread = ms_user**2 / (n_users - 1) + ms_seed**2 / (n_seeds - 1) + ms_rest**2 / ((n_users - 1) * (n_seeds - 1))
    return max(total**2 / spread, min(n_users, n_seeds) - 1.0) if spread > 0 else n_users - 1.0

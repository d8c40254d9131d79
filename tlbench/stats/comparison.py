"""Paired -> Comparison: one candidate against one control on one metric, with everything a report needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.crossed import Mean, mean_of
from tlbench.stats.paired import Paired
from tlbench.stats.power import detectable
from tlbench.stats.relative import ratio_of_means
from tlbench.stats.spread import variance_interval


@dataclass(frozen=True)
class Comparison:
    """What the users say about a candidate and a control; difference = candidate - control, positive is better.

    Attributes
    ----------
    candidate, control
        Labels of the two sides.
    metric
        Name of the metric.
    candidate_mean, control_mean
        Means over users and seeds.
    difference, low, high
        Mean difference and its interval at `level`, in units of the metric.
    relative, relative_low, relative_high
        The same as a share of `base_mean` (0.041 is 4.1 %), Fieller's interval; None where that mean is 0 or, for the
        interval, cannot be told from 0.
    relative_error
        Standard error of `relative`, for averages over scenarios.
    d_z
        Mean difference over the standard deviation of the users' differences (seeds averaged); None where all users
        differ by the same amount.
    better, same, worse
        Shares of users, by the difference averaged over seeds.
    pvalue, adjusted
        Two-sided p-value of "no difference", before and after the correction for many comparisons.
    test, correction, family
        Names of the test and of the correction, and the number of comparisons that were corrected together.
    n_users, n_seeds, df
        Size and degrees of freedom of the test.
    standard_error
        Of the mean difference.
    mde
        Minimum detectable effect: the true difference that this experiment finds with a chance of 80 %.
    base_mean
        Mean of which `relative` and margins are shares: the control's, or the counterpart's where the control is a
        placebo, so that shares of one method's two gains can be compared and added.
    variance_low, variance_high
        95 % interval of the variance of users' differences, as multiples of its estimate.
    mean
        The estimate with its mean squares and variance components, from which power and equivalence are computed.
    missing_candidate, missing_control
        Users whom a side did not list and who count as the metric's floor there.
    level
        Confidence level of the intervals, 1 - alpha.
    """

    candidate: str
    control: str
    metric: str
    candidate_mean: float
    control_mean: float
    difference: float
    low: float
    high: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    relative_error: float | None
    d_z: float | None
    better: float
    same: float
    worse: float
    pvalue: float
    adjusted: float
    test: str
    correction: str
    family: int
    n_users: int
    n_seeds: int
    df: float
    standard_error: float
    mde: float
    base_mean: float
    variance_low: float
    variance_high: float
    mean: Mean
    missing_candidate: int
    missing_control: int
    level: float


def compare(
    paired: Paired, *, candidate: str, control: str, metric: str, alpha: float = 0.05, base: F64 | None = None
) -> Comparison:
    """Test and describe the difference of two sides.

    Paired t-test over users with one seed, users and seeds crossed with several (`tlbench.stats.crossed.mean_of`).

    Parameters
    ----------
    paired
        The two sides, from `tlbench.stats.paired.pair`.
    candidate, control, metric
        Names for the report.
    alpha
        Level of the test; intervals have the level 1 - alpha.
    base
        float64, shape (U, S): values of whose mean relative differences are shares; the control's by default.

    Returns
    -------
    Comparison
        Means, difference with its interval, p-value, size of the effect and what the experiment could have found.

    Raises
    ------
    TlbenchError
        For fewer than two users, and for an alpha outside (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.paired import pair_values
    >>> rng = np.random.default_rng(0)
    >>> control = rng.random(200)
    >>> paired = pair_values(control + 0.05 + 0.1 * rng.normal(size=200), control)
    >>> from tlbench.stats.comparison import compare
    >>> found = compare(paired, candidate="new", control="old", metric="ndcg@10")
    >>> f"{found.difference:.3f} [{found.low:.3f}, {found.high:.3f}], p = {found.pvalue:.1g}"
    '0.041 [0.027, 0.055], p = 5e-08'
    """
    check_alpha(alpha)
    mean = mean_of(paired.difference, resolution=paired.resolution)
    low, high = mean.interval(1 - alpha)
    base = paired.control if base is None else base
    share = ratio_of_means(paired.difference, base, level=1 - alpha, resolution=paired.resolution)
    spread = variance_interval(paired.user_difference)
    pvalue = mean.pvalue()
    by_user = paired.user_difference
    return Comparison(
        candidate=candidate,
        control=control,
        metric=metric,
        candidate_mean=float(paired.candidate.mean()),
        control_mean=float(paired.control.mean()),
        difference=mean.value,
        low=low,
        high=high,
        relative=share.value,
        relative_low=share.low,
        relative_high=share.high,
        relative_error=share.standard_error,
        d_z=standardised(mean),
        better=float((by_user > 0).mean()),
        same=float((by_user == 0).mean()),
        worse=float((by_user < 0).mean()),
        pvalue=pvalue,
        adjusted=pvalue,
        test=_name_of_test(paired, mean),
        correction="none",
        family=1,
        n_users=paired.n_users,
        n_seeds=paired.n_seeds,
        df=mean.df,
        standard_error=mean.standard_error,
        mde=detectable(mean.standard_error, mean.df, alpha=alpha),
        base_mean=float(base.mean()),
        variance_low=spread.low,
        variance_high=spread.high,
        mean=mean,
        missing_candidate=paired.missing_candidate,
        missing_control=paired.missing_control,
        level=1 - alpha,
    )


def standardised(mean: Mean) -> float | None:
    """Cohen's d_z: mean over the standard deviation of user differences (Cohen 1988); 0 where nobody differs."""
    if mean.value == 0:
        return 0.0
    spread = math.sqrt(mean.ms_user / mean.n_seeds)
    return mean.value / spread if spread > 0 else None


def check_alpha(alpha: float) -> None:
    """Refuse a level that is no probability between 0 and 1."""
    if not 0 < alpha < 1:
        raise TlbenchError(f"alpha is {alpha}", hint="give a number between 0 and 1, such as 0.05")


def _name_of_test(paired: Paired, mean: Mean) -> str:
    if mean.variance == 0:
        return "none (no user differs)" if mean.value == 0 else "exact sign flip (all users differ alike)"
    if paired.n_seeds == 1 or not np.ptp(paired.difference, axis=1).max() > paired.resolution:
        return "paired t"
    return "crossed users x seeds"

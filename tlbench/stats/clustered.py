"""User differences in groups -> mean with its variance: groups drawn at random (clusters) or fixed (strata)."""

from __future__ import annotations

import numpy as np

from tlbench.arrays import F64, Array
from tlbench.errors import TlbenchError
from tlbench.stats.crossed import Mean
from tlbench.stats.signflip import check_values


def clustered_mean(values: F64, groups: Array) -> Mean:
    """Mean over users whose groups were drawn at random, such as folds, households or sites.

    The cluster-robust variance of a mean, G / (G - 1) sum_g (sum_{i in g} (x_i - m))^2 / n^2, with G - 1 degrees of
    freedom (Liang and Zeger 1986, doi:10.1093/biomet/73.1.13; the correction is statsmodels'). Users of one group may
    be as correlated as they like.

    Parameters
    ----------
    values
        float64, a value a user, shape (U,).
    groups
        Label of each user's group, shape (U,), at least two groups.
    """
    codes, n_groups = _codes(values, groups)
    if n_groups < 2:
        raise TlbenchError("all users are in one group", hint="clusters need at least two groups, better ten")
    mean = float(values.mean())
    residuals = np.bincount(codes, weights=values - mean)
    variance = n_groups / (n_groups - 1) * float((residuals**2).sum()) / len(values) ** 2
    return _mean(values, variance, n_groups - 1.0)


def stratified_mean(values: F64, strata: Array) -> Mean:
    """Mean over users whose strata were fixed beforehand: only the spread within strata counts.

    var = sum_h (n_h / n)^2 s_h^2 / n_h with Satterthwaite's degrees of freedom (Cochran 1977, section 5.4).

    Parameters
    ----------
    values
        float64, a value a user, shape (U,).
    strata
        Label of each user's stratum, shape (U,), every stratum with at least two users.
    """
    codes, _ = _codes(values, strata)
    sizes = np.bincount(codes)
    if sizes.min() < 2:
        lonely = np.unique(strata)[int(np.argmin(sizes))]
        raise TlbenchError(f"stratum `{lonely}` has one user", hint="join strata until each has two users or more")
    centred = values - (np.bincount(codes, weights=values) / sizes)[codes]
    squares = np.bincount(codes, weights=centred**2)
    parts = squares / (sizes - 1) * sizes / len(values) ** 2
    variance = float(parts.sum())
    df = variance**2 / float((parts**2 / (sizes - 1)).sum()) if variance > 0 else float(len(values) - len(sizes))
    return _mean(values, variance, df)


def _codes(values: F64, groups: Array) -> tuple[Array, int]:
    check_values(values)
    if len(groups) != len(values):
        raise TlbenchError(f"{len(groups)} group labels for {len(values)} users")
    labels, codes = np.unique(groups, return_inverse=True)
    return codes, len(labels)


def _mean(values: F64, variance: float, df: float) -> Mean:
    n = len(values)
    return Mean(
        value=float(values.mean()),
        variance=variance,
        df=df,
        ms_user=variance * n,
        ms_seed=0.0,
        ms_rest=0.0,
        n_users=n,
        n_seeds=1,
    )

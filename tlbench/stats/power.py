"""Variance components -> what an experiment of some size can see, and what size is needed to see something."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import chdtrc, nctdtr, ndtr

from tlbench.stats.crossed import Components, t_quantile

MOST = 10**9
"""Where more users than this are needed, more users are not the answer."""

NORMAL_FROM = 1e5
"""From so many degrees of freedom on, Student's t is taken as normal (the two differ by less than 1e-5)."""


def power_of_t(effect: float, standard_error: float, df: float, *, alpha: float) -> float:
    """Chance that the two-sided t-test at level `alpha` finds a true mean difference `effect`.

    The noncentral t distribution with noncentrality effect / standard_error (Cohen 1988, ch. 2).

    Parameters
    ----------
    effect
        True difference, in units of the metric.
    standard_error
        Of the estimated difference.
    df
        Degrees of freedom of the error.
    alpha
        Level of the test.

    Returns
    -------
    float
        Chance of a p-value below `alpha`.

    Examples
    --------
    >>> from tlbench.stats.power import power_of_t
    >>> round(power_of_t(0.02, 0.01, 100, alpha=0.05), 3)
    0.508
    """
    if standard_error == 0:
        return 1.0 if effect != 0 else alpha
    shift = abs(effect) / standard_error
    critical = t_quantile(1 - alpha / 2, df)
    return 1 - noncentral(critical, df, shift) + noncentral(-critical, df, shift)


def power_of_tost(margin: float, standard_error: float, df: float, *, alpha: float) -> float:
    """Chance that TOST at level `alpha` shows equivalence within ±margin where the true difference is 0.

    Twice the chance of one side less 1, never below 0 (Phillips 1990, J. Pharmacokin. Biopharm. 18(2)): exact but for
    the two sides' common variance estimate.

    Parameters
    ----------
    margin
        Largest difference that does not matter, in units of the metric.
    standard_error
        Of the estimated difference.
    df
        Degrees of freedom of the error.
    alpha
        Level of the test.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> from tlbench.stats.power import power_of_tost
    >>> round(power_of_tost(0.03, 0.01, 100, alpha=0.05), 3)
    0.818
    """
    if standard_error == 0:
        return 1.0 if margin > 0 else 0.0
    one_side = 1 - noncentral(t_quantile(1 - alpha, df), df, margin / standard_error)
    return max(0.0, 2 * one_side - 1)


def detectable(standard_error: float, df: float, *, alpha: float, power: float = 0.8) -> float:
    """Smallest true difference that the two-sided t-test finds with chance `power`: minimum detectable effect.

    Parameters
    ----------
    standard_error
        Of the estimated difference.
    df
        Degrees of freedom of the error.
    alpha
        Level of the test.
    power
        Chance with which it is found.

    Returns
    -------
    float
        In units of the metric; 0 where nothing varies.

    Examples
    --------
    >>> from tlbench.stats.power import detectable
    >>> round(detectable(0.01, 100, alpha=0.05), 4)
    0.0283
    """
    if standard_error == 0:
        return 0.0
    return standard_error * _least(lambda shift: power_of_t(shift, 1.0, df, alpha=alpha) >= power)


def provable_margin(standard_error: float, df: float, *, alpha: float, power: float = 0.8) -> float:
    """Smallest margin within which TOST shows, with chance `power`, that two equal methods are equivalent.

    Parameters
    ----------
    standard_error
        Of the estimated difference.
    df
        Degrees of freedom of the error.
    alpha
        Level of the test.
    power
        Chance with which equivalence is shown.

    Returns
    -------
    float
        In units of the metric; 0 where nothing varies.

    Examples
    --------
    >>> from tlbench.stats.power import provable_margin
    >>> round(provable_margin(0.01, 100, alpha=0.05), 4)
    0.0295
    """
    if standard_error == 0:
        return 0.0
    return standard_error * _least(lambda margin: power_of_tost(margin, 1.0, df, alpha=alpha) >= power)


def users_to_detect(
    components: Components, effect: float, *, n_seeds: int, alpha: float, power: float = 0.8
) -> int | None:
    """Fewest users with whom a true difference `effect` is found with chance `power`; None where no number does.

    No number does where the seeds alone vary too much: then more seeds are needed.

    Parameters
    ----------
    components
        Variance components, from a pilot.
    effect
        True difference, in units of the metric.
    n_seeds
        Seeds of the planned run.
    alpha
        Level of the test.
    power
        Chance that is asked for.

    Returns
    -------
    int or None
        None where more users alone are never enough.

    Examples
    --------
    >>> from tlbench.stats.crossed import Components
    >>> from tlbench.stats.power import users_to_detect
    >>> users_to_detect(Components(user=0.04, seed=0.0, rest=0.0), 0.01, n_seeds=1, alpha=0.05)
    3142
    """
    return _fewest(
        lambda n: (
            power_of_t(effect, math.sqrt(components.variance(n, n_seeds)), components.degrees(n, n_seeds), alpha=alpha)
            >= power
        )
    )


def users_to_show_equivalence(
    components: Components, margin: float, *, n_seeds: int, alpha: float, power: float = 0.8
) -> int | None:
    """Fewest users with whom two equal methods are shown equivalent within ±margin with chance `power`, or None.

    Parameters
    ----------
    components
        Variance components, from a pilot.
    margin
        Largest difference that does not matter, in units of the metric.
    n_seeds
        Seeds of the planned run.
    alpha
        Level of the test.
    power
        Chance that is asked for.

    Returns
    -------
    int or None
        None where more users alone are never enough.

    Examples
    --------
    >>> from tlbench.stats.crossed import Components
    >>> from tlbench.stats.power import users_to_show_equivalence
    >>> users_to_show_equivalence(Components(user=0.04, seed=0.0, rest=0.0), 0.01, n_seeds=1, alpha=0.05)
    3427
    """
    return _fewest(
        lambda n: (
            power_of_tost(
                margin, math.sqrt(components.variance(n, n_seeds)), components.degrees(n, n_seeds), alpha=alpha
            )
            >= power
        )
    )


def users_to_settle(
    components: Components, margin: float, *, n_seeds: int, alpha: float, power: float = 0.8
) -> int | None:
    """Fewest users with whom both a difference of `margin` would be found and no difference be shown equivalent.

    Made from the margin, never from the observed difference: power at the observed difference only repeats the
    p-value (Hoenig and Heisey 2001, doi:10.1198/000313001300339897).

    Parameters
    ----------
    components
        Variance components, from a pilot.
    margin
        Largest difference that does not matter, in units of the metric.
    n_seeds
        Seeds of the planned run.
    alpha
        Level of the test.
    power
        Chance that is asked for.

    Returns
    -------
    int or None
        None where more users alone are never enough.

    Examples
    --------
    >>> from tlbench.stats.crossed import Components
    >>> from tlbench.stats.power import users_to_settle
    >>> users_to_settle(Components(user=0.04, seed=0.0, rest=0.0), 0.01, n_seeds=1, alpha=0.05)
    3427
    """
    found = users_to_detect(components, margin, n_seeds=n_seeds, alpha=alpha, power=power)
    equal = users_to_show_equivalence(components, margin, n_seeds=n_seeds, alpha=alpha, power=power)
    return None if found is None or equal is None else max(found, equal)


def noncentral(quantile: float, df: float, shift: float) -> float:
    """Distribution function of the noncentral t, by its limits where the series of scipy loses its digits.

    For a shift beyond 30 the numerator hardly varies: T < q says chi2_df > df (shift / q)^2. The chance of a wrong
    sign, T < -q, is below that of a normal variable under -shift; where scipy returns nan for it, it is below 1e-7.
    """
    if df >= NORMAL_FROM or (shift > 30 and df > 1000):
        return float(ndtr((quantile * (1 - 1 / (4 * df)) - shift) / math.sqrt(1 + quantile**2 / (2 * df))))
    if shift > 30:
        return float(chdtrc(df, df * (shift / quantile) ** 2)) if quantile > 0 else 0.0
    value = float(nctdtr(df, shift, quantile))
    return 0.0 if math.isnan(value) and quantile < 0 else value


def _least(enough: Callable[[float], bool]) -> float:
    """Smallest x > 0 with enough(x), to 1e-10 of itself, for a condition that stays true once it is; or infinity."""
    low, high = 0.0, 1.0
    while not enough(high):
        low, high = high, 2 * high
        if high > 1e12:
            return math.inf
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Smallest n >= 2 with enough(n), for a condition that stays true once it is."""
    high = 2
    while not enough(high):
        high *= 2
        if high > MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high

"""Effects of several scenarios -> their average by random-effects meta-analysis, with heterogeneity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tlbench.arrays import F64
from tlbench.errors import TlbenchError
from tlbench.stats.crossed import t_quantile


@dataclass(frozen=True)
class ScenarioEffect:
    """Effect in one scenario with its standard error, both in one unit (a share of the control's mean)."""

    scenario: str
    effect: float
    standard_error: float


@dataclass(frozen=True)
class Pooled:
    """An average effect over scenarios.

    Attributes
    ----------
    effects, weights
        What was averaged, and each one's share of the weight.
    mean, low, high
        Average and its interval at `level`.
    pvalue
        Two-sided p-value of "the average is 0".
    interval
        ``hartung-knapp`` (t, the residuals' own spread) or ``normal`` (DerSimonian-Laird's).
    tau2
        Variance of true effects among scenarios.
    q, q_pvalue, i2
        Cochran's heterogeneity statistic, its p-value, and the share of the spread that is not chance.
    predicted_low, predicted_high
        Interval for the true effect of a further scenario; None with fewer than three.
    level
        Confidence level.
    """

    effects: tuple[ScenarioEffect, ...]
    weights: tuple[float, ...]
    mean: float
    low: float
    high: float
    pvalue: float
    interval: str
    tau2: float
    q: float
    q_pvalue: float
    i2: float
    predicted_low: float | None
    predicted_high: float | None
    level: float


def pool(
    effects: Sequence[ScenarioEffect],
    *,
    interval: Literal["hartung-knapp", "normal"] = "hartung-knapp",
    level: float = 0.95,
) -> Pooled:
    """Average effects of scenarios, allowing for true effects that differ.

    Weights by DerSimonian and Laird (1986, doi:10.1016/0197-2456(86)90046-2); the interval by Hartung and Knapp (2001,
    doi:10.1002/sim.1009), which holds its level with the few scenarios that there are where the normal one is too
    short; both from statsmodels' `combine_effects`. Where the effects happen to lie closer together than chance allows,
    Hartung and Knapp's error is not let fall below the plain one (Knapp and Hartung 2003, doi:10.1002/sim.1482). The
    prediction interval is Higgins, Thompson and Spiegelhalter's (2009, doi:10.1111/j.1467-985X.2008.00552.x), with
    n - 2 degrees of freedom.

    Scenarios count as independent; those that share a target or users are not quite, and the average is then a
    description.

    Parameters
    ----------
    effects
        One per scenario, at least two, with standard errors above 0.
    interval
        ``hartung-knapp`` for few scenarios, ``normal`` for comparison with older work.
    level
        Confidence level.

    Returns
    -------
    Pooled
        The average, its interval, heterogeneity, and where a further scenario would lie.

    Examples
    --------
    >>> from tlbench.stats.meta import ScenarioEffect, pool
    >>> effects = [("a->b", 0.04, 0.01), ("c->b", 0.02, 0.01), ("d->b", 0.03, 0.02)]
    >>> found = pool([ScenarioEffect(*effect) for effect in effects])
    >>> round(found.mean, 4), found.low < 0.03 < found.high
    (0.03, True)
    """
    _check(effects)
    from scipy import stats
    from statsmodels.stats.meta_analysis import combine_effects

    values = np.array([effect.effect for effect in effects])
    variances = np.array([effect.standard_error**2 for effect in effects])
    with np.errstate(divide="ignore"):  # statsmodels divides by Q, which is 0 for equal effects
        found = combine_effects(values, variances, method_re=_method(values, variances), use_t=True)
    mean, n = float(found.mean_effect_re), len(effects)
    hartung_knapp = interval == "hartung-knapp"
    plain = float(found.sd_eff_w_re)
    error = max(float(found.sd_eff_w_re_hksj), plain) if hartung_knapp else plain
    df = float(n - 1) if hartung_knapp else math.inf
    half = t_quantile((1 + level) / 2, df) * error
    pvalue = 1.0 if mean == 0 else float(2 * stats.t.sf(abs(mean) / error, df)) if error > 0 else 0.0
    tau2, q = float(found.tau2), max(float(found.q), 0.0)
    around = t_quantile((1 + level) / 2, n - 2) * math.sqrt(tau2 + plain**2) if n > 2 else None
    weights = found.weights_re / found.weights_re.sum()
    return Pooled(
        effects=tuple(effects),
        weights=tuple(float(weight) for weight in weights),
        mean=mean,
        low=mean - half,
        high=mean + half,
        pvalue=pvalue,
        interval=interval,
        tau2=tau2,
        q=q,
        q_pvalue=float(stats.chi2.sf(q, n - 1)),
        i2=max(0.0, 1 - (n - 1) / q) if q > 0 else 0.0,
        predicted_low=None if around is None else mean - around,
        predicted_high=None if around is None else mean + around,
        level=level,
    )


def _method(values: F64, variances: F64) -> str:
    """DerSimonian and Laird's estimator, but one that floors at 0 where theirs would be negative.

    statsmodels uses a negative estimate as it is, so that weights exceed those of equal true effects; its iterated
    estimator gives exactly 0 there.
    """
    weights = 1 / variances
    q = float((weights * (values - (weights @ values) / weights.sum()) ** 2).sum())
    return "dl" if q > len(values) - 1 else "iterated"


def _check(effects: Sequence[ScenarioEffect]) -> None:
    if len(effects) < 2:
        raise TlbenchError(f"{len(effects)} scenario(s) to average", hint="a meta-analysis needs two or more")
    for effect in effects:
        if not (math.isfinite(effect.effect) and math.isfinite(effect.standard_error) and effect.standard_error > 0):
            raise TlbenchError(
                f"scenario `{effect.scenario}` has effect {effect.effect} with standard error {effect.standard_error}",
                hint="leave scenarios out in which nothing varies, and say so",
            )

"""The test of a mean difference: against scipy, statsmodels and simulation, and on input without spread."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.crossed import Components, mean_of
from tlbench.stats.equivalence import tost
from tlbench.stats.paired import pair_values


def compared(candidate: np.ndarray, control: np.ndarray, alpha: float = 0.05) -> Comparison:
    return compare(pair_values(candidate, control), candidate="a", control="b", metric="ndcg@10", alpha=alpha)


def sides(n_users: int, n_seeds: int, *, name: str = "x") -> tuple[np.ndarray, np.ndarray]:
    rng = stream(0, "test", name)
    user = rng.gamma(1.0, 0.1, size=(n_users, 1))
    control = user + rng.normal(0, 0.02, size=(n_users, n_seeds))
    shift = rng.normal(0.01, 0.05, size=(n_users, 1)) + rng.normal(0, 0.004, size=(1, n_seeds))
    return control + shift + rng.normal(0, 0.02, size=(n_users, n_seeds)), control


def test_one_seed_is_scipys_paired_t() -> None:
    candidate, control = sides(57, 1)
    found, expected = compared(candidate, control), stats.ttest_rel(candidate[:, 0], control[:, 0])
    interval = expected.confidence_interval(0.95)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-10)
    assert found.df == expected.df
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-10)
    assert found.test == "paired t"


def test_mean_squares_are_those_of_statsmodels_two_way_anova() -> None:
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    candidate, control = sides(12, 4)
    difference = candidate - control
    users, seeds = np.indices(difference.shape)
    frame = pd.DataFrame({"d": difference.ravel(), "u": users.ravel(), "s": seeds.ravel()})
    table = anova_lm(ols("d ~ C(u) + C(s)", frame).fit())
    mean = mean_of(difference)
    expected = [float(table["mean_sq"][row]) for row in ("C(u)", "C(s)", "Residual")]
    assert [mean.ms_user, mean.ms_seed, mean.ms_rest] == pytest.approx(expected, rel=1e-9)


def test_degrees_of_freedom_are_satterthwaites_formula_written_out() -> None:
    candidate, control = sides(12, 4)
    mean = mean_of(candidate + np.array([0.0, 0.02, -0.01, 0.01]) - control)
    assert mean.ms_seed > mean.ms_rest
    assert mean.ms_user > mean.ms_rest
    variance = (mean.ms_user + mean.ms_seed - mean.ms_rest) / 48
    spread = (mean.ms_user / 48) ** 2 / 11 + (mean.ms_seed / 48) ** 2 / 3 + (mean.ms_rest / 48) ** 2 / 33
    assert mean.variance == pytest.approx(variance, rel=1e-12)
    assert mean.df == pytest.approx(variance**2 / spread, rel=1e-12)


def test_seeds_that_change_nothing_leave_the_paired_t() -> None:
    candidate, control = sides(40, 1)
    once, thrice = compared(candidate, control), compared(np.repeat(candidate, 3, 1), np.repeat(control, 3, 1))
    assert thrice.pvalue == pytest.approx(once.pvalue, rel=1e-9)
    assert thrice.df == once.df
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), rel=1e-9)


def test_seeds_that_vary_less_than_noise_leave_the_variance_of_the_averaged_values() -> None:
    difference = np.subtract(*sides(30, 3))
    difference = difference - difference.mean(axis=0) + difference.mean()
    mean = mean_of(difference)
    assert mean.components.seed == 0
    assert mean.variance == pytest.approx(difference.mean(axis=1).var(ddof=1) / 30, rel=1e-9)


def test_crossed_variance_components_are_those_of_a_mixed_model_by_reml() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    difference = np.subtract(*sides(40, 6, name="mixed")) * 100
    users, seeds = np.indices(difference.shape)
    frame = pd.DataFrame({"d": difference.ravel(), "u": users.ravel(), "s": seeds.ravel(), "all": 1})
    model = MixedLM.from_formula(
        "d ~ 1", frame, groups="all", re_formula="0", vc_formula={"u": "0+C(u)", "s": "0+C(s)"}
    )
    fitted = model.fit(reml=True, method="lbfgs")
    named = dict(zip(model.exog_vc.names, fitted.vcomp, strict=True))
    components = mean_of(difference).components
    assert components.user == pytest.approx(named["u"], rel=1e-3)
    assert components.seed == pytest.approx(named["s"], rel=1e-3)
    assert components.rest == pytest.approx(fitted.scale, rel=1e-3)
    assert components.variance(40, 6) == pytest.approx(float(fitted.bse_fe.iloc[0]) ** 2, rel=1e-3)


@pytest.mark.parametrize("seed_spread", [0.0, 0.05])
def test_the_crossed_test_holds_its_level_where_averaging_over_seeds_does_not(seed_spread: float) -> None:
    rng = stream(1, "level", str(seed_spread))
    crossed, averaged, rounds = 0, 0, 1500
    for _ in range(rounds):
        difference = rng.normal(0, 1, (400, 1)) + rng.normal(0, seed_spread, (1, 5)) + rng.normal(0, 0.5, (400, 5))
        crossed += mean_of(difference).pvalue() < 0.05
        averaged += stats.ttest_1samp(difference.mean(axis=1), 0).pvalue < 0.05
    assert 0.034 < crossed / rounds < 0.066
    assert (averaged / rounds > 0.066) == (seed_spread > 0)


def test_expected_variance_of_an_experiment_is_the_variance_of_its_mean() -> None:
    rng = stream(2, "expected")
    means = [
        (rng.normal(0, 1, (20, 1)) + rng.normal(0, 0.3, (1, 4)) + rng.normal(0, 0.5, (20, 4))).mean()
        for _ in range(4000)
    ]
    assert Components(1.0, 0.09, 0.25).variance(20, 4) == pytest.approx(np.var(means), rel=0.08)


def test_fiellers_interval_holds_the_ratios_that_the_t_test_does_not_reject() -> None:
    candidate, control = sides(80, 1)
    found = compared(candidate, control)
    for ratio in (found.relative_low, found.relative_high):
        assert ratio is not None
        tested = stats.ttest_rel(candidate[:, 0], (1 + ratio) * control[:, 0])
        assert tested.pvalue == pytest.approx(0.05, abs=1e-9)
    assert found.relative == pytest.approx(candidate.mean() / control.mean() - 1)


@given(st.integers(0, 10_000), st.integers(1, 4))
def test_the_relative_interval_excludes_zero_exactly_when_the_test_rejects(seed: int, n_seeds: int) -> None:
    rng = stream(seed, "agree")
    control = rng.random((9, n_seeds))
    found = compared(control + rng.normal(0.1, 0.2, (9, n_seeds)), control)
    assert (found.pvalue < 0.05) == (found.low > 0 or found.high < 0)
    if found.relative_low is not None and found.relative_high is not None:
        assert (found.pvalue < 0.05) == (found.relative_low > 0 or found.relative_high < 0)


def test_shares_and_d_z_are_counted_over_users() -> None:
    found = compared(np.array([0.5, 0.5, 0.5, 0.0]), np.array([0.0, 0.25, 0.5, 0.5]))
    assert (found.better, found.same, found.worse) == (0.5, 0.25, 0.25)
    difference = np.array([0.5, 0.25, 0.0, -0.5])
    assert found.d_z == pytest.approx(difference.mean() / difference.std(ddof=1))


# --- no spread, few users, odd scales ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_seeds", [1, 3])
def test_no_difference_at_all_has_p_of_one_and_an_interval_of_nothing(n_seeds: int) -> None:
    values = np.full((5, n_seeds), 0.25)
    found = compared(values, values)
    assert (found.pvalue, found.difference, found.low, found.high, found.d_z) == (1.0, 0.0, 0.0, 0.0, 0.0)
    assert (found.relative, found.relative_low, found.relative_high) == (0.0, 0.0, 0.0)


def test_one_user_is_an_error() -> None:
    with pytest.raises(TlbenchError, match="one user"):
        compared(np.array([0.5]), np.array([0.25]))


def test_two_users_are_scipys_paired_t_on_one_degree_of_freedom() -> None:
    candidate, control = np.array([0.5, 0.9]), np.array([0.2, 0.1])
    assert compared(candidate, control).pvalue == pytest.approx(stats.ttest_rel(candidate, control).pvalue)


@pytest.mark.parametrize(("n_users", "expected"), [(2, 0.5), (5, 2.0**-4), (20, 2.0**-19)])
def test_constant_differences_get_the_exact_sign_flip_p(n_users: int, expected: float) -> None:
    control = np.linspace(0.1, 0.3, n_users)
    found = compared(control + 0.1, control)
    assert found.pvalue == expected
    assert found.d_z is None
    assert found.difference == pytest.approx(0.1)


@given(
    arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 3)), elements=st.floats(-1e90, 1e90)),
    arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 3)), elements=st.floats(-1e-90, 1e-90)),
)
def test_any_finite_input_gives_a_valid_comparison_without_a_warning(big: np.ndarray, small: np.ndarray) -> None:
    for values in (big, small):
        found = compared(values, np.zeros_like(values))
        assert 0 <= found.pvalue <= 1
        assert found.low <= found.difference <= found.high
        assert found.better + found.same + found.worse == pytest.approx(1)
        assert found.df > 0
        assert math.isfinite(found.mde)


@given(st.floats(-30, 30), st.integers(0, 1000))
def test_scale_does_not_change_the_p_value(exponent: float, seed: int) -> None:
    rng = stream(seed, "scale")
    candidate, control = rng.random((6, 2)), rng.random((6, 2))
    scale = 2.0 ** round(exponent)
    assert compared(candidate * scale, control * scale).pvalue == pytest.approx(compared(candidate, control).pvalue)


def test_alpha_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(TlbenchError, match="alpha is 5"):
        compared(np.array([0.5, 0.1]), np.array([0.25, 0.1]), alpha=5)


# --- equivalence ------------------------------------------------------------------------------------------------


def test_tost_is_statsmodels_paired_tost() -> None:
    from statsmodels.stats.weightstats import ttost_paired

    candidate, control = sides(300, 1, name="tost")
    pvalue, above, below = ttost_paired(candidate[:, 0], control[:, 0], -0.012, 0.012)
    found = tost(mean_of(candidate - control), 0.012)
    assert (found.pvalue, found.above, found.below) == pytest.approx((pvalue, above[1], below[1]), rel=1e-9)


def test_equivalence_is_shown_exactly_when_the_ninety_per_cent_interval_is_inside() -> None:
    rng = stream(3, "inside")
    for _ in range(200):
        mean = mean_of(rng.normal(0.02, 0.1, (30, 2)))
        low, high = mean.interval(0.90)
        assert (tost(mean, 0.05).pvalue < 0.05) == (low > -0.05 and high < 0.05)


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(TlbenchError, match="margin"):
        tost(mean_of(np.array([[0.1], [0.2]])), -0.1)

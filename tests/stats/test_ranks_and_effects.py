"""Rank tests and sizes of effects: against scipy, statsmodels and literal computations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tlbench.rng import stream
from tlbench.stats.comparison import compare
from tlbench.stats.crossed import mean_of
from tlbench.stats.effects import cohen_dz, effects, rank_biserial, share, superiority
from tlbench.stats.paired import pair_values
from tlbench.stats.ranks import sign, wilcoxon

FEW = st.lists(st.integers(-4, 4), min_size=1, max_size=12)


@given(FEW)
def test_the_sign_test_is_scipys_binomial_test(values: list[int]) -> None:
    array = np.array(values, dtype=np.float64)
    better, worse = int((array > 0).sum()), int((array < 0).sum())
    expected = stats.binomtest(better, better + worse).pvalue if better + worse else 1.0
    found = sign(array)
    assert found.pvalue == pytest.approx(expected, rel=1e-9)
    assert (found.better, found.worse) == (better, worse)


def test_wilcoxon_of_many_tied_users_is_scipys_and_warns() -> None:
    values = stream(1, "tied").integers(-3, 5, size=3000).astype(np.float64)
    expected = stats.wilcoxon(values, zero_method="pratt")
    found = wilcoxon(values)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.warning is not None
    assert wilcoxon(values[:100]).warning is None


@pytest.mark.parametrize("test", [sign, wilcoxon])
def test_no_difference_at_all_has_p_of_one(test) -> None:
    assert test(np.zeros(5)).pvalue == 1.0
    assert test(np.array([0.0])).pvalue == 1.0


# --- effects ----------------------------------------------------------------------------------------------------


def test_the_interval_of_d_z_holds_the_noncentralities_that_scipy_does_not_reject() -> None:
    mean = mean_of(stream(2, "dz").normal(0.4, 1, (25, 1)))
    found = cohen_dz(mean, level=0.95)
    assert found.low is not None
    assert found.high is not None
    t = mean.value / mean.standard_error
    assert stats.nct.sf(t, 24, found.low * 5) == pytest.approx(0.025, abs=1e-6)
    assert stats.nct.cdf(t, 24, found.high * 5) == pytest.approx(0.025, abs=1e-6)


@given(FEW)
def test_rank_biserial_is_the_signed_ranks_written_out(values: list[int]) -> None:
    moved = [value for value in values if value]
    found = rank_biserial(np.array(values, dtype=np.float64), level=0.95)
    if not moved:
        assert found.value == 0
        return
    pairs = list(itertools.combinations_with_replacement(moved, 2))
    expected = sum(np.sign(a + b) for a, b in pairs) / len(pairs)
    assert found.value == pytest.approx(expected)
    if found.low is not None and found.high is not None:
        assert -1 <= found.low <= expected + 1e-12
        assert expected - 1e-12 <= found.high <= 1


def test_superiority_counts_ties_half() -> None:
    found = superiority(np.array([1.0, 1.0, 0.0, -1.0]), level=0.95)
    assert found.value == 0.625
    everybody = superiority(np.ones(50), level=0.95)
    assert everybody.value == 1.0
    assert everybody.low is not None
    assert everybody.low < 1
    assert superiority(np.zeros(5), level=0.95).low == 0.5


@given(st.integers(1, 50), st.integers(0, 50))
def test_shares_have_wilsons_interval(n: int, count: int) -> None:
    found = share("better", min(count, n), n, level=0.95)
    assert (found.low, found.high) == pytest.approx(proportion_confint(min(count, n), n, method="wilson"), abs=1e-9)


def test_all_effects_have_an_interval_around_their_value() -> None:
    rng = stream(3, "all")
    control = rng.random((80, 3))
    paired = pair_values(control + rng.normal(0.1, 0.3, (80, 3)), control)
    found = effects(paired, compare(paired, candidate="a", control="b", metric="m"))
    assert [effect.name for effect in found] == [
        "difference", "relative", "d_z", "Hedges' g", "rank-biserial", "superiority", "better", "same", "worse",
    ]  # fmt: skip
    for effect in found:
        assert effect.value is not None
        assert effect.low is not None
        assert effect.high is not None
        assert effect.low <= effect.value <= effect.high


@pytest.mark.parametrize("values", [np.zeros(6), np.full(6, 0.2), np.array([0.1, 0.3])])
def test_effects_of_values_without_spread_are_defined_or_none(values: np.ndarray) -> None:
    paired = pair_values(values, np.zeros(len(values)))
    for effect in effects(paired, compare(paired, candidate="a", control="b", metric="m")):
        for number in (effect.value, effect.low, effect.high):
            assert number is None or np.isfinite(number)


@pytest.mark.parametrize("effect", [superiority, rank_biserial])
def test_intervals_of_rank_effects_cover_the_truth_as_often_as_they_say(effect) -> None:
    rng = stream(4, "cover", effect.__name__)
    truth = effect(rng.gamma(1.0, 1.0, 400_000) - 0.9, level=0.95).value
    rounds, covered = 800, 0
    for _ in range(rounds):
        found = effect(rng.gamma(1.0, 1.0, 150) - 0.9, level=0.95)
        covered += found.low <= truth <= found.high
    assert covered / rounds == pytest.approx(0.95, abs=0.025)

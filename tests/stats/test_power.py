"""Power and sample size: against statsmodels and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tlbench.rng import stream
from tlbench.stats.crossed import Components, mean_of
from tlbench.stats.equivalence import tost
from tlbench.stats.power import (
    detectable,
    power_of_t,
    power_of_tost,
    users_to_detect,
    users_to_settle,
    users_to_show_equivalence,
)


@pytest.mark.parametrize("n_users", [5, 50, 2000, 300_000])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_power_is_statsmodels_power(n_users: int, alpha: float) -> None:
    from statsmodels.stats.power import TTestPower

    effect = 2.5 / math.sqrt(n_users)
    expected = TTestPower().power(effect, n_users, alpha)
    assert power_of_t(effect, 1 / math.sqrt(n_users), n_users - 1, alpha=alpha) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("effect", [0.02, 0.1, 0.8])
def test_users_to_detect_is_statsmodels_sample_size(effect: float) -> None:
    from statsmodels.stats.power import TTestPower

    expected = TTestPower().solve_power(effect, power=0.8, alpha=0.05)
    assert users_to_detect(Components(1.0, 0.0, 0.0), effect, n_seeds=1, alpha=0.05) == math.ceil(expected)


@pytest.mark.parametrize("df", [1.0, 2.5, 30.0, 1e7])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_the_detectable_effect_has_just_the_power_asked_for(df: float, alpha: float) -> None:
    effect = detectable(0.3, df, alpha=alpha, power=0.8) / 0.3
    critical = stats.t.ppf(1 - alpha / 2, df)
    rng = stream(0, "detectable")
    draws = (rng.normal(size=200_000) + effect) / np.sqrt(rng.chisquare(df, 200_000) / df)
    assert (np.abs(draws) > critical).mean() == pytest.approx(0.8, abs=0.006)


def test_power_of_equivalence_agrees_with_simulation() -> None:
    rng = stream(1, "tost")
    hits = [tost(mean_of(rng.normal(0, 1, (40, 1))), 0.5).pvalue < 0.05 for _ in range(4000)]
    assert power_of_tost(0.5, 1 / math.sqrt(40), 39, alpha=0.05) == pytest.approx(np.mean(hits), abs=0.025)


def test_the_users_that_settle_it_do_settle_it() -> None:
    components = Components(1.0, 0.0, 0.4)
    needed = users_to_settle(components, 0.3, n_seeds=4, alpha=0.05)
    assert needed is not None
    rng = stream(2, "settle")
    found, equal = 0, 0
    for _ in range(2000):
        table = rng.normal(0, 1, (needed, 1)) + rng.normal(0, math.sqrt(0.4), (needed, 4))
        found += mean_of(table + 0.3).pvalue() < 0.05
        equal += tost(mean_of(table), 0.3).pvalue < 0.05
    # a little less than 0.8: the crossed test is on the safe side
    assert found / 2000 > 0.74
    assert equal / 2000 > 0.74


def test_no_number_of_users_settles_what_the_seeds_leave_open() -> None:
    components = Components(user=1.0, seed=0.04, rest=0.1)
    assert users_to_detect(components, 0.01, n_seeds=3, alpha=0.05) is None
    assert users_to_show_equivalence(components, 0.01, n_seeds=3, alpha=0.05) is None
    assert users_to_settle(components, 0.01, n_seeds=3, alpha=0.05) is None


def test_a_margin_of_nothing_is_never_settled() -> None:
    assert users_to_settle(Components(1.0, 0.0, 0.0), 0.0, n_seeds=1, alpha=0.05) is None

"""Many scenarios: ranks over them, averages over them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.meta import ScenarioEffect, pool
from tlbench.stats.scenarios import friedman


def test_friedman_is_scipys_with_ties() -> None:
    values = np.round(stream(3, "friedman").random((9, 4)), 1)
    expected = stats.friedmanchisquare(*values.T)
    found = friedman(values)
    assert (found.statistic, found.pvalue) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


@pytest.mark.parametrize("posthoc", ["nemenyi", "conover"])
def test_ranks_of_clear_and_of_equal_methods_are_defined(posthoc) -> None:
    clear = friedman(np.tile([3.0, 2.0, 1.0], (5, 1)), posthoc=posthoc)
    assert clear.mean_ranks.tolist() == [1, 2, 3]
    assert clear.f_pvalue == 0
    assert np.isfinite(clear.pairs).all()
    equal = friedman(np.ones((5, 3)), posthoc=posthoc)
    assert equal.pvalue == 1.0
    assert (equal.pairs == 1).all()


def test_ranks_refuse_what_cannot_be_ranked() -> None:
    with pytest.raises(TlbenchError, match="shape"):
        friedman(np.ones((1, 3)))
    with pytest.raises(TlbenchError, match="not finite"):
        friedman(np.array([[1.0, np.nan], [1.0, 2.0]]))


def test_equal_scenarios_average_like_one_and_show_no_heterogeneity() -> None:
    found = pool([ScenarioEffect(str(i), 0.03, 0.01) for i in range(4)])
    assert found.mean == pytest.approx(0.03)
    assert found.tau2 == 0
    assert found.i2 == 0
    assert found.weights == pytest.approx([0.25] * 4)
    normal = pool([ScenarioEffect(str(i), 0.03, 0.01) for i in range(4)], interval="normal")
    assert normal.high - normal.mean == pytest.approx(1.959964 * 0.005, rel=1e-6)


def test_hartung_knapp_covers_where_the_normal_interval_is_too_short() -> None:
    rng = stream(4, "meta")
    covered = {"hartung-knapp": 0, "normal": 0}
    for _ in range(600):
        true = rng.normal(0.02, 0.02, 5)
        effects = [ScenarioEffect(str(i), x + rng.normal(0, 0.01), 0.01) for i, x in enumerate(true)]
        for kind in covered:
            found = pool(effects, interval=kind)  # type: ignore[arg-type]
            covered[kind] += found.low <= 0.02 <= found.high
    assert covered["hartung-knapp"] / 600 == pytest.approx(0.95, abs=0.03)
    assert covered["normal"] / 600 < 0.92


def test_an_average_of_one_scenario_or_without_error_is_refused() -> None:
    with pytest.raises(TlbenchError, match="1 scenario"):
        pool([ScenarioEffect("a", 0.1, 0.1)])
    with pytest.raises(TlbenchError, match="scenario `b`"):
        pool([ScenarioEffect("a", 0.1, 0.1), ScenarioEffect("b", 0.1, 0.0)])

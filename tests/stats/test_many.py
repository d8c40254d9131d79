"""Many candidates and scenarios: Dunnett, letters, ranks over scenarios, averages over scenarios."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.compact_letters import all_pairs, compact_letters
from tlbench.stats.comparison import compare
from tlbench.stats.dunnett import adjust_many_to_one, many_to_one_pvalues
from tlbench.stats.meta import ScenarioEffect, pool
from tlbench.stats.paired import pair_values
from tlbench.stats.scenarios import friedman


def test_many_to_one_is_scipys_dunnett_for_independent_groups() -> None:
    rng = stream(0, "dunnett")
    control = rng.normal(0, 1, 20)
    groups = [rng.normal(shift, 1, 20) for shift in (0.3, 0.7, 0.9)]
    expected = stats.dunnett(*groups, control=control, rng=np.random.default_rng(0))
    correlation = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    found = many_to_one_pvalues(np.abs(expected.statistic), correlation, 76, rng=stream(0, "draws"))
    assert found == pytest.approx(expected.pvalue, abs=0.004)


def test_many_to_one_of_paired_candidates_is_the_joint_t_of_scipy() -> None:
    rng = stream(1, "joint")
    control, shared = rng.random(200), rng.normal(size=200)
    sides = [control + 0.02 + 0.1 * shared + 0.05 * rng.normal(size=200) for _ in range(3)]
    pairs = [pair_values(side, control) for side in sides]
    raw = [compare(p, candidate=str(i), control="b", metric="m") for i, p in enumerate(pairs)]
    found = adjust_many_to_one(raw, pairs, rng=stream(0, "draws"))
    correlation = np.corrcoef([p.difference[:, 0] for p in pairs])
    for comparison in found:
        bound = np.full(3, abs(comparison.difference) / comparison.standard_error)
        joint = stats.multivariate_t(shape=correlation, df=199, seed=0)
        assert comparison.adjusted == pytest.approx(1 - joint.cdf(bound, lower_limit=-bound), abs=0.004)
        assert comparison.adjusted >= comparison.pvalue


def test_many_to_one_refuses_more_than_one_control_and_other_users() -> None:
    pairs = [pair_values(np.array([0.1, 0.2, 0.4]), np.zeros(3)) for _ in range(2)]
    raw = [compare(p, candidate="a", control=name, metric="m") for p, name in zip(pairs, "bc", strict=True)]
    with pytest.raises(TlbenchError, match="more than one control"):
        adjust_many_to_one(raw, pairs, rng=stream(0, "draws"))
    other = [pairs[0], pair_values(np.array([0.1, 0.3]), np.zeros(2))]
    same = [compare(p, candidate="a", control="b", metric="m") for p in other]
    with pytest.raises(TlbenchError, match="different users"):
        adjust_many_to_one(same, other, rng=stream(0, "draws"))


@given(st.integers(2, 6), st.data())
def test_two_methods_share_a_letter_exactly_when_they_cannot_be_told_apart(n: int, data: st.DataObject) -> None:
    names = [f"m{i}" for i in range(n)]
    pairs = list(itertools.combinations(names, 2))
    differ = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    letters = compact_letters(names, differ)
    for one, two in pairs:
        assert bool(set(letters[one]) & set(letters[two])) == ((one, two) not in differ)


def test_a_chain_of_methods_overlaps_in_its_middle() -> None:
    assert compact_letters(["best", "middle", "last"], [("best", "last")]) == {
        "best": "a", "middle": "ab", "last": "b",
    }  # fmt: skip
    assert compact_letters(["a", "b"], []) == {"a": "a", "b": "a"}


def test_all_pairs_gives_letters_best_first() -> None:
    rng = stream(2, "pairs")
    base = rng.random(300)
    values = {"low": base, "high": base + 0.2 + 0.01 * rng.normal(size=300), "mid": base + 0.001 * rng.normal(size=300)}
    found = all_pairs(values, metric="ndcg@10")
    assert next(iter(found.means)) == "high"
    assert found.letters["high"] == "a"
    assert found.letters["low"] == found.letters["mid"] == "b"
    assert {c.family for c in found.comparisons} == {3}
    assert all(c.difference >= 0 for c in found.comparisons)
    with pytest.raises(TlbenchError, match="1 methods"):
        all_pairs({"one": base}, metric="ndcg@10")


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

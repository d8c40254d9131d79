"""Whole-run measures of two sides are compared group by group of left-out users, with positive as better."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tlbench.errors import NotComparable, TlbenchError
from tlbench.evaluation import Cell, RunResult
from tlbench.metrics import aggregate  # noqa: F401
from tlbench.stats.aggregates import aggregate_values, compare_aggregate
from tlbench.stats.equivalence import tost

USERS = 60


def run(measured, *, name="gini@10", seed=0, digest="d", method="ease"):
    table = None if measured is None else pd.DataFrame({name: measured})
    values = pd.DataFrame({"ndcg@10": np.zeros(USERS)}, index=[f"u{u}" for u in range(USERS)])
    return RunResult(Cell("a->b", method, {}, seed), digest, values, {}, 0, {}, table)


def of_means(values):
    """A mean over users, and the means without each: a measure of which the jackknife is exact."""
    values = np.asarray(values, dtype=float)
    return np.concatenate([[values.mean()], (values.sum() - values) / (len(values) - 1)])


@pytest.fixture
def columns():
    rng = np.random.default_rng(5)
    control = rng.uniform(0.2, 0.6, USERS)
    return control + rng.normal(0.03, 0.08, USERS), control


@pytest.mark.parametrize(("name", "sign"), [("coverage@10", 1), ("gini@10", -1)])
def test_of_a_mean_it_is_the_paired_t_test_and_less_inequality_is_positive(columns, name, sign):
    new, old = columns
    found = compare_aggregate([run(of_means(new), name=name)], [run(of_means(old), name=name)], name)
    expected = stats.ttest_rel(new, old)
    ends = expected.confidence_interval()
    assert found.pvalue == pytest.approx(expected.pvalue)
    assert found.difference == pytest.approx(sign * (new - old).mean())
    assert sorted([found.low, found.high]) == pytest.approx(sorted([sign * ends.low, sign * ends.high]))
    assert (found.candidate_mean, found.control_mean) == pytest.approx((new.mean(), old.mean()))
    assert found.relative == pytest.approx(sign * (new - old).mean() / old.mean())
    assert found.relative_low < found.relative < found.relative_high
    assert np.isnan([found.better, found.same, found.worse]).all()
    above = stats.ttest_1samp(sign * (new - old), -0.01, alternative="greater").pvalue
    assert tost(found.mean, 0.01).above == pytest.approx(above)


def test_groups_speak_for_all_their_users(columns):
    new, old = columns
    groups = [of_means(side.reshape(20, 3).mean(axis=1)) for side in (new, old)]
    found = compare_aggregate([run(groups[0])], [run(groups[1])], "gini@10")
    assert found.n_users == USERS
    assert found.df == 19
    assert found.mean.components.variance(USERS, 1) == pytest.approx(found.standard_error**2)


def test_what_both_sides_owe_to_the_same_users_cancels_out():
    shared = np.random.default_rng(0).normal(0.4, 0.1, USERS)
    found = compare_aggregate([run(of_means(shared + 0.05))], [run(of_means(shared))], "gini@10")
    assert found.high - found.low == pytest.approx(0, abs=1e-9)
    assert found.difference == pytest.approx(-0.05)


def test_seeds_are_averaged_and_a_single_run_stands_for_all():
    few = [run(of_means(np.linspace(0, level, USERS)), seed=seed) for seed, level in enumerate((0.2, 0.6))]
    found = compare_aggregate(few, [run(of_means(np.zeros(USERS)))], "gini@10")
    assert found.candidate_mean == pytest.approx(0.2)
    assert found.n_seeds == 2
    assert aggregate_values(few)["gini@10"].value == pytest.approx(0.2)


def test_runs_on_other_splits_or_without_the_metric_are_not_comparable():
    some = of_means(np.linspace(0, 1, USERS))
    with pytest.raises(NotComparable, match="different splits"):
        compare_aggregate([run(some)], [run(some, digest="e")], "gini@10")
    with pytest.raises(NotComparable, match="has no `gini@10`"):
        compare_aggregate([run(some)], [run(None)], "gini@10")
    three, two = ([run(some, seed=seed) for seed in range(n)] for n in (3, 2))
    with pytest.raises(NotComparable, match="3 seeds and the control 2"):
        compare_aggregate(three, two, "gini@10")


def test_a_results_folder_gives_back_what_was_measured_of_the_whole_run(tmp_path):
    from tlbench.store.results import ResultsFolder

    table = pd.DataFrame({"coverage@10": np.linspace(0, 1, 201)}, index=pd.RangeIndex(201, name="without"))
    values = pd.DataFrame({"ndcg@10": [0.5]}, index=pd.Index(["u"], name="user", dtype=object))
    result = RunResult(Cell("demo-movies->demo-books", "ease", {}, 0), "d", values, {"ndcg@10": 0.5}, 0, {}, table)
    folder = ResultsFolder(tmp_path)
    folder.write_run(result, "address")
    pd.testing.assert_frame_equal(folder.read_run(result.cell).aggregates, table)
    older = RunResult(result.cell, "d", values, {"ndcg@10": 0.5}, 0, {}, table.rename_axis("draw"))
    folder.write_run(older, "address")  # bootstrap draws, as they were once kept
    with pytest.raises(TlbenchError, match="has no column `without`"):
        folder.read_run(result.cell)
    folder.write_run(RunResult(result.cell, "d", values, {"ndcg@10": 0.5}, 0), "address")
    assert folder.read_run(result.cell).aggregates is None

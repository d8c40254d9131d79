"""Whole-run measures of two sides are subtracted draw by draw, with positive as better."""

import numpy as np
import pandas as pd
import pytest

from tlbench.errors import NotComparable
from tlbench.evaluate import Cell, RunResult
from tlbench.metrics import overall  # noqa: F401
from tlbench.stats.overall import overall_difference


def run(draws, *, name="gini@10", seed=0, digest="d"):
    table = None if draws is None else pd.DataFrame({name: draws})
    return RunResult(Cell("a->b", "m", {}, seed), digest, pd.DataFrame(), {}, 0, {}, table)


def test_less_inequality_and_more_coverage_are_both_positive():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 201)
    low, high = 0.3 + noise, 0.5 + noise
    found = overall_difference([run(low)], [run(high)], "gini@10")
    assert found.difference.value == pytest.approx(0.2)
    more = overall_difference([run(high, name="coverage@5")], [run(low, name="coverage@5")], "coverage@5")
    assert more.difference.value == pytest.approx(0.2)


def test_what_both_sides_owe_to_the_same_users_cancels_out():
    noise = np.random.default_rng(0).normal(0, 0.1, 201)
    found = overall_difference([run(0.3 + noise)], [run(0.5 + noise)], "gini@10")
    assert found.candidate.high - found.candidate.low > 0.3
    assert found.difference.high - found.difference.low == pytest.approx(0, abs=1e-12)


def test_seeds_are_averaged():
    found = overall_difference(
        [run(np.full(201, 0.1)), run(np.full(201, 0.3), seed=1)], [run(np.zeros(201))], "gini@10"
    )
    assert found.candidate.value == pytest.approx(0.2)


def test_runs_on_other_splits_or_without_the_metric_are_not_comparable():
    draws = np.zeros(201)
    with pytest.raises(NotComparable, match="different splits"):
        overall_difference([run(draws)], [run(draws, digest="e")], "gini@10")
    with pytest.raises(NotComparable, match="has no `gini@10`"):
        overall_difference([run(draws)], [run(None)], "gini@10")


def test_a_results_folder_gives_back_what_was_measured_of_the_whole_run(tmp_path):
    from tlbench.store.results import ResultsFolder

    draws = pd.DataFrame({"coverage@10": np.linspace(0, 1, 201)}, index=pd.RangeIndex(201, name="draw"))
    values = pd.DataFrame({"ndcg@10": [0.5]}, index=pd.Index(["u"], name="user", dtype=object))
    result = RunResult(Cell("demo-movies->demo-books", "ease", {}, 0), "d", values, {"ndcg@10": 0.5}, 0, {}, draws)
    folder = ResultsFolder(tmp_path)
    folder.write_run(result, "address")
    pd.testing.assert_frame_equal(folder.read_run(result.cell).overall, draws)
    folder.write_run(RunResult(result.cell, "d", values, {"ndcg@10": 0.5}, 0), "address")
    assert folder.read_run(result.cell).overall is None

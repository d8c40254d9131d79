"""Baselines: what is accepted comes back exactly, hides users' ids, and pairs with results user by user."""

import json

import numpy as np
import pytest

from tlbench.analysis.compare import ComparedSide, compare_results
from tlbench.analysis.regression import ChangeOutcome
from tlbench.errors import TlbenchError
from tlbench.pipeline import accept_results
from tlbench.store.baseline import hide_users, is_baseline, read_baseline
from tlbench.store.results import ResultsFolder

SCENARIO = "demo-movies->demo-books"


@pytest.fixture
def accepted(tmp_path, make_results, values):
    results = make_results(tmp_path / "results", {SCENARIO: {"ease": values(spread=0), "ials": values(seeds=3)}})
    accept_results(results, tmp_path / "baseline")
    return results, tmp_path / "baseline"


def test_values_come_back_exactly(accepted):
    results, baseline = accepted
    runs = read_baseline(baseline).runs[SCENARIO]
    stored = ResultsFolder(results).read_scenario(SCENARIO).runs
    assert [run.cell for run in runs] == [run.cell for run in stored]
    for run, before in zip(runs, stored, strict=True):
        hidden = hide_users(before).values.sort_index()
        np.testing.assert_array_equal(run.values.to_numpy(), hidden.to_numpy())
        assert list(run.values.index) == list(hidden.index)


def test_no_user_id_is_in_the_files(accepted):
    _, baseline = accepted
    users = read_baseline(baseline).runs[SCENARIO][0].values.index
    assert all(len(user) == 16 and int(user, 16) >= 0 for user in users)
    assert len(set(users)) == 400


def test_results_equal_to_the_baseline_are_equivalent(accepted):
    results, baseline = accepted
    for change in compare_results(ComparedSide(baseline), ComparedSide(results)):
        assert change.outcome is ChangeOutcome.EQUIVALENT
        assert change.reason == "no user's value differs"


def test_hashed_users_are_paired_as_the_open_ones_are(tmp_path, accepted, make_results, values):
    results, baseline = accepted
    new = make_results(tmp_path / "new", {SCENARIO: {"ease": values(0.01, spread=0.03), "ials": values(seeds=3)}})
    hidden, open_ = (compare_results(ComparedSide(old), ComparedSide(new)) for old in (baseline, results))
    for one, other in zip(hidden, open_, strict=True):
        assert one.comparison.difference == pytest.approx(other.comparison.difference, abs=1e-15)
        assert one.comparison.pvalue == pytest.approx(other.comparison.pvalue, rel=1e-9)


def test_accepting_twice_writes_the_same_bytes(tmp_path, accepted):
    results, baseline = accepted
    before = {path.name: path.read_bytes() for path in baseline.iterdir()}
    accept_results(results, baseline)
    assert {path.name: path.read_bytes() for path in baseline.iterdir()} == before
    assert set(before) == {"baseline.json", "demo-movies--demo-books.parquet"}


def test_half_a_suite_is_not_accepted(tmp_path, accepted):
    results, _ = accepted
    next(results.rglob("ials/*/*/seed-1.json")).unlink()
    with pytest.raises(TlbenchError, match="not complete: ials seed 1"):
        accept_results(results, tmp_path / "other")
    assert not is_baseline(tmp_path / "other")


def test_a_baseline_of_another_schema_is_refused(accepted):
    _, baseline = accepted
    record = baseline / "baseline.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "schema": 99}))
    with pytest.raises(TlbenchError, match="schema 99"):
        read_baseline(baseline)


def test_a_damaged_baseline_is_refused(accepted):
    _, baseline = accepted
    (baseline / "demo-movies--demo-books.parquet").write_bytes(b"PAR1")
    with pytest.raises(TlbenchError, match="is damaged"):
        read_baseline(baseline)

"""All folds of a split are run, pooled and judged together; every user counts once."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.pipeline import forecast_suite, read_findings, read_report, run_suite, verify_suite
from tlbench.store.results import ResultsFolder

SCENARIO = "tiny-a->tiny-b"


def results(folder):
    return ResultsFolder(folder).read_scenario(SCENARIO)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, tiny_suite):
    """One results folder per way of dealing out, three folds each, with two seeds of what draws."""
    made = {}
    for protocol in ("k-fold:3", "user-fold:3"):
        made[protocol] = tmp_path_factory.mktemp("folds") / "out"
        run_suite(tiny_suite(protocol=protocol, seeds=2, metrics=("ndcg@10", "hit@5")), made[protocol])
    return made


def of_fold(folder, fold):
    return [run for run in results(folder).by_fold if run.cell.fold == fold]


@pytest.mark.parametrize("protocol", ["k-fold:3", "user-fold:3"])
def test_a_users_value_is_the_average_over_the_folds_that_judge_the_user(folders, protocol):
    pooled = results(folders[protocol])
    for run in pooled.runs:
        parts = [
            one.values for one in pooled.by_fold if (one.cell.method, one.cell.seed) == (run.cell.method, run.cell.seed)
        ]
        assert len(parts) == 3
        everyone = sorted({user for part in parts for user in part.index})
        assert run.values.index.tolist() == everyone
        for user in everyone:
            own = [part.loc[user] for part in parts if user in part.index]
            np.testing.assert_allclose(run.values.loc[user], pd.concat(own, axis=1).mean(axis=1))
    assert {(run.cell.method, run.cell.seed) for run in pooled.runs} >= {("tiny-noise", 0), ("tiny-noise", 1)}


def test_folds_of_users_judge_each_user_once_and_folds_of_interactions_each_interaction_once(folders):
    judged = [user for fold in (1, 2, 3) for user in of_fold(folders["user-fold:3"], fold)[0].values.index]
    assert len(judged) == len(set(judged)) == len(results(folders["user-fold:3"]).runs[0].values)
    counts = results(folders["k-fold:3"]).counts
    assert counts.test_interactions == counts.target.interactions
    assert counts.judged_users == 60
    assert counts.protocol == "k-fold:3"


def test_the_verdict_is_over_all_users_and_reports_are_those_of_any_run(folders):
    folder = folders["k-fold:3"]
    (found,) = read_findings(folder).scenarios
    (judgement,) = found.judgements
    assert judgement.best_baseline.comparison.n_users == 60
    assert read_report(folder).evidence.scenarios
    printed = CliRunner().invoke(app, ["report", str(folder), "--verbose"])
    assert printed.exit_code == 0, printed.output
    assert "protocol k-fold:3" in printed.stdout
    compared = CliRunner().invoke(app, ["compare", f"{folder}::popularity", f"{folder}::tiny-noise"])
    assert "regressed" in compared.stdout


def test_a_second_run_fits_nothing(tmp_path, tiny_suite, monkeypatch):
    monkeypatch.setenv("TINY_LOG", str(tmp_path / "log"))
    suite = tiny_suite(protocol="user-fold:3", methods=("pooled-item-knn",))
    first = run_suite(suite, tmp_path / "out")
    again = run_suite(suite, tmp_path / "out")
    assert (tmp_path / "log").read_text().split() == ["tiny-noise"] * 6  # to choose among methods, and to be judged
    assert again.scenarios[0].judgements == first.scenarios[0].judgements


def test_what_fails_in_a_fold_is_failed_with_the_reason(tmp_path, tiny_suite):
    found = run_suite(tiny_suite(protocol="k-fold:3", baselines=("popularity", "tiny-broken")), tmp_path / "out")
    assert found.failed
    assert found.scenarios[0].failed == {"tiny-broken seed 0": "in fold 1: ZeroDivisionError: one by nought"}


def test_parameters_that_were_tuned_in_every_fold_are_kept_by_fold(tmp_path, tiny_suite):
    suite = tiny_suite(protocol="user-fold:3", baselines=("tiny-tuned",), tune=3)
    run_suite(suite, tmp_path / "out")
    found = results(tmp_path / "out")
    (run,) = found.of("tiny-tuned")
    own = [dict(of.cell.parameters) for of in found.by_fold if of.cell.method == "tiny-tuned"]
    expected = own[0] if own[0] == own[1] == own[2] else dict(zip(("fold 1", "fold 2", "fold 3"), own, strict=True))
    assert dict(run.cell.parameters) == expected
    tuned = {tuning.label: tuning.best.parameters for tuning in found.tunings if tuning.method == "tiny-tuned"}
    assert list(tuned) == [f"tiny-tuned (fold {fold})" for fold in (1, 2, 3)]
    assert list(tuned.values()) == own


def test_metrics_of_a_whole_run_are_averaged_over_the_folds_with_what_is_left_out(tmp_path, tiny_suite):
    run_suite(tiny_suite(protocol="k-fold:3", metrics=("ndcg@10", "coverage@10")), tmp_path / "out")
    found = results(tmp_path / "out")
    (run,) = found.of("popularity")
    own = [of.aggregates["coverage@10"] for of in found.by_fold if of.cell.method == "popularity"]
    np.testing.assert_allclose(run.aggregates["coverage@10"], np.mean(own, axis=0))
    assert "coverage@10" in read_findings(tmp_path / "out").scenarios[0].methods[0].aggregates


def test_cells_of_any_fold_are_computed_again_and_counted_before_a_run(tmp_path, tiny_suite, plugin):
    suite = tiny_suite(protocol="k-fold:3", methods=("pooled-item-knn",))
    (before,) = forecast_suite(suite, tmp_path / "out")
    assert (before.cells, before.done) == (12, 0)
    run_suite(suite, tmp_path / "out")
    (after,) = forecast_suite(suite, tmp_path / "out")
    assert (after.cells, after.done) == (12, 12)
    checks = list(verify_suite(tmp_path / "out", cells=12))
    assert {check.cell.fold for check in checks} == {1, 2, 3}
    assert all(check.agrees for check in checks)


def test_every_fold_is_exported_to_a_folder_of_its_own_that_reads_back(tmp_path, plugin):
    arguments = ["split", "demo-movies->demo-books", "--protocol", "k-fold:3", "--export", str(tmp_path / "split")]
    written = CliRunner().invoke(app, arguments)
    assert written.exit_code == 0, written.output
    digests = written.stdout.split()
    assert len(digests) == 3
    for fold, digest in enumerate(digests, start=1):
        again = ["split", "demo-movies->demo-books", "--protocol", f"given:{tmp_path}/split/fold-{fold}"]
        read = CliRunner().invoke(app, [*again, "--export", str(tmp_path / f"again-{fold}")])
        assert read.stdout.split() == [digest]

"""Placebos are run for methods that beat their counterparts, whenever the run was stopped in between."""

import json

import polars as pl
import pytest

from tlbench.execute import tasks
from tlbench.pipeline import read_findings, run_suite
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.grammar import parse_scenario
from tlbench.store.results import ResultsFolder
from tlbench.suite import Suite

SCENARIO = "demo-movies->demo-books"
HELPS, OPEN = "pooled-item-knn", "codebook"
PLACEBO = f"{HELPS}~shuffled-bridge"


@pytest.fixture(scope="module", autouse=True)
def registered():
    register_all()


def suite_of(**changes):
    chosen = {"methods": (HELPS, OPEN), "baselines": ("popularity",), "protocol": "ratio", **changes}
    return Suite(name="gate", scenarios=(parse_scenario(SCENARIO),), **chosen)


def labels(folder):
    return {run.cell.label for run in ResultsFolder(folder).read_scenario(SCENARIO).runs}


@pytest.fixture(scope="module")
def by_default(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gate") / "out"
    run_suite(suite_of(), folder)
    return folder


@pytest.fixture
def fitted(monkeypatch):
    """Labels of the cells that are computed, in their order."""
    seen = []
    real = tasks.evaluate

    def noting(split, cell, **options):
        seen.append(cell.label)
        return real(split, cell, **options)

    monkeypatch.setattr(tasks, "evaluate", noting)
    return seen


def test_only_what_beats_its_counterpart_is_asked(by_default):
    (found,) = read_findings(by_default).scenarios
    assert str(found.judgement(HELPS).outcome) == "helps"
    assert str(found.judgement(OPEN).counterpart.outcome) != "helps"
    assert {label for label in labels(by_default) if "~" in label} == {PLACEBO}
    assert not found.missing


def test_the_verdict_is_the_one_that_all_placebos_give(by_default, tmp_path):
    every = run_suite(suite_of(placebo=True), tmp_path / "all")
    some = read_findings(by_default)
    assert labels(tmp_path / "all") - labels(by_default) == {f"{OPEN}~{METHODS.get(OPEN).placebo}"}
    for one, other in zip(some.scenarios[0].judgements, every.scenarios[0].judgements, strict=True):
        assert one.outcome == other.outcome
        assert one.counterpart == other.counterpart
    ours, theirs = (found.scenarios[0].judgement(HELPS).placebo for found in (some, every))
    assert ours == theirs


def test_no_placebo_is_run_where_none_is_wanted(tmp_path):
    findings = run_suite(suite_of(methods=(HELPS,), placebo=False), tmp_path / "out")
    assert not any("~" in label for label in labels(tmp_path / "out"))
    assert str(findings.scenarios[0].judgement(HELPS).outcome) == "gain not attributed"


def test_a_finished_run_fits_and_asks_nothing_again(by_default, fitted, monkeypatch):
    import tlbench.pipeline

    monkeypatch.setattr(tlbench.pipeline, "gains_shown", lambda suite, result: pytest.fail("asked again"))
    run_suite(suite_of(), by_default)
    assert fitted == []


def test_a_run_that_is_killed_before_its_placebos_goes_on_with_them(by_default, tmp_path, fitted, monkeypatch):
    import tlbench.pipeline

    def killed(suite, result):
        raise KeyboardInterrupt

    gate = tlbench.pipeline.gains_shown
    monkeypatch.setattr(tlbench.pipeline, "gains_shown", killed)
    with pytest.raises(KeyboardInterrupt):
        run_suite(suite_of(), tmp_path / "out")
    assert PLACEBO not in labels(tmp_path / "out")
    monkeypatch.setattr(tlbench.pipeline, "gains_shown", gate)
    run_suite(suite_of(), tmp_path / "out")
    assert fitted[-1] == PLACEBO
    assert fitted.count(HELPS) == 1
    before, after = (read_findings(folder).scenarios[0].judgements for folder in (by_default, tmp_path / "out"))
    assert before == after


def test_a_stricter_level_asks_of_fewer_and_a_milder_one_finds_their_cells_again(tmp_path, fitted):
    out, strict = tmp_path / "out", suite_of(alpha=1e-30, correction="bonferroni")
    run_suite(suite_of(), out)
    run_suite(strict, out)
    assert not any("~" in label for label in labels(out))
    del fitted[:]
    run_suite(suite_of(), out)
    assert fitted == []
    assert PLACEBO in labels(out)


def test_only_placebos_that_are_asked_are_tuned(tmp_path):
    out = tmp_path / "out"
    run_suite(suite_of(tune=2, methods=(HELPS, OPEN)), out)
    table = pl.read_parquet(out / "demo-movies--demo-books" / "tuning.parquet")
    tuned = {(row["method"], row["placebo"]) for row in table.iter_rows(named=True)}
    asked = {run.cell.method for run in ResultsFolder(out).read_scenario(SCENARIO).runs if run.cell.placebo}
    assert {method for method, placebo in tuned if placebo} == asked == {HELPS}
    assert (OPEN, None) in tuned
    run = next(run for run in ResultsFolder(out).read_scenario(SCENARIO).runs if run.cell.label == PLACEBO)
    best = table.filter(pl.col("best") & (pl.col("placebo") == "shuffled-bridge"))["parameters"][0]
    assert dict(run.cell.parameters) == json.loads(best)

"""From planted twins to every report: what helped by a leak helps no more, and what helped without one still does."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from fixtures.planted_twins import plant_twins
from typer.testing import CliRunner

from tlbench.analysis.compare import ComparedSide, compare_results
from tlbench.analysis.regression import Gate
from tlbench.analysis.verdict import Finding, Outcome
from tlbench.cli.app import app
from tlbench.data.synthetic import make_domains
from tlbench.pipeline import read_report, run_suite
from tlbench.plugins import register_all
from tlbench.registry import DATASETS, DatasetEntry
from tlbench.report.as_json import as_json
from tlbench.report.changes import gate_as_json, gate_as_markdown, headline
from tlbench.report.document import Report
from tlbench.report.junit import findings_as_junit, gate_as_junit
from tlbench.report.markdown import as_markdown
from tlbench.report.page.build import as_html
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.protocol import Protocol
from tlbench.suite import Suite

METHODS = ("pooled-item-knn", "knn-transfer")
LEAK = "SOURCE LEAKS THE TEST"


def domains(rho, *, seed=3):
    """Source and target of users with short histories; no times, ratings and texts, which tell twins too easily."""
    made = make_domains(rho=rho, n_users=500, n_items=600, history=8.0, sharpness=2.0, seed=seed)
    return [replace(one, timestamp=None, rating=None, rating_scale=None, item_table=None) for one in made]


def judged(source, target, out, *, twins="drop", methods=METHODS, protocol="k-fold:3", k_core=1):
    """Run methods on two domains and judge them."""
    register_all()
    for name, domain in (("planted-source", source), ("planted-target", target)):
        DATASETS.replace(DatasetEntry(name, lambda domain=domain: domain, domain.user_ids, "", ""))
    suite = Suite(
        name="planted",
        scenarios=(parse_scenario("planted-source->planted-target"),),
        methods=methods,
        baselines=("popularity",),
        metrics=("ndcg@10",),
        protocol=None if protocol is None else Protocol.parse(protocol),
        links="none",
        placebo=True,
        users="warm",
        twins=twins,
        k_core=k_core,
    )
    try:
        return run_suite(suite, out)
    finally:
        for name in ("planted-source", "planted-target"):
            del DATASETS._entries[name]


def gain(findings, method):
    return findings.scenarios[0].judgement(method).counterpart.comparison


def over_placebo(findings, method):
    return findings.scenarios[0].judgement(method).placebo.comparison.relative


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    """Nothing to transfer (rho = 0), but a third of the target's items stand in the source too: kept and dropped."""
    source, target = domains(0.0)
    planted, pairs = plant_twins(source, target, share=1 / 3, kept=0.9)
    folder = tmp_path_factory.mktemp("leaking")
    kept = judged(planted, target, folder / "kept", twins="keep")
    return folder, kept, judged(planted, target, folder / "dropped"), pairs


def test_twins_help_on_the_numbers_and_no_verdict_says_so(leaking):
    _, kept, _, _ = leaking
    for method in METHODS:
        comparison = gain(kept, method)
        assert comparison.relative > 0.5
        assert over_placebo(kept, method) > 0.5
        assert comparison.adjusted < 0.001
        judgement = kept.scenarios[0].judgement(method)
        assert judgement.outcome is Finding.LEAKS
        verdicts = (judgement.counterpart, judgement.best_baseline, judgement.placebo)
        assert Outcome.HELPS not in {verdict.outcome for verdict in verdicts if verdict is not None}


def test_without_them_no_method_helps(leaking):
    _, _, dropped, pairs = leaking
    found = dropped.scenarios[0]
    assert Finding.HELPS not in {judgement.outcome for judgement in found.judgements}
    assert found.counts.twins[0].items > 0.7 * len(pairs)  # the others have one shared user or none
    assert found.counts.exposed_share > 0.15
    assert not found.counts.source_leaks


def test_the_gain_is_traced_to_the_twins(leaking):
    _, kept, dropped, _ = leaking
    parts = kept.scenarios[0].twin_parts
    for method, found in parts.items():
        assert found.through_twins.relative > 0.8 * found.gain.relative > 0.4
        assert abs(found.removal.relative) < 0.15 * found.gain.relative
        assert len(found.draws) == 3
        # without them a method is what it is on the source that the default leaves
        assert found.without.candidate_mean == pytest.approx(gain(dropped, method).candidate_mean, rel=0.02)
    assert parts["knn-transfer"].nothing_else
    assert not parts["pooled-item-knn"].nothing_else  # a placebo gains as much, which is another question


def test_every_report_says_in_the_headline_that_the_source_leaks(leaking):
    folder, kept, dropped, _ = leaking
    report = read_report(folder / "kept")
    markdown = as_markdown(report)
    written = {
        "terminal": CliRunner().invoke(app, ["report", str(folder / "kept")]).stdout,
        "markdown": markdown,
        "html": as_html(report),
        "junit": findings_as_junit(kept),
    }
    for name, text in written.items():
        assert LEAK in text, name
        plain = " ".join(text.split()).lower()
        assert any(f"source leaks the test: {method} beats" in plain for method in METHODS), name
        if name != "junit":
            assert "points come through twins" in plain, name
        words = text.replace("no verdict reads helps", "").replace("+ helps: better than", "")
        assert "+ helps" not in words, name
        assert "Transfer helps" not in words, name
    assert "points come through twins" in markdown
    assert "nothing to transfer but twins" in markdown
    read = json.loads(as_json(report))["scenarios"][0]
    assert read["headlines"][0].startswith(LEAK)
    assert {judgement["outcome"] for judgement in read["judgements"]} == {"source leaks the test"}
    assert '"outcome": "helps"' not in as_json(report)
    assert read["twin_parts"]["knn-transfer"]["nothing_else"] is True
    assert LEAK not in as_markdown(Report(dropped))


def test_the_gate_says_so_in_every_form(leaking):
    folder, _, _, _ = leaking
    side = ComparedSide(folder / "kept")
    gate = Gate(tuple(compare_results(side, side)), strict=True)
    assert gate.passed
    assert LEAK in headline(gate)
    assert LEAK in gate_as_markdown(gate).splitlines()[0]
    assert json.loads(gate_as_json(gate))["leaks"] == {"planted-source->planted-target": pytest.approx(0.28, abs=0.1)}
    suites = ElementTree.fromstring(gate_as_junit(gate)).findall("testsuite")
    assert all(LEAK in suite.findtext("system-out") for suite in suites)
    clean = ComparedSide(folder / "dropped")
    assert LEAK not in headline(Gate(tuple(compare_results(clean, clean))))


def test_what_tastes_transfer_is_the_same_with_twins_dropped_and_without_twins(tmp_path):
    source, target = domains(0.9, seed=4)
    planted, _ = plant_twins(source, target, share=1 / 3, kept=0.9)
    alone = judged(source, target, tmp_path / "alone")
    cleaned = judged(planted, target, tmp_path / "cleaned")
    for method in METHODS:
        one, other = gain(alone, method), gain(cleaned, method)
        assert abs(one.difference - other.difference) < 2 * max(one.standard_error, other.standard_error)
    assert alone.scenarios[0].counts.twins[0].items == 0
    assert gain(cleaned, "pooled-item-knn").difference > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_large_domains_with_times_and_ratings(tmp_path, seed):
    """Cross-fitted over three moments, with factor models too."""
    methods = ("pooled-item-knn", "knn-transfer", "cmf", "emcdr")
    found = {}
    for rho in (0.0, 0.8):
        source, target = make_domains(rho=rho, n_users=2500, n_items=700, history=30.0, seed=seed)
        planted, _ = plant_twins(source, target, share=0.25, kept=0.9, seed=seed)
        for name, told, twins in (("alone", source, "drop"), ("kept", planted, "keep"), ("dropped", planted, "drop")):
            out = tmp_path / f"{name}-{rho:g}"
            found[rho, name] = judged(told, target, out, twins=twins, methods=methods, protocol=None, k_core=5)
    for method in methods:
        assert found[0.0, "kept"].scenarios[0].judgement(method).outcome is not Finding.HELPS
        assert found[0.0, "dropped"].scenarios[0].judgement(method).outcome is not Finding.HELPS
        for rho in (0.0, 0.8):
            one, other = gain(found[rho, "alone"], method), gain(found[rho, "dropped"], method)
            error = np.hypot(one.standard_error, other.standard_error)
            assert abs(one.difference - other.difference) <= 3 * error

"""Metrics of the whole run are compared by `run`, `compare` and `check`, where they are asked for."""

import json
import re

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.pipeline import accept_results, read_findings

METRICS = "ndcg@10,tail-ndcg@10,coverage@10,gini@10"


def invoke(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("overall") / "run"
    chosen = ("--methods", "pooled-ease", "--baselines", "ease,popularity", "--metrics", METRICS, "--users", "warm")
    done = invoke("run", "demo-movies->demo-books", *chosen, "--out", out, "--quiet")
    assert done.exit_code == 0, done.output
    (out.parent / "printed.txt").write_text(done.stdout)
    return out


def test_run_prints_a_table_a_metric_with_the_difference_over_the_counterpart(folder):
    printed = (folder.parent / "printed.txt").read_text()
    assert max(map(len, printed.splitlines())) <= 80
    (found,) = read_findings(folder).scenarios
    coverage, gini = found.aggregates["pooled-ease"]
    assert (coverage.metric, gini.metric) == ("coverage@10", "gini@10")
    assert gini.difference == pytest.approx(gini.control_mean - gini.candidate_mean)
    assert re.search(rf"pooled-ease +{coverage.candidate_mean:.4f} \[", printed)
    assert "gini@10 (less is better)" in printed
    assert "over users, not corrected for their number" in " ".join(printed.split())
    markdown = invoke("report", folder, "--format", "markdown").stdout
    assert "| method | gini@10 (less is better) | over counterpart |" in markdown
    in_json = json.loads(invoke("report", folder, "--format", "json").stdout)["scenarios"][0]
    assert in_json["overall"]["pooled-ease"][1]["pvalue"] == pytest.approx(gini.pvalue)
    assert in_json["overall"]["pooled-ease"][1]["better"] is None


def test_reports_say_where_the_gain_comes_from(folder):
    said = (
        r"-?\d+ % \[-?\d+, -?\d+\] of the gain comes from tail items, "
        r"-?\d+ % \[-?\d+, -?\d+\] from users of short history"
    )
    assert re.search(said, " ".join(invoke("report", folder, "--verbose").stdout.split()))
    assert re.search(
        rf"- pooled-ease: {said} \(\d+ % of the judged\)", invoke("report", folder, "--format", "markdown").stdout
    )


def test_compare_judges_two_methods_by_it(folder):
    sides = (f"{folder}::popularity", f"{folder}::ease")
    done = invoke("compare", *sides, "--metrics", "coverage@10,gini@10")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("+ improved") == 2
    assert "gini@10 (less is better)" in done.stdout
    back = invoke("compare", *reversed(sides), "--metrics", "coverage@10", "--format", "json")
    assert back.exit_code == 1
    (change,) = json.loads(back.stdout)["changes"]
    assert change["outcome"] == "regressed"
    assert change["comparison"]["test"] == "jackknife t"


def test_compare_names_the_metrics_that_are_there(folder):
    done = invoke("compare", folder, folder, "--metrics", "entropy@10")
    assert done.exit_code == 2
    assert "`coverage@10`" in done.stderr


def test_a_baseline_keeps_what_the_gate_needs_of_it(folder, tmp_path):
    accept_results(folder, tmp_path / "accepted")
    done = invoke("compare", tmp_path / "accepted", folder, "--metrics", "ndcg@10,coverage@10,gini@10")
    assert done.exit_code == 0, done.output
    assert "12 equivalent" in done.stdout

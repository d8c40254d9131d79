"""`tlbench explain`, `tlbench power`, `--until-decided` and `--correction` on a small real run of the demo domains."""

import json
import re

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from tlbench.analysis.explanation import explain_comparison
from tlbench.analysis.summary import Against, across_scenarios
from tlbench.cli.app import app
from tlbench.pipeline import read_findings
from tlbench.store.results import ResultsFolder

SMALL = ["--baselines", "ease,ials", "--metrics", "ndcg@10,hit@10", "--users", "warm", "--quiet"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain") / "demo"
    scenarios = ["demo-movies->demo-books", "demo-noise->demo-books"]
    done = run("run", *scenarios, "--methods", "pooled-ease,cmf", "--seeds", "2", "--placebo", "--out", folder, *SMALL)
    assert done.exit_code == 0, done.output
    return folder


ONE = ("--scenario", "demo-movies->demo-books")


def test_explain_prints_the_numbers_of_the_paired_t_test(results):
    done = run("explain", results, "pooled-ease", *ONE)
    assert done.exit_code == 0, done.output
    values = [
        ResultsFolder(results).read_scenario("demo-movies->demo-books").of(name)[0].values["ndcg@10"]
        for name in ("pooled-ease", "ease")
    ]
    expected = stats.ttest_rel(*values)
    text = " ".join(done.stdout.split())
    assert f"= {expected.statistic:.3f} with {expected.df:.1f} degrees of freedom" in text
    assert f"two-sided p = {expected.pvalue:.4g}" in text
    assert f"mean of the candidate {values[0].mean():.5f}" in text
    assert "so: helps" in text


def test_explain_fits_a_terminal_and_names_every_section(results):
    done = run("explain", results, "cmf", *ONE, "--against", "placebo")
    assert done.exit_code == 0, done.output
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    titles = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert titles[0].startswith("cmf against cmf~")
    assert titles[-3:] == ["Is the gain the source's?", "For whom?", "Over all scenarios"]


def test_explain_of_another_metric_says_so(results):
    done = run("explain", results, "pooled-ease", *ONE, "--metric", "hit@10")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].startswith("pooled-ease against ease, hit@10")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pooled-ease"], ["2 scenarios", "--scenario"]),
        (["poled-ease", *ONE], ["`poled-ease`", "did you mean `pooled-ease`"]),
        (["ease", *ONE], ["`ease` is a baseline"]),
        (["pooled-ease", "--scenario", "demo-movies->demo-boks"], ["did you mean `demo-movies->demo-books`"]),
        (["pooled-ease", *ONE, "--metric", "ndcg@5"], ["`ndcg@5`", "did you mean `ndcg@10`"]),
        (["pooled-ease", *ONE, "--against", "placebos"], ["did you mean `placebo`"]),
    ],
)
def test_explain_refuses_what_is_not_there(results, arguments, words):
    done = run("explain", results, *arguments)
    assert done.exit_code == 2
    for word in words:
        assert word in done.stderr


def test_an_inquiry_holds_what_its_parts_say(results):
    found = explain_comparison(results, "cmf", scenario="demo-movies->demo-books")
    assert found.attribution is not None
    assert found.attribution.gain.difference == pytest.approx(found.comparison.difference)
    assert {one.column for one in found.segments} == {
        "target interactions", "source interactions", "popularity of test items",
    }  # fmt: skip
    assert all(sum(part.n_users for part in one.segments) == found.paired.n_users for one in found.segments)
    assert found.harmed.value == pytest.approx((found.paired.user_difference < -found.verdict.margin
                                                * found.comparison.control_mean).mean())  # fmt: skip


def test_scenarios_are_averaged(results):
    pooled = across_scenarios(read_findings(results), "pooled-ease")
    assert pooled is not None
    assert len(pooled.effects) == 2
    assert min(e.effect for e in pooled.effects) <= pooled.mean <= max(e.effect for e in pooled.effects)
    assert across_scenarios(read_findings(results), "nobody", Against.PLACEBO) is None


def test_power_prints_a_plan_for_each_comparison(results):
    done = run("power", results, "--margin", "5%", "--seeds", "1,4", "--methods", "cmf")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("cmf against ials") == 2
    rows = re.findall(r"^ +(\d+) +(\d+)% +([\d,]+|more seeds first)", done.stdout, flags=re.M)
    assert [(seeds, power) for seeds, power, _ in rows[:4]] == [("1", "80"), ("1", "90"), ("4", "80"), ("4", "90")]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--margin", "0"], "no difference"),
        (["--seeds", "x"], "not a number of seeds"),
        (["--methods", "no"], "no comparison"),
    ],
)
def test_power_refuses_what_it_cannot_plan(results, arguments, word):
    done = run("power", results, *arguments)
    assert done.exit_code == 2
    assert re.search(word, done.stderr)


def test_until_decided_stops_before_all_seeds_are_used(tmp_path):
    folder = tmp_path / "decided"
    done = run(
        "run", "demo-movies->demo-books", "--methods", "pooled-ease", "--baselines", "ease", "--seeds", "20",
        "--placebo", "--until-decided", "--out", folder,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "look 1 of 6: 3 seeds" in done.stderr
    suite = ResultsFolder(folder).read_suite()
    assert suite.seeds < 20
    assert suite.alpha < 0.05
    assert read_findings(folder).undecided == ()


def test_the_correction_is_chosen_on_the_command_line(tmp_path):
    folder = tmp_path / "max-t"
    arguments = ["run", "demo-movies->demo-books", "--methods", "pooled-ease,knn-transfer", "--out", folder, *SMALL]
    assert run(*arguments, "--correction", "max-t").exit_code == 0
    report = json.loads((folder / "report.json").read_text())
    found = [judgement["counterpart"]["comparison"] for judgement in report["scenarios"][0]["judgements"]]
    assert {one["correction"] for one in found} == {"max-t"}
    assert all(np.isfinite(one["adjusted"]) for one in found)
    done = run(*arguments, "--correction", "sidak")
    assert done.exit_code == 2
    assert "max-t" in done.stderr

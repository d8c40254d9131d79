"""`tlbench check` and `tlbench compare` as a build sees them: exit codes, streams, files."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app

SUITE = """schema = 1
scenarios = ["demo-movies->demo-books"]
methods = ["pooled-ease"]
baselines = ["popularity", "ease"]
protocol = "ratio"
placebo = false
"""


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A small repository with a suite, its results and its baseline."""
    root = tmp_path_factory.mktemp("repository")
    suite = root / "benchmarks" / "suites" / "tiny.toml"
    suite.parent.mkdir(parents=True)
    suite.write_text(SUITE)
    done = invoke("check", suite, "--out", root / "results", "--update")
    assert done.exit_code == 0, done.output
    return suite, root / "results", root / "benchmarks" / "baselines" / "tiny"


@pytest.fixture(scope="module")
def worse(place, tmp_path_factory):
    """Results of the same suite with an `ease` that was regularised to death."""
    root = tmp_path_factory.mktemp("worse")
    done = invoke("run", place[0], "--out", root, "--set", "ease.l2=1e9", "-q")
    assert done.exit_code == 0, done.output
    return root


def test_update_writes_the_baseline_beside_the_suites(place):
    assert (place[2] / "baseline.json").is_file()


def test_unchanged_results_pass(place):
    done = invoke("check", place[0], "--out", place[1])
    assert done.exit_code == 0
    assert "PASSED: 3 equivalent" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_regression_exits_with_1_and_says_how_to_accept_it(place, worse):
    done = invoke("check", place[0], "--results", worse)
    assert done.exit_code == 1
    assert "FAILED" in done.stdout
    assert "- regressed" in done.stdout
    assert "--update" in done.stderr


def test_fail_on_inconclusive_is_stricter(place, worse):
    margin = ("--margin", "0.1%", "--results", worse, "--metrics", "mrr@10")
    strict = invoke("check", place[0], *margin, "--fail-on", "inconclusive", "--format", "json")
    loose = invoke("check", place[0], *margin, "--format", "json")
    assert strict.exit_code >= loose.exit_code
    assert json.loads(strict.stdout)["fail_on"] == "inconclusive"


def test_all_files_are_written_in_one_go(place, worse, tmp_path):
    files = [tmp_path / name for name in ("gate.md", "gate.xml", "gate.json")]
    saves = [part for file in files for part in ("--save", file)]
    done = invoke("check", place[0], "--results", worse, *saves)
    assert done.exit_code == 1
    assert "FAILED" in files[0].read_text()
    assert files[1].read_text().startswith("<?xml")
    assert json.loads(files[2].read_text())["passed"] is False


def test_margins_by_metric_add_their_metric(place, worse):
    done = invoke("check", place[0], "--results", worse, "--margin", "recall@20=99%", "--format", "json")
    changes = json.loads(done.stdout)["changes"]
    assert {change["metric"]: change["margin"] for change in changes} == {"ndcg@10": 0.01, "recall@20": 0.99}
    assert all(change["not_worse"] for change in changes if change["metric"] == "recall@20")


def test_compare_reads_a_baseline_too(place, worse):
    done = invoke("compare", place[2], worse, "--format", "markdown")
    assert done.exit_code == 1
    assert "What fails" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--baseline", "nowhere"), "holds no baseline"),
        (("--save", "gate.txt"), "no known ending"),
        (("--margin", "200%"), "not between 0 and 100 %"),
        (("--metrics", "mrr@99"), "no metric `mrr@99`"),
        (("--results", "nowhere"), "holds no results"),
    ],
)
def test_what_the_user_can_mend_exits_with_2(place, arguments, message):
    extra = () if "--results" in arguments else ("--results", place[1])
    done = invoke("check", place[0], *extra, *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "hint: " in done.stderr


def test_the_projects_own_baseline_fits_its_suite():
    from tlbench.store.baseline import read_baseline
    from tlbench.suite import suite_from_file

    root = Path(__file__).parents[2] / "tlbench" / "shipped"
    baseline = read_baseline(root / "baselines" / "smoke")
    assert baseline.suite == suite_from_file(root / "suites" / "smoke.toml")

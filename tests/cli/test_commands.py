"""The commands that read: list, data, report, compare; and what goes to which stream."""

import json

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.registry import METHODS, METRICS, PLACEBOS, PROTOCOLS

OPTIONS = ["--baselines", "popularity,ease", "--methods", "pooled-ease", "--quiet", "--users", "warm"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def output(*arguments):
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Two runs of one scenario that differ in a hyper-parameter."""
    folder = tmp_path_factory.mktemp("results")
    for name, more in (("old", []), ("new", ["--set", "ease.l2=0.01", "--set", "pooled-ease.l2=0.01"])):
        assert run("run", "demo-movies:demo-books", "--out", folder / name, *OPTIONS, *more).exit_code == 0
    return folder


@pytest.mark.parametrize(
    ("noun", "names"),
    [
        ("methods", lambda: [entry.name for entry in METHODS]),
        ("metrics", lambda: [entry.name for entry in METRICS]),
        ("placebos", lambda: [entry.name for entry in PLACEBOS]),
        ("protocols", lambda: [entry.name for entry in PROTOCOLS]),
        ("datasets", lambda: ["demo-movies", "demo-books", "demo-noise"]),
    ],
)
def test_list_shows_every_name_within_80_columns(noun, names):
    lines = output("list", noun).splitlines()
    titles = {line.split()[0].split(":")[0] for line in lines if line and not line.startswith(" ")}
    assert titles >= set(names())
    assert max(map(len, lines)) <= 80


def test_list_datasets_has_a_line_for_what_is_here_and_for_each_family(catalogue):
    lines = output("list", "datasets", "--catalogue", catalogue).splitlines()
    assert "movielens@1m                            6,040     3,706     1,000,209    5.9 MB" in lines
    assert any(line.startswith("amazon-video-games ") and "2014? 2018? 2023*? 2023-0core?" in line for line in lines)
    assert max(map(len, lines)) <= 80
    assert len(lines) < 80


def test_list_datasets_tells_terms_and_citation_of_those_that_are_named():
    told = " ".join(output("list", "datasets", "ml-25m", "amazon-books").split())
    assert "movielens@25m built-in" in told
    assert "address and sum not verified" in told
    assert "terms: GroupLens: research use with citation" in told
    assert told.count("amazon-books@") == 4
    done = run("list", "datasets", "amazon-bucks")
    assert done.exit_code == 2
    assert "did you mean `amazon-books`?" in done.stderr


def test_list_all_datasets_tells_all_of_every_edition():
    text = output("list", "datasets", "--all")
    assert text.count("terms: ") >= 24 + 29 + 34 + 28 + 8


def test_list_methods_shows_the_reference_of_every_method():
    text = " ".join(output("list", "methods").split())
    for entry in METHODS:
        assert " ".join(entry.reference.split()) in text, entry.name


def test_a_report_is_data_on_stdout_and_nothing_else(results):
    done = run("report", results / "old", "--format", "json")
    assert done.stderr == ""
    content = json.loads(done.stdout)
    assert content["scenarios"][0]["judgements"][0]["method"] == "pooled-ease"


def test_compare_with_itself_finds_nothing(results):
    changes = json.loads(output("compare", results / "old", results / "old", "--format", "json"))["changes"]
    assert {change["outcome"] for change in changes} == {"equivalent"}
    assert {change["comparison"]["pvalue"] for change in changes} == {1.0}


def test_compare_exits_with_1_where_something_regressed(results):
    done = run("compare", results / "old", results / "new")
    assert done.exit_code == 1
    assert "- regressed" in done.stdout
    assert "= equivalent" in done.stdout  # popularity has no such parameter


def test_compare_of_two_methods_of_one_folder_agrees_with_the_verdict(results):
    sides = [f"{results / 'old'}::{name}" for name in ("ease", "pooled-ease")]
    (change,) = json.loads(output("compare", *sides, "--format", "json"))["changes"]
    (scenario,) = json.loads(output("report", results / "old", "--format", "json"))["scenarios"]
    judged = scenario["judgements"][0]["counterpart"]["comparison"]
    assert change["comparison"]["difference"] == judged["difference"]
    assert change["comparison"]["pvalue"] == judged["pvalue"]


def test_data_verify_finds_every_real_file_whole(catalogue):
    lines = output("data", "verify", "--catalogue", catalogue).splitlines()
    assert len(lines) >= 14
    assert {line.split()[0] for line in lines} == {"fine"}


def test_data_path_prints_paths_that_exist(catalogue):
    path = output("data", "path", "movielens@1m", "--catalogue", catalogue).strip()
    assert path.endswith("ml-1m.zip")


def test_a_local_entry_wins_with_a_notice(catalogue, tmp_path):
    done = run("run", "movielens:amazon-books", "--catalogue", catalogue, "--out", tmp_path, "--methods", "emcdr")
    assert done.exit_code == 2
    assert "needs shared users" in done.stderr

"""`tlbench profile` runs, prints, resumes and is reported again in every format."""

import json

import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app

SMALL = ["--levels", "0,3,all", "--groups", "3", "--methods", "pooled-ease", "--baselines", "ease,popularity", "-q"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("profile") / "results"
    run = CliRunner().invoke(app, ["profile", "demo-movies->demo-books", *SMALL, "--out", str(out)])
    assert run.exit_code == 0, run.output
    return out, run.stdout


def test_it_prints_levels_gains_and_a_sentence(folder):
    _, text = folder
    assert "interactions shown" in text
    assert "pooled-ease pays for users with" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_second_run_computes_nothing_and_prints_the_same(folder):
    out, text = folder
    before = {path: path.stat().st_mtime_ns for path in out.rglob("seed-0.json")}
    again = CliRunner().invoke(app, ["profile", "demo-movies->demo-books", *SMALL, "--out", str(out)])
    assert again.stdout == text
    assert {path: path.stat().st_mtime_ns for path in out.rglob("seed-0.json")} == before
    assert len(before) == 3 * 3 * 4


def test_reports_and_files_beside_the_results_say_the_same(folder):
    out, text = folder
    printed = {
        form: CliRunner().invoke(app, ["report", str(out), "--format", form]).stdout
        for form in ("terminal", "markdown", "json", "csv", "html")
    }
    assert printed["terminal"] == text
    for form, name in (("markdown", "profile.md"), ("json", "profile.json"), ("csv", "profile.csv")):
        assert (out / name).read_text(encoding="utf-8") == printed[form]
    table = json.loads(printed["json"])["profiles"][0]
    assert [level["level"] for level in table["levels"]] == ["0", "3", "all"]
    assert table["says"][0] in printed["html"].replace("&#39;", "'")


def test_formats_of_one_run_are_refused(folder):
    refused = CliRunner().invoke(app, ["report", str(folder[0]), "--format", "latex"])
    assert refused.exit_code == 2
    assert "is a profile" in refused.stderr


def test_wrong_levels_are_answered_before_any_work():
    refused = CliRunner().invoke(app, ["profile", "demo-movies->demo-books", "--levels", "5,2"])
    assert refused.exit_code == 2
    assert "levels of history, ascending" in refused.stderr

"""A split is written by one command and read back by another."""

import json

from typer.testing import CliRunner

from tlbench.cli.app import app


def test_an_exported_split_can_be_run_on(tmp_path):
    folder = tmp_path / "split"
    arguments = ["demo-movies->demo-books", "--protocol", "ratio"]
    made = CliRunner().invoke(app, ["split", *arguments, "--export", str(folder)])
    assert made.exit_code == 0, made.output
    record = json.loads((folder / "split.json").read_text())
    assert made.stdout.strip() == record["digest"]
    assert (record["protocol"], record["sources"]) == ("ratio", "none")
    again = CliRunner().invoke(
        app, ["split", arguments[0], "--protocol", f"given:{folder}", "--export", str(tmp_path / "b")]
    )
    assert again.exit_code == 0, again.output
    assert again.stdout == made.stdout


def test_a_folder_that_holds_something_is_not_written_to(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    made = CliRunner().invoke(app, ["split", "demo-movies->demo-books", "--export", str(tmp_path)])
    assert made.exit_code == 2
    assert "is not empty" in made.stderr


def test_sampled_candidates_are_run_with_a_warning_that_says_why_not(tmp_path):
    shown = CliRunner().invoke(
        app,
        [
            *("run", "demo-movies->demo-books", "--candidates", "uniform:20", "--out", str(tmp_path / "r")),
            *("--baselines", "popularity", "--methods", "pooled-item-knn"),
        ],
    )
    assert shown.exit_code == 0, shown.output
    assert "Krichene and Rendle 2020" in shown.stderr
    assert "RANKED AMONG SAMPLED CANDIDATES (uniform:20)" in " ".join(shown.stdout.split())

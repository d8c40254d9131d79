"""History: real changes are marked, chance is not, and the chart and the JSON say the same as the terminal."""

import json

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from tlbench.analysis.history import read_history
from tlbench.analysis.regression import ChangeOutcome
from tlbench.cli.app import app
from tlbench.errors import TlbenchError
from tlbench.pipeline import accept_results
from tlbench.report.bars import histogram, sparkline
from tlbench.report.history_text import history_rows

SCENARIO = "demo-movies->demo-books"


@pytest.fixture(scope="module")
def folders(tmp_path_factory, make_results, values):
    """Five runs: `ease` never moves, `ials` draws new seeds each time, `item-knn` improves at the third."""
    root = tmp_path_factory.mktemp("history")
    made = []
    for i in range(5):
        table = {
            "ease": values(spread=0),
            "ials": values(seeds=3, key=f"i{i}"),
            "item-knn": values(0.0 if i < 2 else 0.02, spread=0.01, key=f"k{i}"),
        }
        made.append(make_results(root / f"run{i}", {SCENARIO: table}))
    return made


@pytest.fixture(scope="module")
def found(folders):
    return {series.method: series for series in read_history(folders)}


def test_only_the_real_change_is_marked(found):
    assert [point.real for point in found["ease"].points] == [False] * 5
    assert [point.real for point in found["ials"].points] == [False] * 5
    assert [point.real for point in found["item-knn"].points] == [False, False, True, False, False]
    assert found["item-knn"].points[2].change.outcome is ChangeOutcome.IMPROVED


def test_all_moves_are_one_family(found):
    assert {point.change.comparison.family for one in found.values() for point in one.points[1:]} == {12}


def test_points_are_means_with_t_intervals(found, values):
    point = found["item-knn"].points[0]
    column = values(0.0, spread=0.01, key="k0")[:, 0]
    low, high = stats.t.interval(0.95, len(column) - 1, column.mean(), stats.sem(column))
    assert (point.mean, point.low, point.high) == pytest.approx((column.mean(), low, high))


def test_a_method_that_comes_later_begins_there(tmp_path, make_results, values, folders):
    new = make_results(tmp_path / "new", {SCENARIO: {"ease": values(spread=0), "popularity": values(-0.1, key="p")}})
    found = {series.method: series for series in read_history([folders[0], new])}
    assert [point.run for point in found["popularity"].points] == ["new"]
    assert [point.run for point in found["item-knn"].points] == ["run0"]


def test_baselines_and_folders_mix(tmp_path, folders):
    accept_results(folders[0], tmp_path / "accepted")
    found = read_history([tmp_path / "accepted", folders[2]])
    assert [point.real for series in found for point in series.points[1:]] == [False, False, True]


def test_a_single_folder_is_no_history(folders):
    with pytest.raises(TlbenchError, match="needs two"):
        read_history(folders[:1])


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_the_command_prints_every_form_and_draws(folders, tmp_path, form):
    arguments = ["history", *map(str, folders), "--format", form, "--charts", str(tmp_path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    if form == "json":
        table = json.loads(done.stdout)
        moved = [
            p["run"]
            for s in table["series"]
            for p in s["points"]
            if p["change"] and p["change"]["outcome"] == "improved"
        ]
        assert moved == ["run2"]
    else:
        assert "item-knn on demo-movies->demo-books, run2 after run1" in " ".join(done.stdout.split())
    if form == "terminal":
        assert max(map(len, done.stdout.splitlines())) <= 80
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".svg", ".pdf"}


def test_the_chart_shows_the_points(found):
    rows = history_rows(list(found.values()))
    assert [row["mean"] for row in rows] == [point.mean for one in found.values() for point in one.points]
    assert [row["run"] for row in rows if row["mark"]] == ["run2"]


def test_bars_rise_with_the_numbers():
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert sparkline([3.0, 3.0]) == "▄▄"
    assert histogram([0, 1, 50, 100]) == " ▁▄█"
    assert histogram([0, 0]) == "  "
    assert len(sparkline(np.arange(20.0))) == 20

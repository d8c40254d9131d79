"""Learning curves: nested subsamples, the same judged users, and where the gain crosses zero."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from tlbench.analysis.learning_curve import Course, Curve, CurvePoint
from tlbench.cli.app import app
from tlbench.errors import TlbenchError
from tlbench.report.curve_text import curve_sentence, curves_as_json, curves_as_text
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split


@pytest.fixture(scope="module")
def scenario(make_interactions):
    rng = np.random.default_rng(5)

    def domain(name):
        pairs = {(f"u{u}", f"{name}{i}") for u, i in zip(rng.choice(70, 900), rng.integers(0, 50, 900), strict=True)}
        return make_interactions(sorted(pairs), name=name)

    domains = {"source": domain("source"), "target": domain("target")}
    return build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)


def test_smaller_fractions_are_part_of_larger_ones_and_the_judged_stay_the_same(scenario):
    whole = make_split(scenario, "ratio")
    before = whole
    for fraction in (1.0, 0.5, 0.25, 0.1):
        split = make_split(scenario, "ratio", target_fraction=fraction)
        training = split.training.target.matrix
        assert training.nnz == round(fraction * whole.training.target.matrix.nnz)
        assert training.multiply(before.training.target.matrix).nnz == training.nnz
        assert (split.test != whole.test).nnz == 0
        assert split.users.tolist() == whole.users.tolist()
        assert (split.training.source.matrix != whole.training.source.matrix).nnz == 0
        before = split
    assert make_split(scenario, "ratio", target_fraction=1.0).digest == whole.digest


def test_a_source_fraction_leaves_the_target_alone(scenario):
    whole = make_split(scenario, "ratio")
    split = make_split(scenario, "ratio", source_fraction=0.3)
    assert split.training.source.matrix.nnz == round(0.3 * whole.training.source.matrix.nnz)
    assert (split.training.target.matrix != whole.training.target.matrix).nnz == 0


def curve(*differences, width=0.01, axis="target"):
    points = [
        CurvePoint(0.1 * 2**i, 2.0 ** (i + 1), 0.3 + d, 0.3, d, d - width, d + width) for i, d in enumerate(differences)
    ]
    return Curve("a->b", "pooled-ease", "ease", "ndcg@10", axis, tuple(points))


def test_transfer_stops_paying_where_the_line_crosses_zero_on_a_logarithmic_scale():
    found = curve(0.04, 0.02, -0.02).crossing
    assert found.course is Course.STOPS
    assert found.at == pytest.approx(math.sqrt(4 * 8))
    assert (found.low, found.high) == (4, 8)
    said = "stops paying at about 5.7 target interactions per user (a clear gain at 4, a clear loss at 8)"
    assert said in curve_sentence(curve(0.04, 0.02, -0.02))


def test_transfer_can_start_to_pay():
    found = curve(-0.02, 0.02, 0.05).crossing
    assert found.course is Course.STARTS
    assert found.at == pytest.approx(math.sqrt(2 * 4))
    assert "(no clear loss below, a clear gain at 4)" in curve_sentence(curve(-0.005, 0.02, 0.05))


@pytest.mark.parametrize(
    ("differences", "course"),
    [
        ((0.03, 0.02, 0.04), Course.ALWAYS),
        ((-0.03, -0.02), Course.NEVER),
        ((0.001, 0.002), Course.UNCLEAR),
        ((0.001, -0.002), Course.UNCLEAR),
        ((-0.001, -0.002), Course.UNCLEAR),
        ((0.001,), Course.UNCLEAR),
    ],
)
def test_curves_without_a_clear_crossing_say_what_they_are(differences, course):
    assert curve(*differences).crossing.course is course
    assert curve_sentence(curve(*differences))


def test_the_text_is_80_columns_wide_and_the_json_holds_the_crossing():
    found = curve(0.04, 0.02, -0.02)
    assert max(len(line) for line in curves_as_text([found]).splitlines()) <= 80
    assert json.loads(curves_as_json([found]))["curves"][0]["crossing"]["at"] == pytest.approx(math.sqrt(32))


def test_several_fractions_make_a_curve_of_a_run(tmp_path):
    arguments = ["run", "demo-movies->demo-books", "--baselines", "item-knn", "--methods", "pooled-item-knn"]
    shown = CliRunner().invoke(app, [*arguments, "--target-fraction", "0.1,1", "--out", str(tmp_path / "r")])
    assert shown.exit_code == 0, shown.output
    assert "pooled-item-knn over item-knn" in shown.stdout
    folder = tmp_path / "r"
    found = json.loads((folder / "curve.json").read_text())["curves"][0]
    assert [point["fraction"] for point in found["points"]] == [0.1, 1.0]
    assert found["points"][0]["per_user"] == pytest.approx(0.1 * found["points"][1]["per_user"], rel=0.01)
    assert (folder / "target-0.1" / "report.md").is_file()
    assert "10 % of the target's training part" in (folder / "target-0.1" / "report.md").read_text()
    assert "<svg" in (folder / "curve-target-demo-movies--demo-books-pooled-item-knn.svg").read_text()
    for form, text in (
        ("terminal", shown.stdout),
        ("json", (folder / "curve.json").read_text()),
        ("markdown", (folder / "curve.md").read_text()),
    ):
        assert CliRunner().invoke(app, ["report", str(folder), "--format", form]).stdout == text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target-fraction", "0.1,1", "--source-fraction", "0.1,1"], "both the target's and the sources'"),
        (["--target-fraction", "0"], "`target_fraction` is 0"),
        (["--source-fraction", "0.5,2"], "`source_fraction` is 2"),
    ],
)
def test_fractions_that_cannot_be_are_refused(options, message, tmp_path):
    shown = CliRunner().invoke(app, ["run", "demo-movies->demo-books", *options, "--out", str(tmp_path)])
    assert shown.exit_code == 2
    assert message in shown.stderr


def test_a_fraction_outside_0_to_1_is_refused(scenario):
    with pytest.raises(TlbenchError, match=r"fraction 1.5 is not above 0 and at most 1"):
        make_split(scenario, "ratio", target_fraction=1.5)


def test_metrics_of_the_whole_run_can_be_asked_for_behind_the_primary_one():
    from tlbench.suite import Suite, validated

    scenarios = (parse_scenario("demo-movies->demo-books"),)
    assert validated(Suite("s", scenarios, metrics=("ndcg@10", "coverage@10"))).primary == "ndcg@10"
    with pytest.raises(TlbenchError, match="`coverage@10` has one value per run"):
        validated(Suite("s", scenarios, metrics=("coverage@10", "ndcg@10")))


def test_metrics_of_the_whole_run_are_reported_with_intervals_and_kept(tmp_path):
    arguments = ["run", "demo-movies->demo-books", "--baselines", "item-knn", "--methods", "pooled-item-knn"]
    names = "ndcg@10,coverage@10,rmse,auc"
    shown = CliRunner().invoke(app, [*arguments, "--metrics", names, "--out", str(tmp_path / "r")])
    assert shown.exit_code == 0, shown.output
    report = (tmp_path / "r" / "report.md").read_text()
    assert "| method | coverage@10 |" in report  # no method here predicts ratings, so rmse has no column
    assert "Of the whole run, with 95 % jackknife intervals over users" in report
    methods = json.loads((tmp_path / "r" / "report.json").read_text())["scenarios"][0]["methods"]
    assert all(one["overall"]["coverage@10"]["low"] < one["overall"]["coverage@10"]["high"] for one in methods)
    for form in ("terminal", "markdown", "json", "html"):
        again = CliRunner().invoke(app, ["report", str(tmp_path / "r"), "--format", form])
        assert again.exit_code == 0, again.output

"""`tlbench report` on the folder of a learning curve: formats, charts, and the page in a real browser."""

import csv
import io
import json

import altair as alt
import pytest
from typer.testing import CliRunner

from tlbench.cli.app import app
from tlbench.pipeline import read_sweeps
from tlbench.report.charts.learning import learning_curves, overviews

SCENARIO = "demo-movies->demo-books"
GAINS = {0.1: 0.04, 0.25: 0.02, 0.5: -0.02, 1.0: -0.03}
"""Mean gain of pooled-ease at each fraction: it stops paying between a quarter and a half."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_results, values):
    root = tmp_path_factory.mktemp("curve") / "made"
    for fraction, gain in GAINS.items():
        methods = {
            "ease": values(spread=0),
            "ials": values(spread=0),
            "pooled-ease": values(gain, key=f"p{fraction}"),
            "cmf": values(-0.02, key=f"c{fraction}"),
        }
        make_results(
            root / f"target-{fraction:g}",
            {SCENARIO: methods},
            training=round(6_400 * fraction),
            target_fraction=fraction,
        )
    return root


def report(folder, *options):
    return CliRunner().invoke(app, ["report", str(folder), *options])


@pytest.fixture(scope="module")
def page_file(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("html") / "curve.html"
    path.write_text(report(folder, "--format", "html").stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def curves(folder):
    (sweep,) = read_sweeps(folder)
    return sweep.curves


def test_the_gain_at_each_fraction_is_the_planted_one(curves):
    found = {curve.method: curve for curve in curves}
    assert [point.difference for point in found["pooled-ease"].points] == pytest.approx(list(GAINS.values()))
    assert [point.per_user for point in found["pooled-ease"].points] == [0.8, 2, 4, 8]
    assert found["pooled-ease"].crossing.at == pytest.approx(8**0.5)


def test_csv_has_a_row_a_point(folder, curves):
    rows = list(csv.DictReader(io.StringIO(report(folder, "--format", "csv").stdout)))
    assert [float(row["low"]) for row in rows] == [point.low for curve in curves for point in curve.points]
    assert {row["control"] for row in rows} == {"ease", "ials"}


@pytest.mark.parametrize("options", [["--format", "latex"], ["--format", "junit"], ["--user", "u1"]])
def test_what_is_of_one_run_is_refused_with_the_folder_of_one(folder, options):
    done = report(folder, *options)
    assert done.exit_code == 2
    assert str(folder / "target-1") in done.stderr.replace("\n", "")


def test_fractions_of_different_suites_make_no_curve(tmp_path, make_results, values):
    for fraction, margin in ((0.5, 0.01), (1.0, 0.02)):
        methods = {"ease": values(), "pooled-ease": values(0.01)}
        make_results(tmp_path / f"target-{fraction:g}", {SCENARIO: methods}, target_fraction=fraction, margin=margin)
    done = report(tmp_path)
    assert done.exit_code == 2
    assert "holds another suite" in done.stderr


def test_the_chart_names_the_crossing_and_has_every_interval(curves):
    for picture in (*learning_curves(curves), *overviews(curves)):
        alt.Chart.from_dict(picture.spec, validate=True)
    held = list(learning_curves(curves)[0].spec["datasets"].values())
    texts = {row["text"] for rows in held for row in rows if "text" in row}
    assert texts == {"stops paying at 2.8"}
    points = next(rows for rows in held if len(rows) == len(GAINS))
    assert [(row["low"], row["high"]) for row in points] == [(p.low, p.high) for p in curves[0].points]
    assert [row["side"] for row in points] == ["gain", "gain", "loss", "loss"]


def test_charts_are_written_as_pictures(folder, tmp_path):
    done = report(folder, "--charts", str(tmp_path / "charts"))
    assert done.exit_code == 0, done.output
    names = {path.name for path in (tmp_path / "charts").glob("*.png")}
    slug = "demo-movies--demo-books"
    assert names == {f"curves-target-{slug}.png", *(f"curve-target-{slug}-{m}.png" for m in ("pooled-ease", "cmf"))}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_opens_without_complaint_or_request_and_fits_its_width(open_page, page_file, width, scheme):
    page = open_page(page_file, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".plot svg.marks").count() == page.locator(".plot").count() == 3
    assert page.get_by_text("cannot be drawn").count() == 0
    caption = page.locator("figcaption", has_text="Transfer stops paying at about 2.8 target interactions per user")
    assert caption.count() == 1


def test_charts_show_the_numbers_of_the_json(open_page, page_file, folder):
    page = open_page(page_file)
    known = json.loads(report(folder, "--format", "json").stdout)
    assert json.loads(page.evaluate("document.getElementById('report-json').textContent")) == known
    rows = page.evaluate(
        """() => Object.values(tlbenchViews["curve-target-demo-movies--demo-books-pooled-ease"]
            .getState({data: () => true}).data).flat().filter(row => row && row.control_mean !== undefined)"""
    )
    points = known["curves"][0]["points"]
    drawn = {(row["per_user"], row["gain"], row["low"], row["high"]) for row in rows}
    assert drawn == {(point["per_user"], point["difference"], point["low"], point["high"]) for point in points}


def test_the_table_has_the_verdict_of_each_run(open_page, page_file):
    page = open_page(page_file)
    row = page.locator("section.scenario table").first.locator("tbody tr").first
    assert row.locator("th").inner_text() == "pooled-ease"
    words = [text.rpartition("] ")[2] for text in row.locator("td").all_inner_texts()]
    assert words == ["~ unattributed", "~ unattributed", "- hurts", "- hurts"]

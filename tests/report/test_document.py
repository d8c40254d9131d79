"""The report is data: writers show every section or say why not, a section is one file, cells are read once."""

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tlbench.analysis.epochs import EpochsToQuality
from tlbench.cli.app import app
from tlbench.pipeline import read_findings, read_report
from tlbench.report import as_json, as_markdown, document, markdown, paper, terminal
from tlbench.report.blocks import Chart, Facts, Note, Table, Text
from tlbench.report.charts.gallery import pictures
from tlbench.report.document import entries_of_scenario, entries_of_suite, sections_of
from tlbench.report.page.build import as_html
from tlbench.report.paper.tables import as_latex
from tlbench.store.results import ResultsFolder

PAIR = "demo-movies->demo-books", "demo-books->demo-movies"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with everything that a section may need: both directions, shuffles, tuning, aggregate metrics."""
    out = tmp_path_factory.mktemp("document") / "run"
    methods = ("--methods", "pooled-item-knn", "--baselines", "item-knn,popularity", "--metrics", "ndcg@10,coverage@10")
    asked = ("--users", "warm", "--placebo", "--placebo-draws", "2", "--tune", "2")
    done = CliRunner().invoke(app, ["run", *PAIR, *methods, *asked, "--out", str(out), "--quiet"])
    assert done.exit_code == 0, done.output
    return out


@pytest.fixture(scope="module")
def shown(folder):
    """What each writer makes of the report."""
    report = read_report(folder)
    return {
        "terminal": CliRunner().invoke(app, ["report", str(folder), "--verbose"]).stdout,
        "markdown": as_markdown(report),
        "page": as_html(report),
    }


LEFT_OUT = {"terminal": terminal.LEFT_OUT, "markdown": markdown.LEFT_OUT, "page": {}}
ELSEWHERE = {"epochs", "twins"}
"""Need methods whose epochs validation chose, and twins that were kept; each has a test of its own."""
SECTIONS = [entry.key for entry in (*entries_of_suite(), *entries_of_scenario()) if entry.key not in ELSEWHERE]


def squeezed(text):
    """The text without marks of its format and without blanks, so that folding does not matter."""
    plain = re.sub(r"<[^>]*>", "", text) if "<html" in text else text
    for mark, sign in (("&gt;", ">"), ("&#39;", "'"), ("&lt;", "<"), ("&amp;", "&")):
        plain = plain.replace(mark, sign)
    return re.sub(r"\s", "", plain)


def probes(section, drawn):
    """Texts that are there wherever a section is shown: one of each of its blocks."""
    for block in section.blocks:
        match block:
            case Note(text):
                yield text
            case Facts(lines):
                yield lines[0]
            case Table(headings, rows):
                yield headings[0]
                yield rows[0][0]
            case Chart(name):
                if name in drawn:
                    yield block.title
            case Text():
                pass


@pytest.mark.parametrize("writer", ["terminal", "markdown", "page"])
@pytest.mark.parametrize("key", SECTIONS)
def test_every_writer_shows_every_section_or_says_why_not(folder, shown, writer, key):
    report = read_report(folder)
    drawn = {picture.name for picture in pictures(report)}
    places = [*report.scenarios, report]
    found = [section for place in places for section in sections_of(place) if section.key == key]
    assert found, f"the suite of this test has no section {key}"
    if key in LEFT_OUT[writer]:
        assert len(LEFT_OUT[writer][key]) > 20
        return
    text = squeezed(shown[writer])
    for section in found:
        if writer == "terminal" and any(isinstance(block, Text) for block in section.blocks):
            (lines,) = (block.make() for block in section.blocks if isinstance(block, Text))
            wanted = [line for line in lines if line.strip()][:1]
        else:
            wanted = list(probes(section, drawn if writer == "page" else set()))
        assert wanted, (section.key, section.blocks)
        assert [part for part in wanted if squeezed(part) not in text] == []


def test_every_writer_shows_how_many_epochs_a_method_needed(folder, capsys):
    report = read_report(folder)
    found = (EpochsToQuality("finetuned-neumf", "neumf", 5, 4, 7.0, 12),)
    scenarios = tuple(replace(each, epochs=found) for each in report.findings.scenarios)
    report = document.Report(replace(report.findings, scenarios=scenarios), report.make_evidence)
    terminal.print_report(report, verbose=True)
    for text in (capsys.readouterr().out, as_markdown(report), as_html(report)):
        assert "finetuned-neumf" in text
    assert json.loads(as_json(report))["scenarios"][0]["epochs"][0]["counterpart_epochs"] == 12


@pytest.mark.parametrize("key", SECTIONS)
def test_json_has_data_of_every_section_or_says_why_not(folder, key):
    report = read_report(folder)
    table = json.loads(as_json(report))
    for entries, place, part in (
        (entries_of_suite(), report, table),
        (entries_of_scenario(), report.scenarios[0], table["scenarios"][0]),
    ):
        for entry in (entry for entry in entries if entry.key == key):
            assert (entry.data is None) == (key in as_json_left_out())
            if entry.data is not None:
                assert entry.data(place).keys() <= part.keys()


def as_json_left_out():
    from importlib import import_module

    return import_module("tlbench.report.as_json").LEFT_OUT


def test_a_paper_shows_its_sections_and_says_why_no_others(folder):
    report = read_report(folder)
    text = as_latex(report.findings)
    for place in report.scenarios:
        for section in (one for one in sections_of(place) if one.key in paper.SHOWN):
            (table,) = (block for block in section.blocks if isinstance(block, Table))
            for part in (table.headings[0].capitalize(), *(row[0].partition(",")[0] for row in table.rows)):
                assert part in text
    assert len(paper.LEFT_OUT) > 20


def test_a_new_section_is_one_function_that_every_writer_shows(folder, monkeypatch, capsys):
    report = read_report(folder)
    monkeypatch.setattr(document, "_OF_SCENARIO", dict(document._OF_SCENARIO))

    @document.scenario_section("weather", "The weather", order=45, data=lambda place: {"weather": [place.name, 7]})
    def weather(place):
        yield Table(("town", "degrees"), [("Bern", "7")])
        yield Note("It was cold.")

    terminal.print_report(report)
    for text in (capsys.readouterr().out, as_markdown(report), as_html(report)):
        assert "Bern" in text
        assert "It was cold." in text
    assert [found["weather"][1] for found in json.loads(as_json(report))["scenarios"]] == [7, 7]


def test_every_cell_is_read_once_whatever_is_written(folder, tmp_path, monkeypatch):
    read = []
    whole = ResultsFolder._stored
    monkeypatch.setattr(
        ResultsFolder, "_stored", lambda self, cell, together: read.append(cell) or whole(self, cell, together)
    )
    options = ["--format", "html", "--charts", str(tmp_path / "charts"), "--paper", str(tmp_path / "paper")]
    done = CliRunner().invoke(app, ["report", str(folder), *options])
    assert done.exit_code == 0, done.output
    cells = [repr(cell) for cell in read]
    assert len(cells) == len(set(cells)) > 0
    read.clear()
    assert CliRunner().invoke(app, ["explain", str(folder), "pooled-item-knn", "--scenario", PAIR[0]]).exit_code == 0
    assert len(read) == len(cells)


def test_a_report_of_findings_alone_is_printed_in_brief(folder, capsys):
    report = document.Report(read_findings(folder))
    terminal.print_report(report)
    assert "item-knn" in capsys.readouterr().out
    assert as_markdown(report) == as_markdown(read_report(folder))

"""`tlbench report`: what a results folder says, in the format asked for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings
    from tlbench.report.document import Report


class ReportFormat(StrEnum):
    """How a report can be printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    LATEX = "latex"
    CSV = "csv"
    BIBTEX = "bibtex"
    METHODS = "methods"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog="Example: tlbench report results/demo --format html > report.html")(report)


@guarded
def report(
    results: Annotated[
        str,
        typer.Argument(metavar="RESULTS", help="Folder that `tlbench run` wrote, of a suite or of a learning curve."),
    ],
    form: Annotated[
        ReportFormat, typer.Option("--format", help="How to print it. Default: terminal.")
    ] = ReportFormat.TERMINAL,
    charts: Annotated[
        Path | None,
        typer.Option(help="Also write every chart as PNG, SVG and PDF into this folder. Default: none."),
    ] = None,
    paper: Annotated[
        Path | None,
        typer.Option(help="Also write tables (LaTeX, CSV), BibTeX and a methods paragraph into it. Default: none."),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="ID", help="Print what every method gave one user instead. Default: none.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every row of the tables (terminal). Default: what fits on a screen.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="All that is known of every method (terminal). Default: off.")
    ] = False,
    plugin: Plugin = None,
) -> None:
    """Print the findings of a results folder."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.cli.curve import is_curve, report_curve
    from tlbench.cli.profile import is_profile_folder, report_profile
    from tlbench.pipeline import read_report
    from tlbench.store.place import place

    folder = place(results)
    if is_curve(folder):
        report_curve(folder, form.value, charts=charts, one_run=user is not None or paper is not None)
        return
    if is_profile_folder(folder):
        one_run = user is not None or paper is not None
        report_profile(folder, form.value, charts=charts, every=every, one_run=one_run)
        return
    if user is not None:
        _print_user(folder, user)
        return
    made = read_report(folder)
    if form is ReportFormat.TERMINAL:
        from tlbench.report.terminal import print_report

        print_report(made, verbose=verbose, every=every)
    else:
        typer.echo(_text(made, form), nl=False)
    if charts is not None:
        _write_charts(made, charts)
    if paper is not None:
        _write_paper(made.findings, paper)


def _print_user(results: Path, user: str) -> None:
    from tlbench.report.details import user_lines
    from tlbench.report.terminal import print_lines
    from tlbench.store.results import ResultsFolder

    folder = ResultsFolder(results)
    suite = folder.read_suite()
    lines = user_lines(folder.read_scenarios(suite), user, suite.user_metrics)
    if not lines:
        raise TlbenchError(
            f"no run judged a user `{user}`", hint="the HTML report names the users who gain and lose most"
        )
    print_lines(lines)


def _text(report: Report, form: ReportFormat) -> str:
    from tlbench.report import as_json, as_markdown

    match form:
        case ReportFormat.HTML:
            from tlbench.report.page.build import as_html

            return as_html(report)
        case ReportFormat.JSON:
            return as_json(report)
        case ReportFormat.JUNIT:
            from tlbench.report.junit import findings_as_junit

            return findings_as_junit(report.findings)
        case ReportFormat.MARKDOWN | ReportFormat.TERMINAL:
            return as_markdown(report)
        case _:
            return _paper_text(report.findings, form)


def _paper_text(findings: Findings, form: ReportFormat) -> str:
    from tlbench.report.paper.methods import methods_paragraph
    from tlbench.report.paper.references import as_bibtex
    from tlbench.report.paper.tables import as_csv, as_latex

    writers = {
        ReportFormat.LATEX: as_latex,
        ReportFormat.CSV: as_csv,
        ReportFormat.BIBTEX: as_bibtex,
        ReportFormat.METHODS: methods_paragraph,
    }
    return writers[form](findings)


def _write_charts(report: Report, folder: Path) -> None:
    from tlbench.report.charts.gallery import pictures, write_pictures

    paths = write_pictures(pictures(report), folder)
    tell(f"{len(paths)} files are in `{folder}`")


_PAPER = {
    "tables.tex": ReportFormat.LATEX,
    "tables.csv": ReportFormat.CSV,
    "references.bib": ReportFormat.BIBTEX,
    "methods.txt": ReportFormat.METHODS,
}


def _write_paper(findings: Findings, folder: Path) -> None:
    from tlbench.io.atomic import write_whole

    for name, form in _PAPER.items():
        write_whole(folder / name, _paper_text(findings, form).encode())
    tell(f"{', '.join(_PAPER)} are in `{folder}`")

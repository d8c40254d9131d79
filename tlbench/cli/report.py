"""`tlbench report`: what a results folder says, in the format asked for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin


class Format(StrEnum):
    """How a report can be printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog="Example: tlbench report results/demo --format html > report.html")(report)


@guarded
def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder that `tlbench run` wrote.")],
    form: Annotated[Format, typer.Option("--format", help="How to print it. Default: terminal.")] = Format.TERMINAL,
    charts: Annotated[
        Path | None,
        typer.Option(help="Also write every chart as PNG, SVG and PDF into this folder. Default: none."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Every method's verdict in words (terminal). Default: off.")
    ] = False,
    plugin: Plugin = None,
) -> None:
    """Print the findings of a results folder."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.pipeline import read_findings

    findings = read_findings(results)
    if form is Format.TERMINAL:
        from tlbench.report.terminal import print_findings

        print_findings(findings, verbose=verbose)
    else:
        typer.echo(_text(results, form), nl=False)
    if charts is not None:
        _write_charts(results, charts)


def _text(results: Path, form: Format) -> str:
    from tlbench.pipeline import read_evidence, read_findings
    from tlbench.report import as_json, as_markdown

    findings = read_findings(results)
    match form:
        case Format.HTML:
            from tlbench.report.page.build import as_html

            return as_html(findings, read_evidence(results))
        case Format.JSON:
            return as_json(findings)
        case _:
            return as_markdown(findings)


def _write_charts(results: Path, folder: Path) -> None:
    from tlbench.pipeline import read_evidence, read_findings
    from tlbench.report.charts.gallery import pictures, write_pictures

    paths = write_pictures(pictures(read_findings(results), read_evidence(results)), folder)
    tell(f"{len(paths)} files are in `{folder}`")

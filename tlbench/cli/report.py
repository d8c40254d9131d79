"""`tlbench report`: what a results folder says, in the format asked for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tlbench.cli.guard import guarded
from tlbench.cli.options import Plugin


class Format(StrEnum):
    """How a report can be printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog="Example: tlbench report results/demo --format markdown > report.md")(report)


@guarded
def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder that `tlbench run` wrote.")],
    form: Annotated[Format, typer.Option("--format", help="How to print it. Default: terminal.")] = Format.TERMINAL,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Every method's verdict in words (terminal). Default: off.")
    ] = False,
    plugin: Plugin = None,
) -> None:
    """Print the findings of a results folder."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.pipeline import read_findings
    from tlbench.report import as_json, as_markdown
    from tlbench.report.terminal import print_findings

    findings = read_findings(results)
    match form:
        case Format.TERMINAL:
            print_findings(findings, verbose=verbose)
        case Format.MARKDOWN:
            typer.echo(as_markdown(findings), nl=False)
        case Format.JSON:
            typer.echo(as_json(findings), nl=False)

"""`tlbench history`: a metric over many runs or commits, and which of its moves are real."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin
from tlbench.values import DEFAULT_MARGIN, Margin


class HistoryFormat(StrEnum):
    """How a history can be printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("history", epilog="Example: tlbench history results/v1 results/v2 results/v3")(history)


@guarded
def history(
    folders: Annotated[
        list[str], typer.Argument(metavar="FOLDER...", help="Results folders or baselines, from old to new.")
    ],
    metric: Annotated[
        str | None, typer.Option(help="What to follow. Default: the first folder's primary metric.")
    ] = None,
    margin: Annotated[str, typer.Option(help="Share of the mean that counts as a difference. Default: 1%.")] = str(
        DEFAULT_MARGIN
    ),
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.4999, help="Level of every test. Default: 0.05.")] = 0.05,
    form: Annotated[
        HistoryFormat, typer.Option("--format", help="How to print it. Default: terminal.")
    ] = HistoryFormat.TERMINAL,
    charts: Annotated[
        Path | None, typer.Option(help="Also draw it as PNG, SVG and PDF into this folder. Default: none.")
    ] = None,
    plugin: Plugin = None,
) -> None:
    """Follow a metric through results folders and mark the changes that are real."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.analysis.history import read_history
    from tlbench.report.history_text import history_as_json, history_as_markdown
    from tlbench.report.terminal import print_history
    from tlbench.store.place import place

    found = read_history(list(map(place, folders)), metric=metric, margin=Margin.parse(margin), alpha=alpha)
    match form:
        case HistoryFormat.TERMINAL:
            print_history(found)
        case HistoryFormat.MARKDOWN:
            typer.echo(history_as_markdown(found), nl=False)
        case HistoryFormat.JSON:
            typer.echo(history_as_json(found), nl=False)
    if charts is not None:
        from tlbench.report.charts.courses import courses
        from tlbench.report.charts.gallery import write_pictures

        tell(f"{len(write_pictures(courses(found), charts))} files are in `{charts}`")

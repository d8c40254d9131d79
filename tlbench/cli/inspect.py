"""`tlbench inspect`: how unlike a scenario's domains are, and what they share, before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import guarded
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect", epilog='Example: tlbench inspect "demo-movies->demo-books" --format markdown')(inspect)


@guarded
@with_options(("protocol", "k_core", "min_rating", "links", "catalogue", "offline", "plugins", "quiet"))
def inspect(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    *,
    given: Given,
    format_: Annotated[
        Literal["terminal", "markdown", "json"], typer.Option("--format", help="How to print the card.")
    ] = "terminal",
) -> None:
    """Print the domain-gap card: sizes, overlaps, popularity, ratings, time, words, and whether tastes go together."""
    from tlbench.pipeline import inspect_scenario
    from tlbench.plugins import register_all
    from tlbench.report.gap import gap_as_json, gap_as_markdown, gap_as_text
    from tlbench.suite import read_request

    register_all([Path(path) for path in given.get("plugins", ())])
    request = read_request(
        None, {**given, "name": "inspect", "scenarios": scenarios_meant([scenario], quiet=given.get("quiet", False))}
    )
    suite, settings = request.suite, request.settings
    with shown_progress(quiet=settings.quiet) as progress:
        gap = inspect_scenario(
            suite, suite.scenarios[0], catalogue=settings.catalogue, offline=settings.offline, progress=progress
        )
    write = {"terminal": gap_as_text, "markdown": gap_as_markdown, "json": gap_as_json}[format_]
    typer.echo(write(gap), nl=False)

"""`tlbench inspect`: how unlike a scenario's domains are, and what they share, before anything is trained."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tlbench.cli.arrow import mend_arrows
from tlbench.cli.completion import complete_scenario
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import guarded
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect", epilog='Example: tlbench inspect "demo-movies->demo-books" --format markdown')(inspect)


@guarded
@with_options(("protocol", "k_core", "filter_users", "min_rating", "links", "catalogue", "offline", "plugins", "quiet"))
def inspect(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.", autocompletion=complete_scenario)
    ],
    *,
    given: Given,
    format_: Annotated[
        Literal["terminal", "markdown", "json"], typer.Option("--format", help="How to print the card.")
    ] = "terminal",
) -> None:
    """Print the domain-gap card: sizes, overlaps, popularity, ratings, time, words, and whether tastes go together."""
    from tlbench.api import inspect as ask

    quiet = given.pop("quiet", False)
    with shown_progress(quiet=quiet) as progress:
        card = ask(mend_arrows([scenario])[0], progress=progress, **given)
    write = {"terminal": card.__repr__, "markdown": card.to_markdown, "json": card.to_json}[format_]
    typer.echo(write(), nl=False)

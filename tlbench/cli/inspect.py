"""`tlbench inspect`: how unlike a scenario's domains are, and what they share, before anything is trained."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.guard import guarded
from tlbench.cli.options import Catalogue, Offline, Plugin, Quiet
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("inspect", epilog='Example: tlbench inspect "demo-movies->demo-books" --format markdown')(inspect)


@guarded
def inspect(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    format_: Annotated[
        Literal["terminal", "markdown", "json"], typer.Option("--format", help="How to print the counts.")
    ] = "terminal",
    protocol: Annotated[
        str | None, typer.Option(help="How the target is split, for the cut. Default: as for `run`.")
    ] = None,
    k_core: Annotated[int, typer.Option(min=1, help="Least interactions of a user and an item; 1 turns it off.")] = 5,
    min_rating: Annotated[float | None, typer.Option(help="Lower ratings are removed. Default: all are kept.")] = None,
    links: Annotated[
        str, typer.Option(metavar="titles|none|FILE.csv", help="How items without common ids are linked.")
    ] = "titles",
    catalogue: Catalogue = None,
    offline: Offline = False,
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Print the domain-gap card: sizes, overlaps, popularity, ratings, time, words, and whether tastes go together."""
    from tlbench.pipeline import inspect_scenario
    from tlbench.plugins import register_all
    from tlbench.report.gap import gap_as_json, gap_as_markdown, gap_as_text
    from tlbench.scenario.grammar import parse_scenario
    from tlbench.suite import Suite, validated

    register_all(plugin or ())
    name = parse_scenario(scenarios_meant([scenario], quiet=quiet)[0])
    suite = Suite("inspect", (name,), protocol=protocol, k_core=k_core, min_rating=min_rating, links=links)
    with shown_progress(quiet=quiet) as progress:
        gap = inspect_scenario(validated(suite), name, catalogue=catalogue, offline=offline, progress=progress)
    write = {"terminal": gap_as_text, "markdown": gap_as_markdown, "json": gap_as_json}[format_]
    typer.echo(write(gap), nl=False)

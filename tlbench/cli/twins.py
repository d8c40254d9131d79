"""`tlbench twins`: items of a scenario's domains that are the same events under two ids."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Catalogue, Offline, Plugin, Quiet
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("twins", epilog='Example: tlbench twins "movielens->amazon-books" --out twins.csv')(twins)


@guarded
def twins(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Where to write all pairs. Default: they are not written.")
    ] = None,
    format_: Annotated[
        Literal["terminal", "json", "csv"], typer.Option("--format", help="How to print them. Default: terminal.")
    ] = "terminal",
    catalogue: Catalogue = None,
    offline: Offline = False,
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Find items whose users coincide: within each domain, between sources, and between each source and the target."""
    from tlbench.data import load
    from tlbench.io.atomic import write_whole
    from tlbench.plugins import register_all
    from tlbench.report.twin_text import twin_lines, twins_as_csv, twins_as_json
    from tlbench.scenario.grammar import parse_scenario
    from tlbench.scenario.twins import find_all_twins

    register_all(plugin or [])
    name = parse_scenario(scenarios_meant([scenario], quiet=quiet)[0])
    with shown_progress(quiet=quiet) as progress:
        domains = [
            load(text, catalogue=catalogue, offline=offline, progress=progress) for text in (*name.sources, name.target)
        ]
        found = find_all_twins(domains)
    match format_:
        case "terminal":
            typer.echo("\n".join(twin_lines(found)))
        case "json":
            typer.echo(twins_as_json(found), nl=False)
        case "csv":
            typer.echo(twins_as_csv(found), nl=False)
    if out is not None:
        write_whole(out, twins_as_csv(found).encode())
        if not quiet:
            tell(f"all pairs are in `{out}`")

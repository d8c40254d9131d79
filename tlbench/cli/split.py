"""`tlbench split`: write a scenario's split to files, to publish it or to use it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Catalogue, Offline, Quiet
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        'Example: tlbench split "demo-movies->demo-books" --export splits/demo   (read back: --protocol given:FOLDER)'
    )
    app.command("split", epilog=epilog)(split)


@guarded
def split(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    export: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write; a new folder.")],
    protocol: Annotated[
        str | None, typer.Option(help="How the target is split, as NAME or NAME:ARGUMENT. Default: as for `run`.")
    ] = None,
    candidates: Annotated[
        str | None, typer.Option(metavar="KIND:N", help="Sampled candidates, as `uniform:100`. Default: none.")
    ] = None,
    k_core: Annotated[int, typer.Option(min=1, help="Least interactions of a user and an item; 1 turns it off.")] = 5,
    min_rating: Annotated[float | None, typer.Option(help="Lower ratings are removed. Default: all are kept.")] = None,
    links: Annotated[
        str, typer.Option(metavar="titles|none|FILE.csv", help="How items without common ids are linked.")
    ] = "titles",
    split_seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    catalogue: Catalogue = None,
    offline: Offline = False,
    quiet: Quiet = False,
) -> None:
    """Write train, validation and test of a scenario as CSV, with the digest and how sources were cut."""
    from tlbench.pipeline import split_of
    from tlbench.plugins import register_all
    from tlbench.scenario.grammar import parse_scenario
    from tlbench.split.export import export_split
    from tlbench.suite import Suite, validated

    register_all()
    name = parse_scenario(scenarios_meant([scenario], quiet=quiet)[0])
    suite = Suite(
        name="split",
        scenarios=(name,),
        protocol=protocol,
        candidates=candidates,
        k_core=k_core,
        min_rating=min_rating,
        links=links,
        split_seed=split_seed,
    )
    with shown_progress(quiet=quiet) as progress:
        made = split_of(validated(suite), name, catalogue=catalogue, offline=offline, progress=progress)
        export_split(made, export)
    typer.echo(made.digest)
    if not quiet:
        tell(f"the split is in `{export}`; run on it with `--protocol given:{export}` and the same filters")

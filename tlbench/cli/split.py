"""`tlbench split`: write a scenario's split to files, to publish it or to use it elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import guarded, tell
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        'Example: tlbench split "demo-movies->demo-books" --export splits/demo   (read back: --protocol given:FOLDER)'
    )
    app.command("split", epilog=epilog)(split)


@guarded
@with_options(
    (
        "protocol",
        "candidates",
        "k_core",
        "filter_users",
        "min_rating",
        "links",
        "split_seed",
        "catalogue",
        "offline",
        "quiet",
    )
)
def split(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="`source[+source...]->target`.")],
    export: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write; a new folder.")],
    *,
    given: Given,
) -> None:
    """Write train, validation and test as CSV, a folder for each fold, with digests and how sources were cut."""
    from tlbench.pipeline import splits_of
    from tlbench.plugins import register_all
    from tlbench.split.export import export_split, require_empty
    from tlbench.suite import read_request

    register_all()
    request = read_request(
        None, {**given, "name": "split", "scenarios": scenarios_meant([scenario], quiet=given.get("quiet", False))}
    )
    suite, settings = request.suite, request.settings
    require_empty(export)
    with shown_progress(quiet=settings.quiet) as progress:
        splits = splits_of(
            suite, suite.scenarios[0], catalogue=settings.catalogue, offline=settings.offline, progress=progress
        )
        for made in splits:
            folder = export if len(splits.folds) == 1 else export / f"fold-{made.fold}"
            export_split(made, folder)
            typer.echo(made.digest)
    if not settings.quiet:
        tell(f"the split is in `{export}`; run on it with `--protocol given:{folder}` and the same filters")

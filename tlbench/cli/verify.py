"""`tlbench verify`: are stored results what this program computes from these data?"""

from __future__ import annotations

from typing import Annotated

import typer

from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.options import Catalogue, Offline, Plugin, Quiet
from tlbench.cli.progress import shown_progress


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify", epilog="Example: tlbench verify results/demo --cells 10")(verify)


@guarded
def verify(
    results: Annotated[str, typer.Argument(metavar="RESULTS", help="Folder that `tlbench run` wrote.")],
    cells: Annotated[int, typer.Option(min=1, help="Number of finished cells to compute again.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads used at a time. Default: all cores.")] = None,
    catalogue: Catalogue = None,
    offline: Offline = False,
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Compute a random sample of cells again and compare bit for bit; exit code 1 where one differs."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.pipeline import verify_suite
    from tlbench.store.place import place

    wrong = total = 0
    with shown_progress(quiet=quiet) as progress:
        folder = place(results)
        checks = verify_suite(
            folder, cells=cells, seed=seed, catalogue=catalogue, offline=offline, threads=threads, progress=progress
        )
        for check in checks:
            name = f"{check.cell.scenario} {check.cell.label} seed {check.cell.seed}"
            typer.echo(
                f"{'agrees ' if check.agrees else 'DIFFERS'} {name}"
                + (f": {check.difference}" if check.difference else "")
            )
            total, wrong = total + 1, wrong + (not check.agrees)
    if wrong:
        tell(f"{wrong} of {total} cells differ; `environment.json` says what the stored ones were made with")
        raise typer.Exit(ExitCode.GATE)
    if not quiet:
        tell(f"{total} cells agree bit for bit")

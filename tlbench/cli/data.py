"""`tlbench data`: where data sets' files are and whether they are whole."""

from __future__ import annotations

from typing import Annotated

import typer

from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.options import Catalogue
from tlbench.errors import TlbenchError

Name = Annotated[str, typer.Argument(metavar="NAME", help="A data set, as `tlbench list datasets` shows it.")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Data sets. Default: all of the local catalogue.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Find and check data sets' files.", rich_markup_mode=None)
    group.command("path", epilog="Example: tlbench data path movielens@1m")(path)
    group.command("verify", epilog="Example: tlbench data verify --catalogue datasets.toml")(verify)
    app.add_typer(group, name="data")


@guarded
def path(name: Name, catalogue: Catalogue = None) -> None:
    """Print where a data set's files are, one a line."""
    from tlbench.data import describe

    info = describe(name, catalogue=catalogue)
    if not info.files:
        raise TlbenchError(
            f"`{info.name}` has no file: {'code makes it' if info.origin == 'code' else 'only an address is known'}",
            hint="`tlbench list datasets` shows what is here",
        )
    for file in info.files:
        typer.echo(str(file))


@guarded
def verify(names: Names = None, catalogue: Catalogue = None) -> None:
    """Sum data sets' files and compare with the catalogue; exit code 2 where one is missing or another."""
    from tlbench.data import list_datasets
    from tlbench.data import verify as check

    wanted = names or [info.name for info in list_datasets(catalogue=catalogue) if info.origin == "local"]
    if not wanted:
        raise TlbenchError("no data set is named and there is no local catalogue", hint="tlbench data verify NAME")
    checks = [found for name in wanted for found in check(name, catalogue=catalogue)]
    for found in checks:
        typer.echo(f"{found.state:<10} {found.name} {found.path.name}")
    wrong = [found for found in checks if found.state in ("missing", "other sum")]
    for found in wrong:
        tell(f"error: `{found.path}` is {found.state}; expected {found.expected}, found {found.sha256}")
    if wrong:
        tell("hint: get the file again, or correct the sum in the catalogue")
        raise typer.Exit(ExitCode.MEND)

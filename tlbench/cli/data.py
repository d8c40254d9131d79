"""`tlbench data`: fetch, import, find, check and remove data sets' files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tlbench.cli.completion import complete_dataset
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.options import Catalogue, Quiet
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.data import Interactions

_BAD = ("missing", "other sum")
Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A data set, as `tlbench list datasets` shows it.", autocompletion=complete_dataset
    ),
]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Data sets. Default: all of the local catalogue.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Fetch, import and check data sets' files.", rich_markup_mode=None)
    group.command("fetch", epilog="Example: tlbench data fetch movielens@25m amazon-books --items")(fetch)
    group.command("import", epilog="Example: tlbench data import plays.csv --user-ids shop")(import_)
    group.command("list", epilog="Example: tlbench data list")(list_stored)
    group.command("remove", epilog="Example: tlbench data remove movielens@25m")(remove)
    group.command("path", epilog="Example: tlbench data path movielens@1m")(path)
    group.command("verify", epilog="Example: tlbench data verify --catalogue datasets.toml")(verify)
    app.add_typer(group, name="data")


@guarded
def path(name: Name, catalogue: Catalogue = None) -> None:
    """Print where a data set's files are, one per line."""
    from tlbench.data import describe

    info = describe(name, catalogue=catalogue)
    if not info.files:
        raise TlbenchError(
            f"`{info.name}` has no file: {'code makes it' if info.origin == 'code' else 'only an address is known'}",
            hint="`tlbench list datasets` shows what is here",
        )
    for file in info.files:
        typer.echo(str(file))
    if not info.present:
        tell(f"`{info.name}` is not here yet; `tlbench data fetch {info.name}` puts it there")


@guarded
def verify(names: Names = None, catalogue: Catalogue = None) -> None:
    """Sum data sets' files and compare with the catalogue; exit code 2 where one is missing or another."""
    from tlbench.data import list_datasets
    from tlbench.data import verify as check

    wanted = names or [info.name for info in list_datasets(catalogue=catalogue) if info.origin == "local"]
    if not wanted:
        raise TlbenchError("no data set is named and there is no local catalogue", hint="tlbench data verify NAME")
    checks = {name: check(name, catalogue=catalogue) for name in wanted}
    for name in (name for name, found in checks.items() if not found):
        tell(f"`{name}` has no file to verify: code makes it")
    for found in (found for files in checks.values() for found in files):
        typer.echo(f"{found.state:<10} {found.name} {found.path.name}")
    missing, other = ([found for files in checks.values() for found in files if found.state == state] for state in _BAD)
    for found in missing:
        tell(f"error: `{found.path}` is missing")
    for found in other:
        tell(f"error: `{found.path}` has another sum; expected {found.expected}, found {found.sha256}")
    if missing:
        tell(f"hint: `tlbench data fetch {missing[0].name}` gets it where its address is known")
    if other:
        tell("hint: get the file again, or correct the sum in the catalogue")
    if missing or other:
        raise typer.Exit(ExitCode.MEND)


@guarded
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Data sets.", autocompletion=complete_dataset)],
    items: Annotated[
        bool,
        typer.Option("--items", help="Also fetch titles and categories that lie in a file of their own. Default: off."),
    ] = False,
    catalogue: Catalogue = None,
    quiet: Quiet = False,
) -> None:
    """Fetch data sets' files into the cache, check their sums, and print where they are."""
    from tlbench.data import fetch_dataset

    with shown_progress(quiet=quiet) as progress:
        paths = [
            file for name in names for file in fetch_dataset(name, catalogue=catalogue, items=items, progress=progress)
        ]
    for file in paths:
        typer.echo(str(file))


@guarded
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV of any separator, Parquet or JSON.")],
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Name to load it under. Default: the file's.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns by name, or by position from 0: user=uid,item=iid,rating=stars. Default: guessed."),
    ] = None,
    separator: Annotated[str | None, typer.Option(help="Character between fields. Default: guessed.")] = None,
    header: Annotated[
        bool | None, typer.Option("--header/--no-header", help="Whether line 1 names the columns. Default: guessed.")
    ] = None,
    time_unit: Annotated[
        Literal["s", "ms", "us", "ns", "ymd", "dmy", "mdy", "yyyymmdd"] | None,
        typer.Option(help="Unit of time, or order of year, month and day. Default: guessed."),
    ] = None,
    user_ids: Annotated[
        str | None, typer.Option(help="Family of user ids; sets of one family share users. Default: its own.")
    ] = None,
    item_ids: Annotated[
        str | None, typer.Option(help="Family of item ids; sets of one family share items. Default: its own.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what was imported under the name before. Default: ask.")
    ] = False,
    lenient: Annotated[bool, typer.Option("--lenient", help="Drop and count unusable lines. Default: off.")] = False,
    quiet: Quiet = False,
) -> None:
    """Give a file a name; its layout is guessed and shown in one line, and the file stays where it is."""
    from tlbench.data import NameTaken, import_file, sniff

    guess = sniff(
        file,
        columns=None if columns is None else _columns(columns),
        separator=None if separator is None else separator.replace("\\t", "\t"),
        header=header,
        time_unit=time_unit,
    )

    def bring(*, force: bool) -> Interactions:
        with shown_progress(quiet=quiet) as progress:
            return import_file(
                file,
                name,
                guess=guess,
                user_ids=user_ids,
                item_ids=item_ids,
                force=force,
                lenient=lenient,
                progress=progress,
            )

    try:
        data = bring(force=force)
    except NameTaken as taken:
        if not sys.stdin.isatty() or not typer.confirm(f"{taken.message}; replace it?", err=True):
            raise
        data = bring(force=True)
    typer.echo(f"{data.name}: {data.n_users:,} users, {data.n_items:,} items, {len(data):,} interactions")


def _columns(text: str) -> dict[str, str | int]:
    """Read ``user=uid,item=2`` as names and positions."""
    pairs = [part.partition("=") for part in text.split(",")]
    wrong = [part for part, equals, column in pairs if not equals or not column]
    if wrong:
        raise TlbenchError(f"`{wrong[0]}` in `--columns` names no column", hint="write user=uid,item=iid")
    return {role.strip(): int(column) if column.strip().isdigit() else column.strip() for role, _, column in pairs}


@guarded
def list_stored(catalogue: Catalogue = None) -> None:
    """List what the cache holds, in megabytes: files that were fetched, and columns made of files."""
    from tlbench.data import stored

    found = stored(catalogue=catalogue)
    typer.echo(f"{'':<48}{'fetched':>12}{'columns':>12}")
    for one in found:
        typer.echo(f"{one.name:<48}{one.raw_bytes / 1e6:>9.1f} MB{one.columns_bytes / 1e6:>9.1f} MB")
    total = sum(one.raw_bytes + one.columns_bytes for one in found)
    tell(f"{len(found)} data sets, {total / 1e6:.1f} MB")


@guarded
def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Data sets.", autocompletion=complete_dataset)],
    catalogue: Catalogue = None,
) -> None:
    """Delete what the cache holds of data sets, and forget imported names; your own files stay."""
    from tlbench.data import remove_dataset

    for name in names:
        typer.echo(f"{name}: {remove_dataset(name, catalogue=catalogue) / 1e6:.1f} MB freed")

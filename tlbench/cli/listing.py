"""`tlbench list`: what can be chosen, each with its reference."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.cli.guard import guarded
from tlbench.cli.options import Catalogue, Plugin
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.registry import MethodEntry

_WIDTH = 80


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="List what can be chosen.", rich_markup_mode=None)
    group.command("methods", epilog="Example: tlbench list methods")(methods)
    group.command("datasets", epilog="Example: tlbench list datasets movielens amazon-books@2018")(datasets)
    group.command("metrics", epilog="Example: tlbench list metrics")(metrics)
    group.command("placebos", epilog="Example: tlbench list placebos")(placebos)
    group.command("protocols", epilog="Example: tlbench list protocols")(protocols)
    group.command("suites", epilog="Example: tlbench list suites")(suites)
    app.add_typer(group, name="list")


@guarded
def methods(plugin: Plugin = None) -> None:
    """List baselines and transfer methods with what they need, their counterparts, placebos and references."""
    from tlbench.plugins import register_all
    from tlbench.registry import METHODS

    register_all(plugin or ())
    for entry in sorted(METHODS, key=lambda entry: (entry.family != "baseline", entry.family, entry.name)):
        _block(f"{entry.name:<22}{entry.family}", _about(entry))


def _about(entry: MethodEntry) -> Iterable[str]:
    yield entry.summary
    if entry.needs:
        yield f"needs {', '.join(entry.needs)}"
    if entry.counterpart:
        yield f"counterpart {entry.counterpart}, placebo {entry.placebo}"
    defaults = [f"{f.name}={f.default!r}" for f in fields(entry.build)]  # type: ignore[arg-type]
    if defaults:
        yield f"parameters {', '.join(defaults)}"
    yield entry.reference


@guarded
def datasets(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Data sets or families. Default: an overview.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show everything about each data set. Default: an overview.")
    ] = False,
    catalogue: Catalogue = None,
    plugin: Plugin = None,
) -> None:
    """List what is here and what can be fetched; of some or all: counts, terms of use and how to cite them."""
    from tlbench.cli.dataset_list import about, chosen, overview
    from tlbench.data import list_datasets
    from tlbench.plugins import register_all

    register_all(plugin or ())
    infos = list_datasets(catalogue=catalogue)
    if not names and not every:
        for line in overview(infos):
            typer.echo(line)
        return
    for info in chosen(infos, names) if names else infos:
        _block(info.name, about(info))


@guarded
def metrics(plugin: Plugin = None) -> None:
    """List metrics; a cut-off follows the name, as in ndcg@10."""
    from tlbench.plugins import register_all
    from tlbench.registry import METRICS

    register_all(plugin or ())
    for entry in METRICS:
        _block(entry.name, [entry.summary, entry.reference])


@guarded
def placebos(plugin: Plugin = None) -> None:
    """List placebos with what they destroy."""
    from tlbench.plugins import register_all
    from tlbench.registry import PLACEBOS

    register_all(plugin or ())
    for entry in PLACEBOS:
        _block(entry.name, [f"destroys {entry.destroys}", entry.reference])


@guarded
def protocols(plugin: Plugin = None) -> None:
    """List the ways to split a target."""
    from tlbench.plugins import register_all
    from tlbench.registry import PROTOCOLS

    register_all(plugin or ())
    for entry in PROTOCOLS:
        _block(entry.usage, [entry.summary])


@guarded
def suites(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of suite files. Default: those that ship with tlbench.")
    ] = None,
) -> None:
    """List suites with their sizes."""
    from tlbench.plugins import register_all
    from tlbench.suite import suite_from_file
    from tlbench.suite.shipped import shipped_suites

    if folder is not None and not folder.is_dir():
        raise TlbenchError(f"`{folder}` is not a folder", hint="name one: `tlbench list suites FOLDER`")
    register_all()
    found = shipped_suites() if folder is None else {str(path): path for path in sorted(folder.glob("*.toml"))}
    for name, path in found.items():
        suite = suite_from_file(path)
        noun = "scenario" if len(suite.scenarios) == 1 else "scenarios"
        _block(name, [f"{len(suite.scenarios)} {noun}, {suite.seeds} seeds, primary metric {suite.primary}"])


def _block(title: str, lines: Iterable[str]) -> None:
    typer.echo(title)
    for line in lines:
        typer.echo(_filled(line))


def _filled(line: str) -> str:
    """Wrap a line below its title; addresses are not broken at their hyphens."""
    return textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)

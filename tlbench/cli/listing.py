"""`tlbench list`: what can be chosen, each with its reference."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

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
    group.command("datasets", epilog="Example: tlbench list datasets --catalogue my.toml")(datasets)
    group.command("metrics", epilog="Example: tlbench list metrics")(metrics)
    group.command("placebos", epilog="Example: tlbench list placebos")(placebos)
    group.command("protocols", epilog="Example: tlbench list protocols")(protocols)
    group.command("suites", epilog="Example: tlbench list suites benchmarks/suites")(suites)
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
def datasets(catalogue: Catalogue = None, plugin: Plugin = None) -> None:
    """List data sets with their counts, whether their files are here, and how to cite them."""
    from tlbench.data import list_datasets
    from tlbench.plugins import register_all

    register_all(plugin or ())
    for info in list_datasets(catalogue=catalogue):
        state = "here" if info.present else "not here"
        marks = [info.origin, state, *([] if info.verified else ["sum not verified"])]
        lines = [", ".join(marks)]
        if info.aliases:
            lines.append(f"also {', '.join(info.aliases)}")
        if info.expects:
            counts = ((info.expects.users, "users"), (info.expects.items, "items"))
            sizes = [f"{count:,} {noun}" for count, noun in counts if count is not None]
            if info.expects.interactions is not None:
                sizes.append(f"{info.expects.interactions:,} interactions")
            lines.append(", ".join(sizes))
        lines += [line for line in (info.summary, info.terms and f"terms: {info.terms}", info.reference) if line]
        _block(info.name, lines)


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
def protocols() -> None:
    """List the ways to split a target."""
    from tlbench.split.split import PROTOCOLS

    for entry in PROTOCOLS.values():
        _block(f"{entry.name}:{entry.argument}" if entry.argument else entry.name, [entry.summary])


@guarded
def suites(folder: Path = Path("benchmarks/suites")) -> None:
    """List the suite files of a folder."""
    from tlbench.plugins import register_all
    from tlbench.suite import suite_from_file

    if not folder.is_dir():
        raise TlbenchError(f"`{folder}` is not a folder", hint="name one: `tlbench list suites --folder FOLDER`")
    register_all()
    for path in sorted(folder.glob("*.toml")):
        suite = suite_from_file(path)
        _block(str(path), [f"{len(suite.scenarios)} scenarios, {suite.seeds} seeds, primary metric {suite.primary}"])


def _block(title: str, lines: Iterable[str]) -> None:
    typer.echo(title)
    for line in lines:
        typer.echo(textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="      "))

"""`tlbench check`: run a suite and hold its results against the accepted ones; the gate of a build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.api.margins import read_margins
from tlbench.cli.gating import (
    Alpha,
    FailOnChoice,
    FailOnOption,
    Form,
    GateFormat,
    Margins,
    Metrics,
    Save,
    Verbose,
    check_files,
    leave,
    show_gate,
)
from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Catalogue, Offline, Plugin, Quiet, names
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.suite import Settings, Suite

_EPILOG = (
    "Examples: tlbench check suites/mine.toml   tlbench check suites/mine.toml --update (accept the present results)"
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog=_EPILOG)(check)


@guarded
def check(
    suite_file: Annotated[
        str | None, typer.Argument(metavar="SUITE", help="Suite file (TOML), or a suite that ships with tlbench.")
    ] = None,
    named: Annotated[str | None, typer.Option("--suite", help="The same as an option. Default: none.")] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(help="Folder of the accepted results. Default: baselines/SUITE beside the suite's folder."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Accept the present results as the baseline. Default: off.")
    ] = False,
    results: Annotated[
        str | None, typer.Option(help="Judge what is in this results folder and run nothing. Default: run the suite.")
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder for the results. Default: results/SUITE.")] = None,
    metrics: Metrics = None,
    margin: Margins = None,
    alpha: Alpha = 0.05,
    fail_on: FailOnChoice = FailOnOption.REGRESSED,
    form: Form = GateFormat.TERMINAL,
    save: Save = None,
    verbose: Verbose = False,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads used at a time. Default: all cores.")] = None,
    catalogue: Catalogue = None,
    offline: Offline = False,
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Run a suite and compare it with its baseline user by user; exit code 1 where something regressed."""
    margins = read_margins(margin)
    check_files(save or [])
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.analysis.compare import ComparedSide, compare_results
    from tlbench.analysis.regression import FailOn, Gate
    from tlbench.store.baseline import read_baseline
    from tlbench.store.place import place
    from tlbench.suite import Settings, suite_from_file
    from tlbench.suite.shipped import suite_path

    if suite_file is None and named is None:
        raise TlbenchError("no suite is given", hint="tlbench check smoke; `tlbench list suites` lists names")
    path = suite_path(suite_file or named or "")
    suite = suite_from_file(path)
    accepted = baseline or path.resolve().parent.parent / "baselines" / suite.name
    if not update:
        read_baseline(accepted)
    folder = place(results or out or Path("results") / suite.name)
    if results is None:
        _run(suite, folder, Settings(catalogue=catalogue, offline=offline, threads=threads), quiet=quiet)
    if update:
        _accept(accepted, folder)
        return
    changes = compare_results(
        ComparedSide(accepted),
        ComparedSide(folder),
        metrics=names(metrics),
        margins=margins.by_metric,
        margin=margins.common,
        alpha=alpha,
    )
    gate = Gate(tuple(changes), FailOn(fail_on), strict=True)
    show_gate(gate, form, title=f"tlbench check {suite.name}", save=save or [], verbose=verbose)
    if not gate.passed and not quiet:
        tell(f"hint: where the change is wanted, accept it with `tlbench check {suite_file or named} --update`")
    leave(gate)


def _run(suite: Suite, out: Path, settings: Settings, *, quiet: bool) -> None:
    from tlbench.pipeline import run_suite

    settings = settings.side_by_side()
    with shown_progress(quiet=quiet, jobs=settings.n_jobs) as progress:
        run_suite(suite, out, settings=settings, progress=progress)


def _accept(accepted: Path, results: Path) -> None:
    from tlbench.pipeline import accept_results

    accept_results(results, accepted)
    tell(f"`{accepted}` holds the new baseline; commit it")

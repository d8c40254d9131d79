"""`tlbench compare`: what changed from one set of results to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tlbench.analysis.external_files import Ties
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
    read_margins,
    show_gate,
)
from tlbench.cli.guard import guarded
from tlbench.cli.options import Plugin, TiesOption, names
from tlbench.errors import TlbenchError


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        "Examples: tlbench compare results/old results/new   tlbench compare R::ease R::pooled-ease   "
        "tlbench compare A.run B.run --qrels Q"
    )
    app.command("compare", epilog=epilog)(compare)


@guarded
def compare(
    control: Annotated[
        str, typer.Argument(metavar="CONTROL", help="Results folder or baseline, or one method: FOLDER::METHOD.")
    ],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="What to compare with it, in the same form.")],
    qrels: Annotated[
        Path | None,
        typer.Option(help="The two are run files, judged on this. Default: they are folders."),
    ] = None,
    ties: TiesOption = Ties.RANDOM,
    metrics: Metrics = None,
    margin: Margins = None,
    alpha: Alpha = 0.05,
    fail_on: FailOnChoice = FailOnOption.REGRESSED,
    form: Form = GateFormat.TERMINAL,
    save: Save = None,
    verbose: Verbose = False,
    plugin: Plugin = None,
) -> None:
    """Compare two results folders, or two methods, user by user; exit code 1 where something regressed."""
    margins = read_margins(margin or [])
    check_files(save or [])
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.analysis.compare import compare_files, compare_results, parse_side
    from tlbench.analysis.regression import FailOn, Gate

    rules: dict[str, Any] = {
        "metrics": names(metrics),
        "margins": margins.by_metric,
        "margin": margins.common,
        "alpha": alpha,
    }
    if qrels is None:
        _refuse_files(control, candidate)
        changes = compare_results(parse_side(control), parse_side(candidate), **rules)
    else:
        changes = compare_files(Path(control), Path(candidate), qrels, ties=ties, **rules)
    gate = Gate(tuple(changes), FailOn(fail_on))
    show_gate(gate, form, title="tlbench compare", save=save or [], verbose=verbose)
    leave(gate)


def _refuse_files(*sides: str) -> None:
    """Say how run files are compared, where they were given as if they were folders."""
    for side in sides:
        if Path(side).is_file():
            raise TlbenchError(
                f"`{side}` is a file, and run files need judgements", hint="say what is relevant: `--qrels QRELS`"
            )

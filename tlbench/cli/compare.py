"""`tlbench compare`: what changed from one set of results to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    show_gate,
)
from tlbench.cli.guard import guarded
from tlbench.cli.options import Plugin, TiesOption, names


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
    check_files(save or [])
    from tlbench.api import compare as ask

    gate = ask(
        control,
        candidate,
        qrels=qrels,
        ties=ties.value,
        metrics=names(metrics),
        margin=margin,
        alpha=alpha,
        fail_on=fail_on.value,
        plugins=plugin or (),
    ).gate
    show_gate(gate, form, title="tlbench compare", save=save or [], verbose=verbose)
    leave(gate)

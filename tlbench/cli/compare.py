"""`tlbench compare`: what changed from one set of results to another."""

from __future__ import annotations

from typing import Annotated

import typer

from tlbench.cli.guard import ExitCode, guarded
from tlbench.cli.options import Plugin, share
from tlbench.cli.report import Format


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    epilog = "Examples: tlbench compare results/old results/new   tlbench compare R::ease R::pooled-ease"
    app.command("compare", epilog=epilog)(compare)


@guarded
def compare(
    control: Annotated[str, typer.Argument(metavar="CONTROL", help="Results folder, or FOLDER::METHOD.")],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", help="Results folder, or FOLDER::METHOD.")],
    metric: Annotated[str | None, typer.Option(help="What to compare. Default: the control's primary metric.")] = None,
    margin: Annotated[str, typer.Option(help="Share of the control's mean that counts as a difference.")] = "1%",
    alpha: Annotated[float, typer.Option(help="Level of the tests.")] = 0.05,
    form: Annotated[Format, typer.Option("--format", help="How to print it. Default: terminal.")] = Format.TERMINAL,
    plugin: Plugin = None,
) -> None:
    """Compare two results folders, or two methods, user by user; exit code 1 where something regressed."""
    from tlbench.plugins import register_all

    register_all(plugin or ())
    from tlbench.contrast import contrast, parse_side
    from tlbench.report.changes import changes_as_json, changes_as_markdown
    from tlbench.report.terminal import print_changes
    from tlbench.verdict import Outcome

    changes = contrast(parse_side(control), parse_side(candidate), metric=metric, margin=share(margin), alpha=alpha)
    match form:
        case Format.TERMINAL:
            print_changes(changes)
        case Format.MARKDOWN:
            typer.echo(changes_as_markdown(changes), nl=False)
        case Format.JSON:
            typer.echo(changes_as_json(changes), nl=False)
    if any(change.verdict.outcome is Outcome.HURTS for change in changes):
        raise typer.Exit(ExitCode.GATE)

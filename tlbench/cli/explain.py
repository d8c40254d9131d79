"""`tlbench explain`: every number on the way from users' values to one verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from tlbench.cli.guard import guarded
from tlbench.cli.options import Plugin

_SIDES = ("counterpart", "best-baseline", "placebo")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", epilog="Example: tlbench explain results/demo pooled-ease --against placebo")(explain)


@guarded
def explain(
    results: Annotated[str, typer.Argument(metavar="RESULTS", help="Folder that `tlbench run` wrote.")],
    method: Annotated[str, typer.Argument(metavar="METHOD", help="A transfer method of it.")],
    scenario: Annotated[str | None, typer.Option(help="Which scenario. Default: the only one.")] = None,
    against: Annotated[
        str, typer.Option(help="counterpart, best-baseline or placebo. Default: counterpart.")
    ] = "counterpart",
    metric: Annotated[str | None, typer.Option(help="A metric of the suite. Default: the primary one.")] = None,
    plugin: Plugin = None,
) -> None:
    """Print every number on the way from users' values to one verdict."""
    from tlbench.plugins import register_all
    from tlbench.registry import unknown

    if against not in _SIDES:
        raise unknown("side", against, list(_SIDES), "tlbench explain --help")
    register_all(plugin or ())
    from tlbench.analysis.explanation import explain_comparison
    from tlbench.analysis.summary import Against
    from tlbench.report.explain import as_text
    from tlbench.store.place import place

    found = explain_comparison(place(results), method, scenario=scenario, against=Against(against), metric=metric)
    typer.echo(as_text(found), nl=False)

"""`tlbench power`: how many users and seeds a new experiment needs, judged by a pilot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tlbench.cli.guard import guarded, tell
from tlbench.cli.options import Plugin, names
from tlbench.errors import TlbenchError
from tlbench.values import DEFAULT_MARGIN, Margin

if TYPE_CHECKING:
    from tlbench.stats.design import Design, SeedPlan


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("power", epilog="Example: tlbench power results/demo --margin 2% --seeds 1,3,5,10")(power)


@guarded
def power(
    results: Annotated[str, typer.Argument(metavar="RESULTS", help="Folder of the pilot; best with several seeds.")],
    margin: Annotated[str, typer.Option(help="Difference to be seen, a share of the control's mean.")] = str(
        DEFAULT_MARGIN
    ),
    seeds: Annotated[str, typer.Option(help="Numbers of seeds to plan for, separated by commas.")] = "1,3,5,10",
    methods: Annotated[
        str | None, typer.Option(help="Transfer methods, separated by commas. Default: all of the pilot.")
    ] = None,
    plugin: Plugin = None,
) -> None:
    """Say how many users and seeds a new experiment needs to see a difference of the margin."""
    from tlbench.api import power as ask

    counts = [_whole(text) for text in names(seeds)]
    plans = ask(results, margin=margin, seeds=counts, methods=names(methods), plugins=plugin or ())
    typer.echo("\n\n".join(f"{one.scenario}\n{_text(one.design)}" for one in plans.methods))
    if plans.seeds == 1:
        tell("the pilot has one seed, so how much seeds vary is unknown; plan from a run with `--seeds 3`")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise TlbenchError(f"`{text}` is not a number of seeds", hint="write `--seeds 1,3,5`") from None


def _text(plan: Design) -> str:
    pilot, parts = plan.comparison, plan.components
    lines = [
        f"  {pilot.candidate} against {pilot.control}, {pilot.metric}: a pilot of {pilot.n_users:,} users,"
        f" {pilot.n_seeds} seeds",
        f"  variance: users {parts.user:.3g}, seeds {parts.seed:.3g}, rest {parts.rest:.3g}",
        f"  to see {Margin(plan.margin)} ({plan.size:.3g}) at level {plan.alpha:.3g} ({pilot.family} comparisons):",
        f"  {'seeds':>5} {'power':>5} {'users to find it [95 %]':>29} {'to rule it out':>16} {'found by these':>14}",
        *(_row(one) for one in plan.plans),
    ]
    if plan.seeds_with_these_users is None:
        lines.append(f"  no number of seeds makes {pilot.n_users:,} users enough")
    else:
        lines.append(f"  with {pilot.n_users:,} users: {plan.seeds_with_these_users} seeds for a power of 80 %")
    return "\n".join(lines)


def _row(plan: SeedPlan) -> str:
    detect = "more seeds first" if plan.to_detect is None else f"{plan.to_detect:,}"
    if plan.to_detect is not None and plan.fewest is not None:
        detect += f" [{plan.fewest:,}, {'no bound' if plan.most is None else f'{plan.most:,}'}]"
    equal = "more seeds first" if plan.to_show_equivalence is None else f"{plan.to_show_equivalence:,}"
    return f"  {plan.n_seeds:>5} {plan.power:>5.0%} {detect:>29} {equal:>16} {plan.detectable:>14.5f}"

"""`tlbench run`: scenarios or a suite file -> results on disk and a report on stdout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tlbench.cli.arrow import mend_arrows
from tlbench.cli.completion import complete_scenario
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.analysis.learning_curve import Axis
    from tlbench.suite import Request

_EPILOG = (
    'Example: tlbench run "movielens->amazon-books" --seeds 3   '
    "(quotes matter: a shell takes `>` for itself; `movielens:amazon-books` needs none)"
)
_FRACTIONS = ("target_fraction", "source_fraction")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", epilog=_EPILOG)(run)


@guarded
@with_options(without=("scenarios",))
def run(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO... | SUITE",
            help="`source[+source...]->target` of names or files, or one suite.",
            autocompletion=complete_scenario,
        ),
    ] = None,
    *,
    given: Given,
    suite: Annotated[
        str | None, typer.Option(help="A suite that ships with tlbench, see `tlbench list suites`. Default: none.")
    ] = None,
    preset: Annotated[
        Literal["quick", "paper"] | None,
        typer.Option(help="quick for a first verdict, paper for what a reviewer asks for. Default: none."),
    ] = None,
    until_decided: Annotated[
        bool,
        typer.Option(
            "--until-decided",
            help="Add seeds step by step up to --seeds, stop when all verdicts are settled; the error stays alpha. "
            "Default: off.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the cells, what is done, time and memory; run nothing. Default: off."),
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Run only the cells that failed before. Default: all missing cells."),
    ] = False,
) -> None:
    """Run methods on scenarios and judge whether transfer helps."""
    scenarios = scenarios or ([] if suite is None else [suite])
    if not scenarios:
        raise TlbenchError(
            "no scenario is given",
            hint='try the built-in synthetic domains: `tlbench run "demo-movies->demo-books"`; '
            "`tlbench list datasets` shows all data sets",
        )
    shares = {name: given.pop(name) for name in _FRACTIONS if isinstance(given.get(name), tuple)}
    from tlbench.api.requests import make_request

    with shown_progress(quiet=given.get("quiet", False)) as progress:
        request = make_request(mend_arrows(scenarios), given, preset=preset, progress=progress)
    request = replace(request, settings=request.settings.side_by_side())
    if dry_run:
        _forecast(request)
    elif shares:
        _run_curve(request, shares, retry_failed=retry_failed)
    else:
        _run(request, until_decided=until_decided, retry_failed=retry_failed)


def _forecast(request: Request) -> None:
    from tlbench.api.running import folder_of
    from tlbench.cli.dry_run import print_forecasts
    from tlbench.pipeline import forecast_suite

    suite, settings = request.suite, request.settings
    with shown_progress(quiet=settings.quiet) as progress:
        forecasts = forecast_suite(
            suite,
            folder_of(request),
            catalogue=settings.catalogue,
            offline=settings.offline,
            jobs=settings.n_jobs,
            progress=progress,
        )
    print_forecasts(forecasts)


def _run(request: Request, *, until_decided: bool, retry_failed: bool) -> None:
    from tlbench.api.running import run_request
    from tlbench.report.document import Report
    from tlbench.report.terminal import print_report

    settings = request.settings
    with shown_progress(
        quiet=settings.quiet,
        as_json=settings.json_progress,
        jobs=settings.n_jobs,
        scenarios=len(request.suite.scenarios),
    ) as progress:
        found = run_request(request, until_decided=until_decided, retry_failed=retry_failed, progress=progress)
    print_report(Report(found.findings))
    if not (settings.quiet or settings.json_progress):
        tell(f"results are in `{found.folder}`; `tlbench report {found.folder} --format markdown` prints them again")
    if found.findings.failed:
        raise typer.Exit(ExitCode.GATE)


def _run_curve(request: Request, shares: dict[str, tuple[float, ...]], *, retry_failed: bool) -> None:
    """Run a suite for every fraction and print how the gain changes with it."""
    from tlbench.api.running import folder_of
    from tlbench.pipeline import run_curve
    from tlbench.report.curve_text import curves_as_text
    from tlbench.suite import validated

    if len(shares) > 1:
        raise TlbenchError(
            "both the target's and the sources' fractions vary",
            hint="give several shares to one of `--target-fraction` and `--source-fraction`",
        )
    ((name, values),) = shares.items()
    changed: list[tuple[float, dict[str, Any]]] = [(value, {name: value}) for value in values]
    suites = {value: validated(replace(request.suite, **change)) for value, change in changed}
    settings, out = request.settings, folder_of(request)
    axis: Axis = "target" if name == "target_fraction" else "source"
    with shown_progress(quiet=settings.quiet, as_json=settings.json_progress, jobs=settings.n_jobs) as progress:
        curves = run_curve(suites, out, axis=axis, settings=settings, retry_failed=retry_failed, progress=progress)
    typer.echo(curves_as_text(curves), nl=False)
    if not (settings.quiet or settings.json_progress):
        tell(f"curves are in `{out}`; `tlbench report {out} --format html` makes a page of them")

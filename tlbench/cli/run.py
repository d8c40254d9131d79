"""`tlbench run`: scenarios or a suite file -> results on disk and a report on stdout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.from_options import Given, with_options
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.analysis.learning_curve import Axis
    from tlbench.suite import Request

_EPILOG = (
    'Example: tlbench run "movielens->amazon-books" --seeds 3 --placebo   '
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
            metavar="SCENARIO... | SUITE.toml",
            help="`source[+source...]->target` of names or files, or one suite file.",
        ),
    ] = None,
    *,
    given: Given,
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
    if not scenarios:
        raise TlbenchError(
            "no scenario is given",
            hint='try the built-in synthetic domains: `tlbench run "demo-movies->demo-books"`; '
            "`tlbench list datasets` shows all data sets",
        )
    shares = {name: given.pop(name) for name in _FRACTIONS if isinstance(given.get(name), tuple)}
    request = _request(scenarios_meant(scenarios, quiet=given.get("quiet", False)), given)
    if dry_run:
        _forecast(request)
    elif shares:
        _run_curve(request, shares, retry_failed=retry_failed)
    else:
        _run(request, until_decided=until_decided, retry_failed=retry_failed)


def _request(arguments: list[str], chosen: dict[str, Any]) -> Request:
    """Make the request of a file or of scenarios; what is chosen on the command line wins over the file."""
    from tlbench.plugins import register_all
    from tlbench.suite import read_request
    from tlbench.suite.reading import read_table

    file = next((Path(argument) for argument in arguments if argument.endswith(".toml")), None)
    if file is not None and len(arguments) > 1:
        raise TlbenchError("a suite file stands alone", hint="run it without further scenarios")
    in_file = read_table(file).get("plugins", []) if file is not None else []
    plugins = [*(in_file if isinstance(in_file, list) else []), *chosen.get("plugins", [])]
    register_all([Path(plugin) for plugin in plugins if isinstance(plugin, str)])
    if file is not None:
        return read_request(file, chosen)
    return read_request(None, {**chosen, "scenarios": arguments})


def _forecast(request: Request) -> None:
    from tlbench.cli.dry_run import print_forecasts
    from tlbench.pipeline import forecast_suite

    suite, settings = request.suite, request.settings
    with shown_progress(quiet=settings.quiet) as progress:
        forecasts = forecast_suite(
            suite,
            _folder(request),
            catalogue=settings.catalogue,
            offline=settings.offline,
            jobs=settings.jobs,
            progress=progress,
        )
    print_forecasts(forecasts)


def _folder(request: Request) -> Path:
    from tlbench.store.place import place

    return place(request.settings.out or Path("results") / request.suite.name)


def _run(request: Request, *, until_decided: bool, retry_failed: bool) -> None:
    from tlbench.pipeline import run_suite, run_until_decided
    from tlbench.report.document import Report
    from tlbench.report.terminal import print_report

    settings, out = request.settings, _folder(request)
    with shown_progress(quiet=settings.quiet, as_json=settings.json_progress, jobs=settings.jobs) as progress:
        run = run_until_decided if until_decided else run_suite
        findings = run(request.suite, out, settings=settings, retry_failed=retry_failed, progress=progress)
    print_report(Report(findings))
    if not (settings.quiet or settings.json_progress):
        tell(f"results are in `{out}`; `tlbench report {out} --format markdown` prints them again")
    if findings.failed:
        raise typer.Exit(ExitCode.GATE)


def _run_curve(request: Request, shares: dict[str, tuple[float, ...]], *, retry_failed: bool) -> None:
    """Run a suite for every fraction and print how the gain changes with it."""
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
    settings, out = request.settings, _folder(request)
    axis: Axis = "target" if name == "target_fraction" else "source"
    with shown_progress(quiet=settings.quiet, as_json=settings.json_progress, jobs=settings.jobs) as progress:
        curves = run_curve(suites, out, axis=axis, settings=settings, retry_failed=retry_failed, progress=progress)
    typer.echo(curves_as_text(curves), nl=False)
    if not (settings.quiet or settings.json_progress):
        tell(f"curves are in `{out}`; `tlbench report {out} --format html` makes a page of them")

"""`tlbench run`: scenarios or a suite file -> results on disk and a report on stdout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlbench.cli.arrow import mend_arrows
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.options import Catalogue, Plugin, Quiet, names, share
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.suite import Suite

_EPILOG = (
    'Example: tlbench run "movielens->amazon-books" --seeds 3 --placebo   '
    "(quotes matter: a shell takes `>` for itself; `movielens:amazon-books` needs none)"
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run", epilog=_EPILOG)(run)


@guarded
def run(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENARIO... | SUITE.toml", help="`source[+source...]->target`, or one suite file."),
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Transfer methods, separated by commas. Default: all that can run.")
    ] = None,
    baselines: Annotated[
        str | None, typer.Option(help="Target-only baselines, separated by commas. Default: all.")
    ] = None,
    metrics: Annotated[
        str | None, typer.Option(help="Metrics, the primary one first. Default: ndcg@10,recall@20,mrr@10.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Number of seeds. Default: 1.")] = None,
    placebo: Annotated[
        bool | None,
        typer.Option("--placebo/--no-placebo", help="Also run on sources whose knowledge is destroyed. Default: off."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="How the target is split, as NAME or NAME:ARGUMENT. Default: temporal, without time ratio."),
    ] = None,
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="KIND:N",
            help="Rank held-out items among N sampled others, `uniform:100` or `popularity:100`, to reproduce published"
            " figures. Default: among the whole catalogue.",
        ),
    ] = None,
    k_core: Annotated[
        int | None, typer.Option(min=1, help="Least interactions of a user and an item; 1 turns it off. Default: 5.")
    ] = None,
    min_rating: Annotated[
        float | None, typer.Option(help="Interactions rated lower are removed. Default: all are kept.")
    ] = None,
    split_seed: Annotated[int | None, typer.Option(help="Seed of the split. Default: 0.")] = None,
    margin: Annotated[
        str | None, typer.Option(help="Share of the control's mean that counts as a difference. Default: 1%.")
    ] = None,
    correction: Annotated[
        str | None,
        typer.Option(help="For many candidates: holm, hochberg, bonferroni, bh, by, max-t or none. Default: holm."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="METHOD.NAME=VALUE", help="A hyper-parameter; may be repeated. Default: none."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results. Default: results/SUITE.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads used at a time. Default: all cores.")] = None,
    block_size: Annotated[
        int | None, typer.Option(min=1, help="Users scored at a time. Default: by available memory.")
    ] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Drop and count malformed ratings instead of stopping. Default: off.")
    ] = False,
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
    catalogue: Catalogue = None,
    plugin: Plugin = None,
    quiet: Quiet = False,
) -> None:
    """Run methods on scenarios and judge whether transfer helps."""
    if not scenarios:
        raise TlbenchError(
            "no scenario is given",
            hint='try the built-in synthetic domains: `tlbench run "demo-movies->demo-books"`; '
            "`tlbench list datasets` shows all data sets",
        )
    meant = mend_arrows(scenarios)
    from tlbench.plugins import register_all

    register_all(plugin or ())
    chosen: dict[str, Any] = {
        "methods": names(methods) or None,
        "baselines": names(baselines) or None,
        "metrics": names(metrics) or None,
        "seeds": seeds,
        "placebo": placebo,
        "protocol": protocol,
        "candidates": candidates,
        "k_core": k_core,
        "min_rating": min_rating,
        "split_seed": split_seed,
        "margin": None if margin is None else share(margin),
        "correction": correction,
        "parameters": _parameters(parameter or []) or None,
    }
    suite = _suite(meant, {key: value for key, value in chosen.items() if value is not None})
    folder = out or Path("results") / suite.name
    if dry_run:
        _forecast(suite, folder, lenient=lenient, catalogue=catalogue, quiet=quiet)
        return
    _run(
        suite,
        folder,
        until_decided=until_decided,
        threads=threads,
        block_size=block_size,
        lenient=lenient,
        catalogue=catalogue,
        quiet=quiet,
    )


def _suite(arguments: list[str], chosen: dict[str, Any]) -> Suite:
    """Make the suite of a file or of scenarios; what is chosen on the command line wins over the file."""
    from tlbench.scenario.grammar import parse_scenario
    from tlbench.suite import Suite, suite_from_file, validated

    if any(argument.endswith(".toml") for argument in arguments):
        if len(arguments) > 1:
            raise TlbenchError("a suite file stands alone", hint="run it without further scenarios")
        return validated(replace(suite_from_file(Path(arguments[0])), **chosen))
    scenarios = tuple(dict.fromkeys(parse_scenario(argument) for argument in arguments))
    name = scenarios[0].slug if len(scenarios) == 1 else f"{scenarios[0].slug}-and-{len(scenarios) - 1}-more"
    return validated(Suite(name=name, scenarios=scenarios, **chosen))


def _parameters(texts: list[str]) -> dict[str, dict[str, Any]]:
    import tomllib

    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        method, dot, name = target.partition(".")
        try:
            if not (equals and dot and method and name):
                raise ValueError("it is not METHOD.NAME=VALUE")
            found.setdefault(method, {})[name] = tomllib.loads(f"value = {value}")["value"]
        except ValueError as error:
            raise TlbenchError(f"`--set {text}` cannot be read: {error}", hint="write `--set ease.l2=100`") from error
    return found


def _forecast(suite: Suite, out: Path, *, lenient: bool, catalogue: Path | None, quiet: bool) -> None:
    from tlbench.cli.dry_run import print_forecasts
    from tlbench.pipeline import forecast_suite

    with shown_progress(quiet=quiet) as progress:
        forecasts = forecast_suite(suite, out, catalogue=catalogue, lenient=lenient, progress=progress)
    print_forecasts(forecasts)


def _run(
    suite: Suite,
    out: Path,
    *,
    until_decided: bool,
    threads: int | None,
    block_size: int | None,
    lenient: bool,
    catalogue: Path | None,
    quiet: bool,
) -> None:
    from tlbench.pipeline import run_suite, run_until_decided
    from tlbench.report.terminal import print_findings

    with shown_progress(quiet=quiet) as progress:
        findings = (run_until_decided if until_decided else run_suite)(
            suite,
            out,
            catalogue=catalogue,
            lenient=lenient,
            threads=threads,
            block_size=block_size,
            progress=progress,
        )
    print_findings(findings)
    if not quiet:
        tell(f"results are in `{out}`; `tlbench report {out} --format markdown` prints them again")
    if findings.failed:
        raise typer.Exit(ExitCode.GATE)

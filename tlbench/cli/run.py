"""`tlbench run`: scenarios or a suite file -> results on disk and a report on stdout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tlbench.cli.arrow import scenarios_meant
from tlbench.cli.guard import ExitCode, guarded, tell
from tlbench.cli.options import Catalogue, Offline, Plugin, Quiet, names, share
from tlbench.cli.progress import shown_progress
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.analysis.learning_curve import Axis
    from tlbench.suite import Request

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
        typer.Argument(
            metavar="SCENARIO... | SUITE.toml",
            help="`source[+source...]->target` of names or files, or one suite file.",
        ),
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
    target_fraction: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE,...", help="Shares of the target's training part; several make a learning curve. Default: 1."
        ),
    ] = None,
    source_fraction: Annotated[
        str | None,
        typer.Option(metavar="SHARE,...", help="Shares of the sources; several make a learning curve. Default: 1."),
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
    links: Annotated[
        str | None,
        typer.Option(
            metavar="titles|none|FILE.csv",
            help="How items without common ids are linked; `tlbench link` writes such a file. Default: titles.",
        ),
    ] = None,
    split_seed: Annotated[int | None, typer.Option(help="Seed of the split. Default: 0.")] = None,
    margin: Annotated[
        str | None, typer.Option(help="Share of the control's mean that counts as a difference. Default: 1%.")
    ] = None,
    alpha: Annotated[float | None, typer.Option(help="Level of the tests. Default: 0.05.")] = None,
    correction: Annotated[
        str | None,
        typer.Option(help="For many candidates: holm, hochberg, bonferroni, bh, by, max-t or none. Default: holm."),
    ] = None,
    tune: Annotated[
        int | None,
        typer.Option(min=0, help="Trials of tuning for every method, baseline and placebo alike. Default: 0."),
    ] = None,
    tune_seconds: Annotated[
        float | None, typer.Option(min=0, help="Most seconds for the trials of one of them. Default: no limit.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="METHOD.NAME=VALUE", help="A hyper-parameter; may be repeated. Default: none."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the suite. Default: the file's or the scenario's.")] = None,
    out: Annotated[
        str | None, typer.Option(help="Folder for the results, or an fsspec address. Default: results/SUITE.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes at a time. Default: 1.")] = None,
    cluster: Annotated[
        str | None, typer.Option(help="Dask scheduler, tcp://HOST:PORT, that runs the cells. Default: this machine.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads used at a time. Default: all cores.")] = None,
    block_size: Annotated[
        int | None, typer.Option(min=1, help="Users scored at a time. Default: by available memory.")
    ] = None,
    lenient: Annotated[
        bool | None,
        typer.Option("--lenient/--no-lenient", help="Drop and count malformed ratings, do not stop. Default: off."),
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
        bool, typer.Option("--retry-failed", help="Run only the cells that failed before. Default: all that miss.")
    ] = False,
    catalogue: Catalogue = None,
    offline: Offline = False,
    plugin: Plugin = None,
    quiet: Quiet = False,
    json_progress: Annotated[
        bool, typer.Option("--json-progress", help="Progress on stderr, a JSON object a line. Default: off.")
    ] = False,
) -> None:
    """Run methods on scenarios and judge whether transfer helps."""
    if not scenarios:
        raise TlbenchError(
            "no scenario is given",
            hint='try the built-in synthetic domains: `tlbench run "demo-movies->demo-books"`; '
            "`tlbench list datasets` shows all data sets",
        )
    meant = scenarios_meant(scenarios, quiet=quiet)
    shares = {"target_fraction": fractions(target_fraction), "source_fraction": fractions(source_fraction)}
    chosen: dict[str, Any] = {
        "name": name,
        "methods": names(methods) or None,
        "baselines": names(baselines) or None,
        "metrics": names(metrics) or None,
        "seeds": seeds,
        "placebo": placebo,
        "protocol": protocol,
        "candidates": candidates,
        **{name: values[0] for name, values in shares.items() if len(values) == 1},
        "k_core": k_core,
        "min_rating": min_rating,
        "links": links,
        "split_seed": split_seed,
        "margin": None if margin is None else share(margin),
        "alpha": alpha,
        "correction": correction,
        "parameters": _parameters(parameter or []) or None,
        "tune": tune,
        "tune_seconds": tune_seconds,
        "lenient": lenient,
        "out": out,
        "catalogue": None if catalogue is None else str(catalogue),
        "offline": offline or None,
        "plugins": [str(path) for path in plugin or ()] or None,
        "jobs": jobs,
        "threads": threads,
        "block_size": block_size,
        "cluster": cluster,
        "quiet": quiet or None,
        "json_progress": json_progress or None,
    }
    request = _request(meant, {key: value for key, value in chosen.items() if value is not None})
    if dry_run:
        _forecast(request)
    elif any(len(values) > 1 for values in shares.values()):
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


def fractions(text: str | None) -> tuple[float, ...]:
    """Read shares that commas separate, ascending, each once."""
    return tuple(sorted({share(part) for part in names(text)}))


def _folder(request: Request) -> Path:
    from tlbench.store.place import place

    return place(request.settings.out or Path("results") / request.suite.name)


def _run(request: Request, *, until_decided: bool, retry_failed: bool) -> None:
    from tlbench.pipeline import run_suite, run_until_decided
    from tlbench.report.terminal import print_findings

    settings, out = request.settings, _folder(request)
    with shown_progress(quiet=settings.quiet, as_json=settings.json_progress, jobs=settings.jobs) as progress:
        run = run_until_decided if until_decided else run_suite
        findings = run(request.suite, out, settings=settings, retry_failed=retry_failed, progress=progress)
    print_findings(findings)
    if not (settings.quiet or settings.json_progress):
        tell(f"results are in `{out}`; `tlbench report {out} --format markdown` prints them again")
    if findings.failed:
        raise typer.Exit(ExitCode.GATE)


def _run_curve(request: Request, shares: dict[str, tuple[float, ...]], *, retry_failed: bool) -> None:
    """Run a suite for every fraction and print how the gain changes with it."""
    from tlbench.pipeline import run_curve
    from tlbench.report.curve_text import curves_as_text
    from tlbench.suite import validated

    if all(len(values) > 1 for values in shares.values()):
        raise TlbenchError(
            "both the target's and the sources' fractions vary",
            hint="give several shares to one of `--target-fraction` and `--source-fraction`",
        )
    name = next(name for name, values in shares.items() if len(values) > 1)
    changed: list[tuple[float, dict[str, Any]]] = [(value, {name: value}) for value in shares[name]]
    suites = {value: validated(replace(request.suite, **change)) for value, change in changed}
    settings, out = request.settings, _folder(request)
    axis: Axis = "target" if name == "target_fraction" else "source"
    with shown_progress(quiet=settings.quiet, as_json=settings.json_progress, jobs=settings.jobs) as progress:
        curves = run_curve(suites, out, axis=axis, settings=settings, retry_failed=retry_failed, progress=progress)
    typer.echo(curves_as_text(curves), nl=False)
    if not (settings.quiet or settings.json_progress):
        tell(f"curves are in `{out}`; `tlbench report {out} --format html` makes a page of them")

"""The stages in order: data -> scenario -> split -> cells -> results -> findings -> report. Read this first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from tlbench.analysis.evidence import make_evidence
from tlbench.analysis.learning_curve import Axis, Curve, Sweep
from tlbench.analysis.profile import Profile, gains_at_some_level, is_profile, make_profile
from tlbench.analysis.questions import gains_shown
from tlbench.analysis.summary import Findings, make_findings
from tlbench.data import load
from tlbench.errors import TlbenchError
from tlbench.execute.context import RunContext, open_run
from tlbench.execute.forecast import Forecast, make_forecast
from tlbench.execute.inputs import inputs_of, judging_of
from tlbench.execute.plan import make_plan
from tlbench.execute.scenario import PlaceboGate, gap_of, run_scenario
from tlbench.execute.verify import Check, verify_results
from tlbench.io.sums import sha256_of, sha256_of_table
from tlbench.methods.deep.device import describe
from tlbench.progress import SILENT, Progress
from tlbench.report import write_curves, write_profiles, write_reports
from tlbench.report.document import Report
from tlbench.scenario.build import build_scenario
from tlbench.scenario.gap import Gap
from tlbench.scenario.grammar import ScenarioName, parse_scenario
from tlbench.scenario.same_ids import notices_of_ids
from tlbench.split.candidates import WARNING as CANDIDATES_WARNING
from tlbench.split.counts import ScenarioCounts, tally
from tlbench.split.populations import questions_of
from tlbench.split.split import Splits, make_splits
from tlbench.split.training import Split
from tlbench.stats.sequential import look_levels, seeds_at_looks
from tlbench.store.baseline import write_baseline
from tlbench.store.fractions import fraction_folder, fraction_folders
from tlbench.store.results import ResultsFolder
from tlbench.suite import Settings, Suite


def run_suite(
    suite: Suite,
    out: Path,
    *,
    settings: Settings | None = None,
    catalogue: Path | None = None,
    threads: int | None = None,
    retry_failed: bool = False,
    progress: Progress = SILENT,
) -> Findings:
    """Run what is missing of a suite, keep it in a folder, and judge all of it.

    Parameters
    ----------
    suite
        What to run and how to judge it.
    out
        Folder of the results; finished cells in it are reused.
    settings
        By what means; by default in this process.
    catalogue, threads
        As in `settings`, where nothing else of it is wanted.
    retry_failed
        Run only the cells that failed before.
    progress
        Listener of the work.

    Raises
    ------
    TlbenchError
        If data, names or numbers are wrong, another run has the folder, or it cannot be written.
    """
    settings = settings or Settings(catalogue=catalogue, threads=threads)
    with open_run(out, suite, settings) as context:
        _run_scenarios(context, settings, retry_failed=retry_failed, progress=progress)
        report = read_report(out, consolidate=True)
        write_reports(report, out)
    return report.findings


def _placebo_gate(suite: Suite, folder: ResultsFolder) -> PlaceboGate:
    """Ask placebos of the methods whose gain over their counterparts is shown, judged by the suite's own rules."""
    rule = sha256_of_table({**judging_of(suite), "code": _judging_code()})
    shown = gains_at_some_level if is_profile(suite) else gains_shown

    def passed(name: str) -> tuple[str, ...]:
        found = [shown(suite, result) for result in folder.read_populations(name)]
        return tuple(dict.fromkeys(method for methods in found for method in methods))

    return PlaceboGate(rule, passed)


@cache
def _judging_code() -> str:
    """Sum of all code that judges; what it imports for that is loaded when it judges."""
    package = Path(__file__).parent
    files = sorted(file for stage in ("analysis", "stats") for file in (package / stage).glob("*.py"))
    return sha256_of(b"\0".join(file.read_bytes() for file in files))


def _run_scenarios(context: RunContext, settings: Settings, *, retry_failed: bool, progress: Progress) -> None:
    """Run what is missing of each scenario, one after the other."""
    if settings.device == "auto":
        progress.say(f"deep methods compute on {describe(context.tools.device)}")
    suite = context.suite
    gate = _placebo_gate(suite, context.folder) if suite.placebo is None else None
    for name in suite.scenarios:
        prepare = partial(
            splits_of, suite, name, catalogue=settings.catalogue, offline=settings.offline, progress=progress
        )
        run_scenario(name, prepare, context, gate=gate, only_failed=retry_failed, progress=progress)


def run_profile(
    suite: Suite,
    out: Path,
    *,
    settings: Settings | None = None,
    retry_failed: bool = False,
    progress: Progress = SILENT,
) -> list[Profile]:
    """Run a suite level by level of target history, and say for whom transfer pays.

    Parameters
    ----------
    suite
        Its protocol is a profile's (``profile:0,1,5,all/4``).
    out, settings, retry_failed, progress
        As for `run_suite`.

    Returns
    -------
    list of Profile
        One per scenario, in their order.
    """
    settings = settings or Settings()
    with open_run(out, suite, settings) as context:
        _run_scenarios(context, settings, retry_failed=retry_failed, progress=progress)
        profiles = read_profiles(out)
        write_profiles(profiles, out)
    return profiles


def run_until_decided(suite: Suite, out: Path, *, progress: Progress = SILENT, **options: Any) -> Findings:
    """Run a suite with few seeds, then with more, until every verdict is settled or all its seeds are used.

    Each look is judged at its own level (`tlbench.stats.sequential.look_levels`, by Boole's inequality), so that the
    chance of any false claim at any look stays the suite's alpha. What the folder then says of alpha and seeds is what
    the last look used; its intervals hold at all looks at once.

    Parameters
    ----------
    suite
        Its `seeds` are the most that may be used.
    out
        Folder of the results.
    progress, options
        As for `run_suite`.
    """
    looks = seeds_at_looks(suite.seeds)
    levels = look_levels([seeds / suite.seeds for seeds in looks], alpha=suite.alpha)
    for number, (seeds, level) in enumerate(zip(looks, levels, strict=True), start=1):
        progress.say(f"look {number} of {len(looks)}: {seeds} seeds, judged at level {level:.2g}")
        findings = run_suite(replace(suite, seeds=seeds, alpha=level), out, progress=progress, **options)
        if not findings.undecided:
            break
    return findings


def run_curve(
    suites: Mapping[float, Suite], out: Path, *, axis: Axis, progress: Progress = SILENT, **options: Any
) -> list[Curve]:
    """Run one suite for every fraction, each in its own folder, and keep the curves beside them.

    Parameters
    ----------
    suites
        By fraction, ascending; they differ in the fraction alone.
    out
        Folder of the folders.
    axis
        Whose fraction it is.
    progress, options
        As for `run_suite`.
    """
    found = {
        fraction: run_suite(suite, fraction_folder(out, axis, fraction), progress=progress, **options)
        for fraction, suite in progress.track(suites.items(), f"{axis} fractions", total=len(suites))
    }
    curves = Sweep(axis, found).curves
    write_curves(curves, out)
    return curves


def forecast_suite(
    suite: Suite,
    out: Path,
    *,
    catalogue: Path | None = None,
    offline: bool = False,
    jobs: int = 1,
    progress: Progress = SILENT,
) -> list[Forecast]:
    """Say what `run_suite` would do, scenario by scenario, and write nothing."""
    folder = ResultsFolder(out)
    found = []
    for name in suite.scenarios:
        inputs = inputs_of(suite, name, catalogue, offline=offline, progress=progress)
        plan = folder.read_plan(str(name), inputs)
        if plan is None:
            made = splits_of(suite, name, catalogue=catalogue, offline=offline, progress=progress)
            splits = list(made)
            plan = make_plan(suite, list(map(tally, splits)), splits[-1], unasked=made.unasked)
        found.append(make_forecast(plan, suite=suite, folder=folder, jobs=jobs))
    return found


def splits_of(
    suite: Suite,
    name: ScenarioName,
    *,
    catalogue: Path | None = None,
    offline: bool = False,
    progress: Progress = SILENT,
) -> Splits:
    """Load, filter and bridge one scenario of a suite, and split it when a fold is asked for."""
    scenario = build_scenario(
        name,
        suite.filters,
        lambda text: load(text, catalogue=catalogue, offline=offline, lenient=suite.lenient, progress=progress),
        links=suite.links,
        twins=suite.twins,
    )
    for notice in notices_of_ids(scenario):
        progress.say(notice)
    if suite.candidates is not None:
        progress.say(CANDIDATES_WARNING)
    return make_splits(
        scenario,
        questions_of(scenario, suite.protocol, suite.users),
        seed=suite.split_seed,
        candidates=suite.candidates,
        target_fraction=suite.target_fraction,
        source_fraction=suite.source_fraction,
        judge=suite.judge,
    )


@dataclass(frozen=True)
class Inspection:
    """What is known of a scenario before anything is trained: how unlike its domains are, its last fold's counts."""

    gap: Gap
    counts: ScenarioCounts


def inspect_scenario(
    suite: Suite,
    name: ScenarioName,
    *,
    catalogue: Path | None = None,
    offline: bool = False,
    progress: Progress = SILENT,
) -> Inspection:
    """Say how unlike the domains of one scenario of a suite are, and what they share; nothing is trained."""
    splits = splits_of(suite, name, catalogue=catalogue, offline=offline, progress=progress)
    split = splits.make(splits.latest)
    return Inspection(gap_of(split), tally(split).counts)


def verify_suite(
    out: Path,
    *,
    cells: int,
    seed: int = 0,
    catalogue: Path | None = None,
    offline: bool = False,
    threads: int | None = None,
    progress: Progress = SILENT,
) -> Iterator[Check]:
    """Compute a random sample of a results folder's cells again; see `tlbench.execute.verify.verify_results`."""
    folder = ResultsFolder(out)
    suite = folder.read_suite()

    @lru_cache(maxsize=1)
    def splits(name: str) -> Splits:
        return splits_of(suite, parse_scenario(name), catalogue=catalogue, offline=offline, progress=progress)

    def split(name: str, fold: int) -> Split:
        return splits(name).make(fold)

    return verify_results(folder, split, cells=cells, seed=seed, threads=threads, progress=progress)


def read_profiles(out: Path) -> list[Profile]:
    """Judge what a results folder of profiles holds, without data; see `run_profile`."""
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    return [make_profile(suite, folder.read_scenario(str(name))) for name in suite.scenarios]


def read_report(out: Path, *, consolidate: bool = False) -> Report:
    """Read what a results folder holds, without data and each cell once; what only some formats show is made late.

    With `consolidate`, the cells of each scenario are also written together, so that they are read faster next time.
    """
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    results = folder.read_scenarios(suite, consolidate=consolidate)
    return Report(make_findings(suite, results), lambda: make_evidence(suite, results, folder.read_environment()))


def read_findings(out: Path) -> Findings:
    """Judge what a results folder holds, without data."""
    return read_report(out).findings


def read_sweeps(out: Path) -> list[Sweep]:
    """Judge what the folders of a learning curve hold, without data; see `run_curve`.

    Raises
    ------
    TlbenchError
        If fractions were run with different suites, so that no curve joins them.
    """
    sweeps: list[Sweep] = []
    for name, folders in fraction_folders(out).items():
        axis: Axis = "target" if name == "target" else "source"
        findings = {fraction: read_findings(path) for fraction, path in folders.items()}
        whole: dict[str, Any] = {f"{axis}_fraction": None}
        suites = [replace(one.suite, **whole) for one in findings.values()]
        other = next((path for path, suite in zip(folders.values(), suites, strict=True) if suite != suites[0]), None)
        if other is not None:
            raise TlbenchError(
                f"`{other}` holds another suite than `{next(iter(folders.values()))}`",
                hint="run all fractions with the same options, or remove the folders that are out of date",
            )
        sweeps.append(Sweep(axis, findings))
    return sweeps


def accept_results(out: Path, baseline: Path) -> None:
    """Make what a results folder holds the baseline that `tlbench check` judges against.

    Raises
    ------
    TlbenchError
        If a cell failed or has not run: half a suite is no baseline.
    """
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    results = folder.read_scenarios(suite)
    undone = [label for result in results for label in (*result.failed, *result.missing)]
    if undone:
        raise TlbenchError(
            f"`{out}` is not complete: {undone[0]}{f' and {len(undone) - 1} more' if undone[1:] else ''}",
            hint="a baseline needs every cell; see why with `tlbench report`, then run again",
        )
    write_baseline(baseline, suite, results, folder.read_environment())

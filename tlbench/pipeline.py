"""The stages in order: data -> scenario -> split -> cells -> results -> findings -> report. Read this first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tlbench.data import load
from tlbench.errors import TlbenchError
from tlbench.execute.environment import environment
from tlbench.execute.forecast import Forecast, make_forecast
from tlbench.execute.local import run_cells
from tlbench.execute.plan import make_plan
from tlbench.findings import Findings, make_findings
from tlbench.progress import SILENT, Progress
from tlbench.report import write_reports
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import ScenarioName
from tlbench.split.candidates import WARNING as CANDIDATES_WARNING
from tlbench.split.split import default_protocol, make_split
from tlbench.split.training import Split
from tlbench.stats.histories import user_features
from tlbench.stats.sequential import look_levels, seeds_at_looks
from tlbench.store.baseline import write_baseline
from tlbench.store.results import ResultsFolder
from tlbench.suite import Suite


def run_suite(
    suite: Suite,
    out: Path,
    *,
    catalogue: Path | None = None,
    lenient: bool = False,
    threads: int | None = None,
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> Findings:
    """Run what is missing of a suite, keep it in a folder, and judge all of it.

    Parameters
    ----------
    suite
        What to run and how to judge it.
    out
        Folder of the results; finished cells in it are reused.
    catalogue
        TOML file of local data sets.
    lenient
        Drop and count malformed ratings instead of stopping.
    threads, block_size
        Bounds of threads and of users scored at a time; None chooses.
    progress
        Listener of the work.
    """
    folder = ResultsFolder(out)
    folder.write_suite(suite, environment(threads))
    for name in progress.track(suite.scenarios, "scenarios"):
        split = split_of(suite, name, catalogue=catalogue, lenient=lenient, progress=progress)
        plan = make_plan(suite, split)
        folder.write_plan(plan)
        folder.write_features(plan.card.scenario, user_features(split))
        run_cells(plan, split, suite=suite, folder=folder, threads=threads, block_size=block_size, progress=progress)
    findings = read_findings(out)
    write_reports(findings, out)
    return findings


def run_until_decided(
    suite: Suite,
    out: Path,
    *,
    catalogue: Path | None = None,
    lenient: bool = False,
    threads: int | None = None,
    block_size: int | None = None,
    progress: Progress = SILENT,
) -> Findings:
    """Run a suite with few seeds, then with more, until every verdict is settled or all its seeds are used.

    Each look is judged at its own level (`tlbench.stats.sequential.look_levels`, by Boole's inequality), so that the
    chance of any false claim at any look stays the suite's alpha. What the folder then says of alpha and seeds is what
    the last look used; its intervals hold at all looks at once. The parameters are those of `run_suite`.
    """
    looks = seeds_at_looks(suite.seeds)
    levels = look_levels([seeds / suite.seeds for seeds in looks], alpha=suite.alpha)
    for number, (seeds, level) in enumerate(zip(looks, levels, strict=True), start=1):
        progress.say(f"look {number} of {len(looks)}: {seeds} seeds, judged at level {level:.2g}")
        findings = run_suite(
            replace(suite, seeds=seeds, alpha=level),
            out,
            catalogue=catalogue,
            lenient=lenient,
            threads=threads,
            block_size=block_size,
            progress=progress,
        )
        if not findings.undecided:
            break
    return findings


def forecast_suite(
    suite: Suite,
    out: Path,
    *,
    catalogue: Path | None = None,
    lenient: bool = False,
    jobs: int = 1,
    progress: Progress = SILENT,
) -> list[Forecast]:
    """Say what `run_suite` would do, scenario by scenario, and write nothing."""
    folder = ResultsFolder(out)
    splits = (
        split_of(suite, name, catalogue=catalogue, lenient=lenient, progress=progress) for name in suite.scenarios
    )
    return [make_forecast(make_plan(suite, split), suite=suite, folder=folder, jobs=jobs) for split in splits]


def split_of(
    suite: Suite,
    name: ScenarioName,
    *,
    catalogue: Path | None = None,
    lenient: bool = False,
    progress: Progress = SILENT,
) -> Split:
    """Load, filter, bridge and split one scenario of a suite."""
    scenario = build_scenario(
        name, suite.filters, lambda text: load(text, catalogue=catalogue, lenient=lenient, progress=progress)
    )
    if suite.candidates is not None:
        progress.say(CANDIDATES_WARNING)
    protocol = suite.protocol or default_protocol(scenario.target)
    return make_split(scenario, protocol, seed=suite.split_seed, candidates=suite.candidates)


def read_findings(out: Path) -> Findings:
    """Judge what a results folder holds, without data."""
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    return make_findings(suite, [folder.read_scenario(str(name)) for name in suite.scenarios])


def accept_results(out: Path, baseline: Path) -> None:
    """Make what a results folder holds the baseline that `tlbench check` judges against.

    Raises
    ------
    TlbenchError
        Where a cell failed or has not run: half a suite is no baseline.
    """
    folder = ResultsFolder(out)
    suite = folder.read_suite()
    results = [folder.read_scenario(str(name)) for name in suite.scenarios]
    undone = [label for result in results for label in (*result.failed, *result.missing)]
    if undone:
        raise TlbenchError(
            f"`{out}` is not complete: {undone[0]}{f' and {len(undone) - 1} more' if undone[1:] else ''}",
            hint="a baseline needs every cell; see why with `tlbench report`, then run again",
        )
    write_baseline(baseline, suite, results, folder.read_environment())

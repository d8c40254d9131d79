"""Two sets of results -> what changed from one to the other, method by method, on the same users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.analysis.external_files import Ties, read_qrels
from tlbench.analysis.external_runs import measure_files
from tlbench.analysis.regression import BeforeAfter, Change, judge_changes
from tlbench.errors import NotComparable, TlbenchError
from tlbench.stats.aggregates import compare_aggregate, is_aggregate
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.corrections import Correction
from tlbench.stats.paired import pair
from tlbench.store.baseline import hide_users, is_baseline, read_baseline
from tlbench.store.place import place
from tlbench.store.results import ResultsFolder
from tlbench.values import DEFAULT_MARGIN, Variant

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult
    from tlbench.suite import Suite

SEPARATOR = "::"

Key = tuple[str, str]


@dataclass(frozen=True)
class ComparedSide:
    """One side of a contrast: a results folder or baseline, or one method of it (``FOLDER::METHOD``)."""

    folder: Path
    method: str | None = None

    def __str__(self) -> str:
        return str(self.folder) if self.method is None else f"{self.folder}{SEPARATOR}{self.method}"


@dataclass(frozen=True, eq=False)
class SideResults:
    """What a side holds: its suite, runs by scenario and method, and why the others are not there.

    `leaks` holds, by scenario whose source tells the test, which share of it; a baseline does not know.
    """

    suite: Suite
    runs: Mapping[Key, tuple[RunResult, ...]]
    absent: Mapping[Key, str]
    leaks: Mapping[str, float]


def parse_side(text: str) -> ComparedSide:
    """Read ``FOLDER`` or ``FOLDER::METHOD``."""
    folder, _, method = text.partition(SEPARATOR)
    return ComparedSide(place(folder), method or None)


def compare_results(
    control: ComparedSide,
    candidate: ComparedSide,
    *,
    metrics: Sequence[str] = (),
    margins: Mapping[str, float] | None = None,
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> list[Change]:
    """Compare two results folders method by method, or two methods scenario by scenario.

    Only seeds that both sides have are paired. All comparisons are corrected together.

    Parameters
    ----------
    control, candidate
        The two sides; either both name a method or neither does.
    metrics
        What to compare; by default the control's primary metric and those that `margins` names.
    margins
        Margins of single metrics.
    margin
        Margin of all others, as a share of the control's mean.
    alpha, correction
        As for `tlbench.analysis.regression.judge_changes`.

    Raises
    ------
    TlbenchError
        If a folder holds no results, only one side names a method, or the sides share nothing.
    """
    if (control.method is None) != (candidate.method is None):
        raise TlbenchError(
            f"`{control}` and `{candidate}` are a folder and a method",
            hint=f"compare two folders, or two methods: `FOLDER{SEPARATOR}ease FOLDER{SEPARATOR}pooled-ease`",
        )
    hide = is_baseline(control.folder) or is_baseline(candidate.folder)
    old, new = read_side(control, hide=hide), read_side(candidate, hide=hide)
    if not set(old.runs) & set(new.runs):
        raise TlbenchError(
            f"`{control}` and `{candidate}` share no scenario and method",
            hint="`tlbench report FOLDER` shows what a folder holds",
        )
    own = dict(margins or {})
    names = tuple(dict.fromkeys(metrics or (old.suite.primary, *own)))
    _check_metrics(names, old, control)
    pairs = [found for name in names for found in _pairs(old, new, name, alpha)]
    limits = {name: own.get(name, margin) for name in names}
    return judge_changes(pairs, margins=limits, alpha=alpha, correction=correction)


def compare_files(
    control: Path,
    candidate: Path,
    qrels: Path,
    *,
    metrics: Sequence[str] = (),
    margins: Mapping[str, float] | None = None,
    margin: float = DEFAULT_MARGIN,
    ties: Ties = Ties.RANDOM,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> list[Change]:
    """Compare two run files of any system on the same judgements.

    `ties` orders equal scores; the other arguments are those of `compare_results`.
    """
    own = dict(margins or {})
    wanted = tuple(dict.fromkeys(metrics or ("ndcg@10", *own)))
    judgements = read_qrels(qrels)
    old, new = (measure_files(judgements, path, wanted, ties=ties).result for path in (control, candidate))
    pairs = [BeforeAfter(qrels.name, candidate.stem, name, compare_runs([old], [new], name, alpha)) for name in wanted]
    limits = {name: own.get(name, margin) for name in wanted}
    return judge_changes(pairs, margins=limits, alpha=alpha, correction=correction)


def read_side(side: ComparedSide, *, hide: bool = False) -> SideResults:
    """Read a results folder or a baseline; a side of one method has its runs under one empty name.

    `hide` hashes the users of a results folder as a baseline's are, so that the two can be paired.
    """
    absent: dict[Key, str] = {}
    leaks: dict[str, float] = {}
    if is_baseline(side.folder):
        baseline = read_baseline(side.folder)
        suite, every = baseline.suite, [run for runs in baseline.runs.values() for run in runs]
    else:
        suite, every, absent, leaks = _read_results(side.folder)
        every = [hide_users(run) for run in every] if hide else every
    runs: dict[Key, list[RunResult]] = {}
    for run in every:
        if side.method is None or run.cell.label == side.method:
            label = run.cell.label if side.method is None else ""
            runs.setdefault((run.cell.scenario, label), []).append(run)
    if not runs:
        raise TlbenchError(f"`{side}` holds no finished run", hint="`tlbench report FOLDER` shows what a folder holds")
    return SideResults(suite, {key: tuple(found) for key, found in runs.items()}, absent, leaks)


def _read_results(root: Path) -> tuple[Suite, list[RunResult], dict[Key, str], dict[str, float]]:
    folder = ResultsFolder(root)
    suite = folder.read_suite()
    runs: list[RunResult] = []
    absent: dict[Key, str] = {}
    leaks: dict[str, float] = {}
    for found in folder.read_scenarios(suite):
        name = found.counts.scenario
        runs.extend(found.runs)
        if found.counts.source_leaks:
            leaks[name] = found.counts.exposed_share
        absent.update({(name, method): f"it is not applicable: {why}" for method, why in found.not_applicable.items()})
        absent.update({(name, label.split(" seed ")[0]): f"it failed: {why}" for label, why in found.failed.items()})
        absent.update({(name, label.split(" seed ")[0]): "it has not run yet" for label in found.missing})
    return suite, runs, absent, leaks


def _check_metrics(names: Sequence[str], found: SideResults, side: ComparedSide) -> None:
    some = next(iter(found.runs.values()))[0]
    known = [*some.values.columns, *(() if some.aggregates is None else some.aggregates.columns)]
    for name in names:
        if name not in known:
            raise TlbenchError(
                f"`{side}` has no metric `{name}`",
                hint=f"it has {', '.join(f'`{known_name}`' for known_name in known)}",
            )


def _pairs(old: SideResults, new: SideResults, metric: str, alpha: float) -> list[BeforeAfter]:
    """Pair what both sides have; say of the rest on which side it is missing and why."""
    keys = dict.fromkeys((*old.runs, *new.runs))
    found = []
    for scenario, method in keys:
        key = (scenario, method)
        leak = new.leaks.get(scenario, old.leaks.get(scenario))
        if key in old.runs and key in new.runs and key not in new.absent:
            result = compare_runs(old.runs[key], new.runs[key], metric, alpha)
            found.append(BeforeAfter(scenario, method, metric, result, leak=leak))
        elif key in old.runs and _may_be_absent(method, new):
            why = NotComparable("the placebo was not asked, since a gain of the method is not shown")
            found.append(BeforeAfter(scenario, method, metric, why, fatal=False, leak=leak))
        elif key in old.runs:
            why = NotComparable(new.absent.get(key, "it is not among the candidate's results"))
            found.append(BeforeAfter(scenario, method, metric, why, leak=leak))
        else:
            why = NotComparable(f"new: {old.absent.get(key, 'the control does not have it')}")
            found.append(BeforeAfter(scenario, method, metric, why, fatal=False, leak=leak))
    return found


def _may_be_absent(label: str, side: SideResults) -> bool:
    """Whether results decided that a placebo is not run; the method itself is compared anyway."""
    return label != "" and Variant.parse(label).placebo is not None and side.suite.placebo is None


def compare_runs(
    old: Sequence[RunResult], new: Sequence[RunResult], metric: str, alpha: float
) -> Comparison | NotComparable:
    """Compare one method's runs on two sides, on the seeds that both have."""
    seeds = {run.cell.seed for run in old} & {run.cell.seed for run in new}
    if not seeds:
        return NotComparable("the two sides share no seed")
    left, right = ([run for run in runs if run.cell.seed in seeds] for runs in (old, new))
    try:
        if is_aggregate(metric):
            return compare_aggregate(right, left, metric, alpha=alpha)
        candidate, control = right[0].cell.label, left[0].cell.label
        return compare(pair(right, left, metric), candidate=candidate, control=control, metric=metric, alpha=alpha)
    except NotComparable as error:
        return error

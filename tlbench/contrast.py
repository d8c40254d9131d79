"""Two sets of results -> what changed from one to the other, method by method, on the same users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.errors import NotComparable, TlbenchError
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.corrections import Correction
from tlbench.stats.paired import pair
from tlbench.store.results import ResultsFolder
from tlbench.verdict import Verdict, judge_family

if TYPE_CHECKING:
    from tlbench.evaluate import RunResult

SEPARATOR = "::"


@dataclass(frozen=True)
class Side:
    """One side of a contrast: a results folder, or one method of it (``FOLDER::METHOD``)."""

    folder: Path
    method: str | None = None

    def __str__(self) -> str:
        return str(self.folder) if self.method is None else f"{self.folder}{SEPARATOR}{self.method}"


@dataclass(frozen=True)
class Change:
    """What changed for one method in one scenario: the candidate's side against the control's."""

    scenario: str
    method: str
    verdict: Verdict


def parse_side(text: str) -> Side:
    """Read ``FOLDER`` or ``FOLDER::METHOD``."""
    folder, _, method = text.partition(SEPARATOR)
    return Side(Path(folder), method or None)


def contrast(
    control: Side,
    candidate: Side,
    *,
    metric: str | None = None,
    margin: float = 0.01,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> list[Change]:
    """Compare two results folders method by method, or two methods scenario by scenario.

    Only seeds that both sides have are paired. All comparisons are corrected together.

    Parameters
    ----------
    control, candidate
        The two sides; either both name a method or neither does.
    metric
        What to compare; the control's primary metric by default.
    margin, alpha, correction
        As for `tlbench.verdict.judge_family`.

    Raises
    ------
    TlbenchError
        Where a folder holds no results, only one side names a method, or the sides share nothing.
    """
    if (control.method is None) != (candidate.method is None):
        raise TlbenchError(
            f"`{control}` and `{candidate}` are a folder and a method",
            hint=f"compare two folders, or two methods: `FOLDER{SEPARATOR}ease FOLDER{SEPARATOR}pooled-ease`",
        )
    old, new = _runs(control), _runs(candidate)
    shared = [key for key in old if key in new]
    if not shared:
        raise TlbenchError(
            f"`{control}` and `{candidate}` share no scenario and method",
            hint="`tlbench report FOLDER` shows what a folder holds",
        )
    name = metric or ResultsFolder(control.folder).read_suite().primary
    found = [_compare(old[key], new[key], name, alpha) for key in shared]
    verdicts = judge_family(found, method=correction, margin=margin, alpha=alpha)
    return [Change(scenario, label, verdict) for (scenario, label), verdict in zip(shared, verdicts, strict=True)]


def _runs(side: Side) -> dict[tuple[str, str], list[RunResult]]:
    """Finished runs of a side by scenario and method; a side of one method has them under one empty name."""
    folder = ResultsFolder(side.folder)
    found: dict[tuple[str, str], list[RunResult]] = {}
    for name in folder.read_suite().scenarios:
        for run in folder.read_scenario(str(name)).runs:
            if side.method is None or run.cell.label == side.method:
                label = run.cell.label if side.method is None else ""
                found.setdefault((str(name), label), []).append(run)
    if not found:
        raise TlbenchError(f"`{side}` holds no finished run", hint="`tlbench report FOLDER` shows what a folder holds")
    return found


def _compare(
    old: Sequence[RunResult], new: Sequence[RunResult], metric: str, alpha: float
) -> Comparison | NotComparable:
    seeds = {run.cell.seed for run in old} & {run.cell.seed for run in new}
    left, right = ([run for run in runs if run.cell.seed in seeds] for runs in (old, new))
    if not seeds:
        return NotComparable("the two sides share no seed")
    try:
        names = {"candidate": right[0].cell.label, "control": left[0].cell.label}
        return compare(pair(right, left, metric), metric=metric, alpha=alpha, **names)
    except NotComparable as error:
        return error

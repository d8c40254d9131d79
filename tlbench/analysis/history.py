"""Results of many runs or commits, in order -> how each method's metric moved, and which moves are real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.analysis.compare import ComparedSide, Key, SideResults, compare_runs, read_side
from tlbench.analysis.regression import BeforeAfter, Change, ChangeOutcome, judge_changes
from tlbench.errors import TlbenchError
from tlbench.stats.crossed import mean_of
from tlbench.store.baseline import is_baseline
from tlbench.values import DEFAULT_MARGIN

if TYPE_CHECKING:
    from tlbench.evaluation import RunResult
    from tlbench.stats.corrections import Correction

REAL = (ChangeOutcome.IMPROVED, ChangeOutcome.REGRESSED)


@dataclass(frozen=True)
class HistoryPoint:
    """One method in one run.

    Attributes
    ----------
    run
        Label of the results folder.
    mean, low, high
        Mean over users and seeds with its interval.
    change
        Against the run before that has the method; None for the first.
    """

    run: str
    mean: float
    low: float
    high: float
    n_users: int
    n_seeds: int
    change: Change | None = None

    @property
    def real(self) -> bool:
        """True where the move from the run before is shown, corrected for the number of moves."""
        return self.change is not None and self.change.outcome in REAL


@dataclass(frozen=True)
class Series:
    """One method of one scenario over the runs."""

    scenario: str
    method: str
    metric: str
    points: tuple[HistoryPoint, ...]


def read_history(
    folders: Sequence[Path],
    *,
    metric: str | None = None,
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    correction: Correction = "holm",
) -> list[Series]:
    """Follow every method through results folders (or baselines), which are given from the oldest to the newest.

    Each run is compared with the one before on the same users and seeds; all moves of all methods are corrected
    together, so that a history without any change shows a move with a chance of at most alpha. Placebos are left out.

    Parameters
    ----------
    folders
        Two or more.
    metric
        What to follow; the first folder's primary metric by default.
    margin, alpha, correction
        As for `tlbench.analysis.regression.judge_changes`.

    Raises
    ------
    TlbenchError
        For fewer than two folders, and a metric that a folder does not have.
    """
    if len(folders) < 2:
        raise TlbenchError("a history needs two results folders", hint="tlbench history results/one results/two")
    hide = any(is_baseline(folder) for folder in folders)
    sides = [read_side(ComparedSide(folder), hide=hide) for folder in folders]
    name = metric or sides[0].suite.primary
    labels = _labels(folders)
    found = [
        _series(key, labels, sides, name, alpha) for key in dict.fromkeys(key for side in sides for key in side.runs)
    ]
    pairs = [pair for _, moves in found for pair in moves if pair is not None]
    changes = iter(judge_changes(pairs, margins={name: margin}, alpha=alpha, correction=correction))
    return [
        replace(
            series,
            points=tuple(
                point if pair is None else replace(point, change=next(changes))
                for point, pair in zip(series.points, moves, strict=True)
            ),
        )
        for series, moves in found
    ]


def _labels(folders: Sequence[Path]) -> list[str]:
    """Names of the folders; whole paths where names repeat."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def _series(
    key: Key, labels: Sequence[str], sides: Sequence[SideResults], metric: str, alpha: float
) -> tuple[Series, list[BeforeAfter | None]]:
    """Points of one method, and beside each what it is to be compared with."""
    points: list[HistoryPoint] = []
    moves: list[BeforeAfter | None] = []
    before: tuple[RunResult, ...] | None = None
    for label, side in zip(labels, sides, strict=True):
        runs = side.runs.get(key)
        if runs is None:
            continue
        points.append(_point(label, runs, metric, alpha))
        move = None if before is None else BeforeAfter(*key, metric, compare_runs(before, runs, metric, alpha))
        moves.append(move)
        before = runs
    return Series(*key, metric, tuple(points)), moves


def _point(label: str, runs: Sequence[RunResult], metric: str, alpha: float) -> HistoryPoint:
    missing = [run for run in runs if metric not in run.values.columns]
    if missing:
        known = ", ".join(f"`{name}`" for name in missing[0].values.columns)
        raise TlbenchError(f"`{label}` has no metric `{metric}`", hint=f"it has {known}")
    users = runs[0].values.index
    table = np.column_stack([run.values[metric].reindex(users).to_numpy(dtype=np.float64) for run in runs])
    mean = mean_of(np.nan_to_num(table))
    low, high = mean.interval(1 - alpha)
    return HistoryPoint(label, mean.value, low, high, mean.n_users, mean.n_seeds)

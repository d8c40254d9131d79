"""Two runs' measures of the whole run -> their difference with an interval over users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import NotComparable
from tlbench.metrics.overall import Interval, interval_of
from tlbench.registry import METRICS

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.evaluate import RunResult


@dataclass(frozen=True)
class OverallDifference:
    """How a measure of the whole run differs between two sides.

    Attributes
    ----------
    metric
        Name, as ``coverage@10``.
    candidate, control
        Values with 95 % bootstrap intervals over users, averaged over the runs of a side.
    difference
        Candidate - control for a metric of which more is better, control - candidate for one of which less is:
        positive is better.
    """

    metric: str
    candidate: Interval
    control: Interval
    difference: Interval


def overall_difference(candidate: Sequence[RunResult], control: Sequence[RunResult], metric: str) -> OverallDifference:
    """Compare a measure of the whole run, draw by draw on the same users.

    Parameters
    ----------
    candidate, control
        Runs of one method each, a run a seed; seeds are averaged.
    metric
        Name of a metric of the scope ``run``.

    Raises
    ------
    NotComparable
        Where the runs were judged on unlike splits, or one lacks the metric.
    """
    digests = {run.split_digest for run in (*candidate, *control)}
    if len(digests) != 1:
        raise NotComparable(
            "the runs were judged on different splits", hint="run both on the same scenario and filters"
        )
    left, right = _draws(candidate, metric), _draws(control, metric)
    lower = METRICS.get(metric.partition("@")[0]).better == "lower"
    difference = right - left if lower else left - right
    return OverallDifference(metric, interval_of(left), interval_of(right), interval_of(difference))


def _draws(runs: Sequence[RunResult], metric: str) -> F64:
    """Average the draws of a side's seeds, float64, shape (1 + draws,)."""
    for run in runs:
        if run.overall is None or metric not in run.overall.columns:
            raise NotComparable(f"the run of `{run.cell.label}` with seed {run.cell.seed} has no `{metric}`")
    columns = [run.overall[metric].to_numpy() for run in runs if run.overall is not None]
    return np.asarray(np.mean(columns, axis=0), dtype=np.float64)

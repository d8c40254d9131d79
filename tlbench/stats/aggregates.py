"""Two runs' measures of the whole run -> their comparison, as if every user had a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import NotComparable
from tlbench.metrics.aggregate import Interval, interval_of
from tlbench.registry import metric_entry
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.paired import pair_values

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.evaluation import RunResult

UNKNOWN = float("nan")


def is_aggregate(metric: str) -> bool:
    """Whether a metric has one value per run."""
    return metric_entry(metric).scope == "run"


def compare_aggregate(
    candidate: Sequence[RunResult], control: Sequence[RunResult], metric: str, *, alpha: float = 0.05
) -> Comparison:
    """Test and describe how a measure of the whole run differs between two sides.

    With the values T_g without group g of the users, v_g = T + (G - 1) (T. - T_g) has the mean T, and the t-test of the
    differences of two sides' v_g is the jackknife's (Tukey 1958, doi:10.1214/aoms/1177706647). Seeds are crossed with
    the groups as they are with users elsewhere.

    Parameters
    ----------
    candidate, control
        Runs of one method each, a run per seed; a single run stands for all seeds of the other side.
    metric
        Name of a metric of the scope ``run``.
    alpha
        Level of the test; intervals have the level 1 - alpha.

    Returns
    -------
    Comparison
        Positive is better also where less of the metric is. No single user is better or worse, so these shares and d_z
        are not known.

    Raises
    ------
    NotComparable
        If the runs were judged on unlike splits, one lacks the metric, or the seeds do not balance.
    """
    if len({run.split_digest for run in (*candidate, *control)}) != 1:
        raise NotComparable(
            "the runs were judged on different splits", hint="run both on the same scenario and filters"
        )
    left, right = _contributions(candidate, metric), _contributions(control, metric)
    if 1 not in (left.shape[1], right.shape[1]) and left.shape[1] != right.shape[1]:
        raise NotComparable(f"the candidate has {left.shape[1]} seeds and the control {right.shape[1]}")
    labels = candidate[0].cell.label, control[0].cell.label
    found = compare(pair_values(left, right), candidate=labels[0], control=labels[1], metric=metric, alpha=alpha)
    found = _of_users(found, n_users=len(candidate[0].values))
    return _turned(found) if metric_entry(metric).better == "lower" else found


def aggregate_values(runs: Sequence[RunResult]) -> dict[str, Interval]:
    """Return the measures of the whole run that every run of a side has, seeds averaged, with intervals over users."""
    tables = [run.aggregates for run in runs if run.aggregates is not None]
    if not tables or len(tables) < len(runs):
        return {}
    names = [name for name in tables[0].columns if all(name in table.columns for table in tables)]
    return {name: interval_of(_measured(runs, name).mean(axis=1)) for name in names}


def _measured(runs: Sequence[RunResult], metric: str) -> F64:
    """Values and values without each group, float64, shape (1 + groups, seeds)."""
    for run in runs:
        if run.aggregates is None or metric not in run.aggregates.columns:
            raise NotComparable(f"the run of `{run.cell.label}` with seed {run.cell.seed} has no `{metric}`")
    ordered = sorted(runs, key=lambda run: run.cell.seed)
    return np.stack([run.aggregates[metric].to_numpy() for run in ordered if run.aggregates is not None], axis=1)


def _contributions(runs: Sequence[RunResult], metric: str) -> F64:
    """What each group of users contributes, float64, shape (groups, seeds); the mean over groups is the value."""
    measured = _measured(runs, metric)
    value, without = measured[0], measured[1:]
    return np.asarray(value + (len(without) - 1) * (without.mean(axis=0) - without), dtype=np.float64)


def _of_users(found: Comparison, *, n_users: int) -> Comparison:
    """Speak of users instead of groups: the same variance as that of a mean over so many users."""
    mean, size = found.mean, n_users / found.n_users
    return replace(
        found,
        mean=replace(
            mean,
            n_users=n_users,
            ms_user=mean.ms_user * size,
            ms_seed=mean.ms_seed * size,
            ms_rest=mean.ms_rest * size,
        ),
        n_users=n_users,
        test=found.test if found.test.startswith("none") else "jackknife t",
        d_z=None,
        better=UNKNOWN,
        same=UNKNOWN,
        worse=UNKNOWN,
    )


def _turned(found: Comparison) -> Comparison:
    """Turn a difference round, so that less is better."""

    def negative(value: float | None) -> float | None:
        return None if value is None else -value

    return replace(
        found,
        difference=-found.difference,
        low=-found.high,
        high=-found.low,
        relative=negative(found.relative),
        relative_low=negative(found.relative_high),
        relative_high=negative(found.relative_low),
        mean=replace(found.mean, value=-found.mean.value),
    )

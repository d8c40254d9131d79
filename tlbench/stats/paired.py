"""RunResults of two sides -> Paired: the same users and seeds, candidate beside control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import NotComparable, TlbenchError
from tlbench.registry import METHODS

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F64, Array
    from tlbench.evaluation import RunResult

FLOOR = 0.0
"""The value of a user whom a run does not list: the lowest that every registered metric can give."""

LARGEST = 1e100
"""Values beyond this would overflow when squared; no metric of a ranking comes near it."""


@dataclass(frozen=True, eq=False)
class Paired:
    """Per-user values of two sides on the same users and seeds.

    Attributes
    ----------
    users
        Ids, shape (U,).
    candidate, control
        float64, shape (U, S), C order, finite; column j of both belongs to one seed. A deterministic side that ran
        once is repeated over the other side's seeds.
    missing_candidate, missing_control
        Number of users whom at least one run of that side did not list and who count as `FLOOR` there.
    """

    users: Array
    candidate: F64
    control: F64
    missing_candidate: int = 0
    missing_control: int = 0

    @property
    def n_users(self) -> int:
        """Number of users, U."""
        return int(self.candidate.shape[0])

    @property
    def n_seeds(self) -> int:
        """Number of seeds, S."""
        return int(self.candidate.shape[1])

    @cached_property
    def difference(self) -> F64:
        """Values of the candidate less those of the control, float64, shape (U, S); positive is better."""
        return self.candidate - self.control

    @cached_property
    def user_difference(self) -> F64:
        """Difference of each user averaged over the seeds, float64, shape (U,).

        Sums of the same numbers in another order differ in their last digits; what is nothing but that is set to zero,
        so that users who gained nothing count as ties in the rank tests and in the shares.
        """
        mean = self.difference.mean(axis=1)
        mean[np.abs(mean) <= self.resolution] = 0.0
        return np.asarray(mean, dtype=np.float64)

    @cached_property
    def resolution(self) -> float:
        """Differences up to this are rounding errors of the values."""
        largest = max(float(np.abs(self.candidate).max()), float(np.abs(self.control).max()))
        return 8 * float(np.finfo(np.float64).eps) * largest


def pair_values(candidate: Array, control: Array, *, users: Array | None = None) -> Paired:
    """Pair two arrays of per-user values that are already in the same order.

    Parameters
    ----------
    candidate, control
        Numbers, shape (U,) or (U, S); one column against several is repeated.
    users
        Ids, shape (U,); the row numbers by default.

    Returns
    -------
    Paired
        Both sides with the same users in the same order.

    Raises
    ------
    NotComparable
        For unlike numbers of users or seeds.
    TlbenchError
        For no user at all, and for values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from tlbench.stats.paired import pair_values
    >>> paired = pair_values(np.array([0.4, 0.0, 0.9]), np.array([0.3, 0.1, 0.6]))
    >>> paired.difference.ravel().round(2).tolist()
    [0.1, -0.1, 0.3]
    """
    left, right = _columns(candidate), _columns(control)
    if len(left) != len(right):
        raise NotComparable(f"the candidate has {len(left)} users and the control {len(right)}")
    if not len(left):
        raise TlbenchError("there is no user to compare", hint="look at the split: nobody is judged on its test part")
    ids = np.arange(len(left)) if users is None else np.asarray(users)
    for side, values in (("candidate", left), ("control", right)):
        _check_values(values, ids, side)
    width = max(left.shape[1], right.shape[1])
    return Paired(ids, _broadcast(left, width), _broadcast(right, width))


def pair(candidate: Sequence[RunResult], control: Sequence[RunResult], metric: str) -> Paired:
    """Bring the runs of two sides together, user by user and seed by seed.

    Seeds are matched in ascending order; the two sides may have other seeds, not another number of them. One run
    of a deterministic method stands for all its seeds. Users whom a run does not list count as `FLOOR` in it.

    Parameters
    ----------
    candidate, control
        Runs of one method each, a run per seed.
    metric
        Name of the metric, such as ``ndcg@10``.

    Raises
    ------
    NotComparable
        When the runs were judged on unlike splits, one lacks the metric, or the seeds do not balance.
    TlbenchError
        When a side is empty, mixes methods, repeats a seed or user, or has a value that is not finite.
    """
    (left, right), ids, (missing_left, missing_right) = align({"candidate": candidate, "control": control}, metric)
    return Paired(ids, left, right, missing_left, missing_right)


def pair_three(
    candidate: Sequence[RunResult], counterpart: Sequence[RunResult], placebo: Sequence[RunResult], metric: str
) -> tuple[Paired, Paired, Paired]:
    """Bring three sides together on the same users and seeds, for questions that add up.

    Returns
    -------
    tuple of Paired
        Candidate against counterpart, candidate against placebo, placebo against counterpart.

    Raises
    ------
    NotComparable, TlbenchError
        As `pair`.
    """
    sides = {"candidate": candidate, "counterpart": counterpart, "placebo": placebo}
    (one, two, three), ids, (miss_one, miss_two, miss_three) = align(sides, metric)
    return (
        Paired(ids, one, two, miss_one, miss_two),
        Paired(ids, one, three, miss_one, miss_three),
        Paired(ids, three, two, miss_three, miss_two),
    )


def align(sides: Mapping[str, Sequence[RunResult]], metric: str) -> tuple[list[F64], Array, list[int]]:
    """Lay sides out as tables of the same users and seeds; return the tables, the users and how many each lacked.

    Raises
    ------
    NotComparable, TlbenchError
        As `pair`.
    """
    ordered = {name: _in_seed_order(runs, name) for name, runs in sides.items()}
    _check_same_split([run for runs in ordered.values() for run in runs])
    columns = {name: [_column(run, metric) for run in runs] for name, runs in ordered.items()}
    _check_balance(list(ordered.values()))
    ids = _all_users([column for found in columns.values() for column in found])
    users, width = ids.to_numpy(), max(len(runs) for runs in ordered.values())
    tables, missing = [], []
    for name, found in columns.items():
        table, lacking = _table(found, ids)
        _check_values(table, users, name)
        tables.append(_broadcast(table, width))
        missing.append(lacking)
    if not len(users):
        raise TlbenchError("there is no user to compare", hint="look at the split: nobody is judged on its test part")
    return tables, users, missing


def _columns(values: Array) -> F64:
    """Turn (U,) or (U, S) numbers into a float64 table."""
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2):
        raise TlbenchError(f"per-user values of {table.ndim} dimensions", hint="give shape (users,) or (users, seeds)")
    return table.reshape(len(table), -1) if table.size else np.empty((0, 1))


def _broadcast(values: F64, width: int) -> F64:
    if values.shape[1] not in (1, width):
        raise NotComparable(f"{values.shape[1]} seeds on one side and {width} on the other")
    return np.ascontiguousarray(np.broadcast_to(values, (len(values), width)))


def _check_values(values: F64, users: Array, side: str) -> None:
    """Refuse what no statistic can be made of, naming the first such user."""
    bad = ~(np.abs(values) <= LARGEST)
    if bad.any():
        row, column = (int(found) for found in np.argwhere(bad)[0])
        raise TlbenchError(
            f"the {side}'s value of user `{users[row]}` is {values[row, column]}",
            hint="a metric must give every judged user a finite number; look at the method's scores of that user",
        )


def _in_seed_order(runs: Sequence[RunResult], side: str) -> list[RunResult]:
    """Sort one side's runs by seed; refuse an empty side, mixed methods and repeated seeds."""
    if not runs:
        raise TlbenchError(f"the {side} has no runs")
    labels = sorted({run.cell.label for run in runs})
    if len(labels) > 1:
        raise TlbenchError(f"the {side} mixes runs of {' and '.join(f'`{label}`' for label in labels)}")
    ordered = sorted(runs, key=lambda run: run.cell.seed)
    for first, second in pairwise(ordered):
        if first.cell.seed == second.cell.seed:
            raise TlbenchError(f"seed {first.cell.seed} of `{labels[0]}` appears twice")
    return ordered


def _check_same_split(runs: list[RunResult]) -> None:
    digests = {run.split_digest: run.cell.label for run in runs}
    if len(digests) > 1:
        (first, one), (second, other) = list(digests.items())[:2]
        raise NotComparable(
            f"`{one}` and `{other}` were judged on different splits ({first[:12]} and {second[:12]})",
            hint="run both on the same scenario, filters and protocol",
        )


def _column(run: RunResult, metric: str) -> pd.Series[float]:
    """Take one metric out of a run."""
    if metric not in run.values.columns:
        raise NotComparable(
            f"the run of `{run.cell.label}` with seed {run.cell.seed} has no `{metric}`",
            hint=f"it has {', '.join(f'`{name}`' for name in run.values.columns)}",
        )
    if not run.values.index.is_unique:
        twice = run.values.index[run.values.index.duplicated()][0]
        raise TlbenchError(f"user `{twice}` is listed twice in the run of `{run.cell.label}`, seed {run.cell.seed}")
    return run.values[metric]


def _check_balance(sides: list[list[RunResult]]) -> None:
    """Let unlike numbers of seeds pass only where one run of a deterministic method stands for all."""
    longest = max(sides, key=len)
    for runs in sides:
        if len(runs) != len(longest) and not (len(runs) == 1 and _is_deterministic(runs[0])):
            raise NotComparable(
                f"`{runs[0].cell.label}` has {len(runs)} seeds and `{longest[0].cell.label}` has {len(longest)}",
                hint="run both with the same `--seeds`; only a deterministic method may run once",
            )


def _is_deterministic(run: RunResult) -> bool:
    """Tell whether another seed could not have changed the run; a placebo draws, so it could."""
    return run.cell.placebo is None and run.cell.method in METHODS and METHODS.get(run.cell.method).deterministic


def _all_users(columns: list[pd.Series[float]]) -> pd.Index[str]:
    """Union of the users, in the first run's order where all runs agree, else sorted by the text of the id."""
    first = columns[0].index
    if all(column.index.equals(first) for column in columns[1:]):
        return first
    every = first
    for column in columns[1:]:
        every = every.union(column.index, sort=False)
    return every[np.argsort(every.astype(str).to_numpy(), kind="stable")]


def _table(columns: list[pd.Series[float]], users: pd.Index[str]) -> tuple[F64, int]:
    """Lay the runs of one side next to each other; return the table and the number of users missing somewhere."""
    table = np.full((len(users), len(columns)), FLOOR)
    missing = np.zeros(len(users), dtype=bool)
    for place, column in enumerate(columns):
        rows = users.get_indexer(column.index)
        table[rows, place] = column.to_numpy(dtype=np.float64)
        listed = np.zeros(len(users), dtype=bool)
        listed[rows] = True
        missing |= ~listed
    return table, int(missing.sum())

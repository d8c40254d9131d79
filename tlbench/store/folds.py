"""Cells of all folds -> runs in which every judged user counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tlbench.evaluation import Cell, RunResult

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.arrays import F64, I64
    from tlbench.split.counts import ScenarioCounts


def pool(runs: Sequence[RunResult], counts: ScenarioCounts) -> tuple[RunResult, ...]:
    """Join the folds of each method, placebo and seed.

    A user who is judged in several folds, since the interactions were dealt out or time was cut several times, has the
    average of the folds' values: the values of one user are not independent. What failed or is missing in one fold is
    left out.

    Parameters
    ----------
    runs
        Finished cells; those of one fold alone stay as they are.
    counts
        Names the folds, and the digest of all of them together.

    Returns
    -------
    tuple of RunResult
        In the order in which they first occur.
    """
    if len(counts.folds) == 1:
        return tuple(runs)
    join = _Join()
    found: dict[tuple[str, str | None, int], list[RunResult]] = {}
    for run in runs:
        found.setdefault((run.cell.method, run.cell.placebo, run.cell.seed), []).append(run)
    return tuple(_pooled(each, counts, join) for each in found.values() if len(each) == len(counts.folds))


def average(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average the rows of each user, in the order of their names; users of one table only keep theirs.

    A single table stays as it is.
    """
    import pandas as pd

    if len(tables) == 1:
        return tables[0]

    found = pd.concat(tables).groupby(level=0, sort=True).mean()
    found.index = pd.Index(found.index, name="user", dtype=object)
    return found


class _Join:
    """Averages like `average`, bit for bit, and looks up only once which rows are the same user's.

    Cells of one fold judge the same users, so that hundreds of runs are joined in the same way.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[tuple[pd.Index[str], ...], pd.Index[str], tuple[I64, ...], F64]] = {}

    def average(self, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
        """Average the rows of each user; the sums are compensated (Kahan), as those of pandas are."""
        import pandas as pd

        if len(tables) == 1:
            return tables[0]
        columns = tables[0].columns
        values = [table.to_numpy() for table in tables]
        if any(not table.columns.equals(columns) for table in tables) or any(np.isnan(part).any() for part in values):
            return average(tables)
        users, places, counts = self._rows(tuple(table.index for table in tables))
        total, lost = np.zeros((2, len(users), len(columns)))
        for rows, part in zip(places, values, strict=True):
            added = part - lost[rows]
            after = total[rows] + added
            lost[rows] = after - total[rows] - added
            total[rows] = after
        return pd.DataFrame(total / counts[:, None], index=users, columns=columns)

    def _rows(self, indices: tuple[pd.Index[str], ...]) -> tuple[pd.Index[str], tuple[I64, ...], F64]:
        """Return all users in the order of their ids, the rows of each table's users, and how often each occurs."""
        import pandas as pd

        key = tuple(map(id, indices))
        if key not in self._known:
            users = pd.Index(sorted(set().union(*indices)), name="user", dtype=object)
            places = tuple(users.get_indexer(index).astype(np.int64) for index in indices)
            counts = np.bincount(np.concatenate(places), minlength=len(users)).astype(np.float64)
            self._known[key] = (indices, users, places, counts)  # the indices stay, so that no other gets their number
        return self._known[key][1:]


def _pooled(runs: Sequence[RunResult], counts: ScenarioCounts, join: _Join) -> RunResult:
    judged = sum(len(run.values) for run in runs)
    return RunResult(
        cell=_cell(runs),
        split_digest=counts.digest,
        values=join.average([run.values for run in runs]),
        validation=_mean([run.validation for run in runs if run.validation]),
        cold_users=round(sum(run.cold_users for run in runs) * counts.judged_users / judged),
        timing={stage: sum(run.timing.get(stage, 0.0) for run in runs) for stage in runs[0].timing},
        aggregates=_aggregates(runs),
    )


def _cell(runs: Sequence[RunResult]) -> Cell:
    """Name the cell by its parameters, or by those of every fold where they were tuned to different ones."""
    every = [dict(run.cell.parameters) for run in runs]
    if all(parameters == every[0] for parameters in every):
        return runs[0].cell
    by_fold: dict[str, Any] = {f"fold {run.cell.fold}": dict(run.cell.parameters) for run in runs}
    return replace(runs[0].cell, parameters=by_fold)


def _mean(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Average over the folds on which methods were chosen; empty where there is none."""
    return {name: sum(table[name] for table in tables) / len(tables) for name in (tables[0] if tables else ())}


def _aggregates(runs: Sequence[RunResult]) -> pd.DataFrame | None:
    """Average the metrics of a whole run over the folds, row by row: a group leaves out the same users in all folds."""
    import pandas as pd

    tables = [run.aggregates for run in runs if run.aggregates is not None]
    if len(tables) < len(runs):
        return None
    return pd.concat(tables).groupby(level=0, sort=True).mean()

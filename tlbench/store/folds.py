"""Results of all folds of a split -> one results folder in which every user counts once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tlbench.evaluate import Cell, RunResult
from tlbench.io.sums import sha256_of
from tlbench.store.results import Plan
from tlbench.values import Variant

if TYPE_CHECKING:
    import pandas as pd

    from tlbench.split.counts import ScenarioCounts
    from tlbench.store.results import ResultsFolder, ScenarioResults

Key = tuple[str, str | None, int]
"""Method, placebo and seed of a cell, whose parameters may differ from fold to fold where they were tuned."""


def pool_folds(name: str, folds: Sequence[ScenarioResults], folder: ResultsFolder, *, protocol: str) -> None:
    """Write what all folds of a scenario found together, as if it were one run.

    A user who is judged in several folds, since the interactions were dealt out, has the average of the folds' values:
    the folds of one user are no independent users. A cell that failed or is missing in one fold is so in all.

    Parameters
    ----------
    name
        Name of the scenario.
    folds
        Its results, one a fold.
    folder
        Where to write.
    protocol
        What the folds are folds of, such as ``k-fold:5``.
    """
    lost = _lost(name, folds)
    together = {key: runs for key, runs in _by_key(folds).items() if len(runs) == len(folds)}
    cells = {key: _cell(runs) for key, runs in together.items()}
    counts = _counts(folds, protocol)
    not_applicable = {method: why for fold in folds for method, why in fold.not_applicable.items()}
    plan = Plan(counts, (*cells.values(), *(cell for cell, _ in lost)), not_applicable)
    folder.write_plan(plan, counts.digest)
    features = [fold.features for fold in folds if fold.features is not None]
    if len(features) == len(folds):
        folder.write_features(name, _averaged(features))
    for key, runs in together.items():
        folder.write_run(_pooled(cells[key], runs, counts), counts.digest)
    for cell, why in lost:
        folder.write_failure(cell, why)


def _by_key(folds: Sequence[ScenarioResults]) -> dict[Key, list[RunResult]]:
    """Bring together the runs of all folds."""
    found: dict[Key, list[RunResult]] = {}
    for fold in folds:
        for run in fold.runs:
            found.setdefault((run.cell.method, run.cell.placebo, run.cell.seed), []).append(run)
    return found


def _lost(scenario: str, folds: Sequence[ScenarioResults]) -> list[tuple[Cell, str]]:
    """Name the cells that failed in some fold, and why in the first one."""
    found: dict[str, str] = {}
    for number, fold in enumerate(folds, start=1):
        for label, why in fold.failed.items():
            found.setdefault(label, f"in fold {number}: {why}")
    return [(_cell_of(scenario, label), why) for label, why in found.items()]


def _cell_of(scenario: str, label: str) -> Cell:
    """Read a cell from ``METHOD~PLACEBO seed N``; what its parameters were is in its folds."""
    name, _, seed = label.rpartition(" seed ")
    variant = Variant.parse(name)
    return Cell(scenario, variant.method, {}, int(seed), variant.placebo)


def _cell(runs: Sequence[RunResult]) -> Cell:
    """Name the cell by its parameters, or by those of every fold where they differ."""
    every = [dict(run.cell.parameters) for run in runs]
    if all(parameters == every[0] for parameters in every):
        return runs[0].cell
    by_fold: dict[str, Any] = {f"fold {number}": parameters for number, parameters in enumerate(every, start=1)}
    return replace(runs[0].cell, parameters=by_fold)


def _pooled(cell: Cell, runs: Sequence[RunResult], counts: ScenarioCounts) -> RunResult:
    return RunResult(
        cell=cell,
        split_digest=counts.digest,
        values=_averaged([run.values for run in runs]),
        validation=_mean([run.validation for run in runs]),
        cold_users=round(
            sum(run.cold_users for run in runs) * counts.judged_users / sum(len(run.values) for run in runs)
        ),
        timing={stage: sum(run.timing.get(stage, 0.0) for run in runs) for stage in runs[0].timing},
    )


def _averaged(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average the rows of each user, in the order of their names; users of one fold only keep theirs."""
    import pandas as pd

    found = pd.concat(tables).groupby(level=0, sort=True).mean()
    found.index = pd.Index(found.index, name="user", dtype=object)
    return found


def _mean(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(table[name] for table in tables) / len(tables) for name in tables[0]}


def _counts(folds: Sequence[ScenarioResults], protocol: str) -> ScenarioCounts:
    """Add up what is judged; domains are those of the first fold, whose training parts are as large as all."""
    cards = [fold.counts for fold in folds]
    judged = len(_averaged([fold.runs[0].values for fold in folds if fold.runs])) if any(f.runs for f in folds) else 0
    in_folds = sum(counts.judged_users for counts in cards)
    return replace(
        cards[0],
        protocol=protocol,
        digest=sha256_of("\0".join(counts.digest for counts in cards)),
        judged_users=judged,
        cold_users=round(sum(counts.cold_users for counts in cards) * judged / max(in_folds, 1)),
        test_interactions=sum(counts.test_interactions for counts in cards),
        new_item_interactions=sum(counts.new_item_interactions for counts in cards),
        validation_users=round(sum(counts.validation_users for counts in cards) / len(cards)),
    )

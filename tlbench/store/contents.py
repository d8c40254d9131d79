"""What a results folder holds of a scenario: its plan, and what is there of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlbench.evaluation import Cell, RunResult
from tlbench.scenario.gap import Gap
from tlbench.split.counts import ScenarioCounts
from tlbench.tune import Search, Tuning

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Plan:
    """What a scenario's run consists of.

    Attributes
    ----------
    counts
        Its counts.
    cells
        Those whose parameters are known.
    not_applicable
        Methods that cannot run on it, and why.
    searches
        What is to be tuned before the parameters of its cells are known.
    asked
        Transfer methods whose placebos are among the cells.
    rule
        Names the rule by which results chose `asked`; empty where they did not.
    populations
        Counts of each population that is judged by itself; of everybody alone where there is one.
    """

    counts: ScenarioCounts
    cells: tuple[Cell, ...]
    not_applicable: Mapping[str, str]
    searches: tuple[Search, ...] = ()
    asked: tuple[str, ...] = ()
    rule: str = ""
    populations: tuple[ScenarioCounts, ...] = ()


@dataclass(frozen=True, eq=False)
class ScenarioResults:
    """What is there of one scenario.

    `runs` are what finished in every fold, in the plan's order, with the folds pooled: every judged user counts once
    (see `tlbench.store.folds`). `by_fold` are the finished cells of each fold, and `draws` the pooled runs of all
    placebos, those beyond the suite's seeds too (``--placebo-draws``). `failed` are labels with seeds of cells that
    gave an error, with the reason, and `missing` those that have not run. `features` is what is known of each
    judged user (a row per user, a column per characteristic) and `gap` how unlike the domains are; both are None where
    an older run did not store them.
    """

    counts: ScenarioCounts
    runs: tuple[RunResult, ...]
    not_applicable: Mapping[str, str]
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    features: pd.DataFrame | None = None
    tunings: tuple[Tuning, ...] = ()
    gap: Gap | None = None
    by_fold: tuple[RunResult, ...] = ()
    draws: tuple[RunResult, ...] = ()

    def of(self, method: str, placebo: str | None = None) -> tuple[RunResult, ...]:
        """Return a method's runs in the order of their seeds."""
        found = [run for run in self.runs if (run.cell.method, run.cell.placebo) == (method, placebo)]
        return tuple(sorted(found, key=lambda run: run.cell.seed))

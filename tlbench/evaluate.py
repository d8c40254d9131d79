"""Split x method x metrics -> RunResult: fit once, score block by block, rank, measure user by user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cell:
    """The unit of work, of storage and of resuming.

    Attributes
    ----------
    scenario
        Name of the scenario, ``source[+source...]->target``.
    method
        Registered name.
    parameters
        Hyper-parameters of the method, complete (defaults filled in), JSON values.
    seed
        The user's seed; the method's and the placebo's random streams come from it.
    placebo
        Name of the placebo that was applied to the sources, or None for the true sources.
    """

    scenario: str
    method: str
    parameters: Mapping[str, Any]
    seed: int
    placebo: str | None = None

    @property
    def label(self) -> str:
        """Method, with the placebo's name where there is one: ``pooled-ease`` or ``pooled-ease~shuffled-bridge``."""
        return self.method if self.placebo is None else f"{self.method}~{self.placebo}"


@dataclass(frozen=True, eq=False)
class RunResult:
    """What one cell gave.

    Attributes
    ----------
    cell
        What was run.
    split_digest
        Digest of the split: results of unlike digests are not comparable.
    values
        float64 DataFrame, a row a judged user (index: the user's id, name ``user``), a column a metric (``ndcg@10``).
    validation
        Mean of each metric over the users judged on validation, for choosing among methods and for tuning.
    cold_users
        Number of judged users whom the method knew nothing of, so that they were ranked by training popularity.
    timing
        Seconds of wall clock by stage: ``fit``, ``score``, ``rank``.
    """

    cell: Cell
    split_digest: str
    values: pd.DataFrame
    validation: Mapping[str, float]
    cold_users: int
    timing: Mapping[str, float] = field(default_factory=dict)

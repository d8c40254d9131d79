"""What tuning gave: trials within a budget, the best of them, how flat the optimum is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tlbench.values import Variant

NEAR = 0.01


@dataclass(frozen=True)
class Budget:
    """How much one method may try: the same for every baseline, transfer method and placebo.

    Attributes
    ----------
    trials
        Number of trials; the first one is the defaults.
    seconds
        Time for all trials together; none starts after it. None is no limit.
    """

    trials: int
    seconds: float | None = None


@dataclass(frozen=True)
class Trial:
    """One setting and what it gave on validation.

    Attributes
    ----------
    number
        Place in the order of trials, from 0.
    parameters
        Hyper-parameters, complete; for an iterative method with the number of epochs that was best.
    drawn
        Those among them that the search chose, as it chose them.
    state
        ``complete``; ``pruned`` where early epochs were worse than the median of earlier trials; ``failed``.
    value
        Mean of the primary metric over the validation users; None where it failed.
    epochs
        The same after each epoch of an iterative method.
    reason
        Why it failed.
    seconds
        How long it took.
    """

    number: int
    parameters: Mapping[str, Any]
    drawn: Mapping[str, Any]
    state: Literal["complete", "pruned", "failed"]
    value: float | None
    epochs: tuple[float, ...] = ()
    reason: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Tuning:
    """All trials of one method in one scenario, or of one method on its placebo.

    Attributes
    ----------
    method, placebo
        What was tuned.
    budget
        What it was allowed.
    trials
        In the order of their numbers.
    fold
        Which fold of the protocol it was tuned on; None where there is one only.
    """

    method: str
    placebo: str | None
    budget: Budget
    trials: tuple[Trial, ...]
    fold: int | None = None

    @property
    def label(self) -> str:
        """Method, with the placebo's name and the fold where there is one."""
        name = str(Variant(self.method, self.placebo))
        return name if self.fold is None else f"{name} (fold {self.fold})"

    @property
    def seconds(self) -> float:
        """Time used."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The trial with the highest value, the first of equal ones; None where all failed."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.value or 0.0, default=None)

    @property
    def finished(self) -> bool:
        """Whether the budget is used up."""
        late = self.budget.seconds is not None and self.seconds >= self.budget.seconds
        return late or len(self.trials) >= self.budget.trials

    @property
    def near_best(self) -> int:
        """Complete trials within 1 % of the best value: many mean a flat optimum."""
        best = self.best
        if best is None or best.value is None:
            return 0
        least = best.value - NEAR * abs(best.value)
        return sum(trial.state == "complete" and (trial.value or 0.0) >= least for trial in self.trials)

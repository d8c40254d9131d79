"""K-fold: the target's interactions are dealt to folds; one fold tests, the next one validates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, Parts, order_within_users
from tlbench.split.protocol import Folds, Rule

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.scenario.scenario import Scenario


@dataclass(frozen=True)
class DealtRule(Rule):
    """A rule that deals to folds, of which all or one are run."""

    dealt: Folds

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the number of folds, or one of them."""
        return cls(Folds.parse(argument or "5"))

    @property
    def folds(self) -> tuple[int, ...]:
        """Numbers of the folds that are run."""
        return self.dealt.run


@protocol("k-fold", argument="FOLDS or FOLD/FOLDS (default 5)")
@dataclass(frozen=True)
class KFold(DealtRule):
    """Every interaction tests in one fold and validates in another; a user's folds are averaged."""

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Deal each user's interactions to folds in a random order.

        A user's interactions start at a random fold, so that folds are equally large although users have few.
        """
        target, folds = scenario.target, self.dealt.number
        position = order_within_users(target, rng.random(len(target)))
        own = (position + rng.integers(0, folds, target.n_users)[target.user]) % folds
        return Assignment(parts_of_fold(own, fold, folds))


def parts_of_fold(own: I64, fold: int, folds: int) -> Parts:
    """Test what belongs to a fold (`own` counts from 0, `fold` from 1) and validate on the next one's."""
    part = np.full(len(own), TRAINING, dtype=np.int8)
    part[own == fold % folds] = VALIDATION
    part[own == fold - 1] = TEST
    return part

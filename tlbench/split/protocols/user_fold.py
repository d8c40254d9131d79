"""User fold: the target's users are dealt to folds; those of one fold test, those of the next one validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import TRAINING, Assignment, Fractions, order_within_users
from tlbench.split.protocol import Folds, Rule
from tlbench.split.protocols.k_fold import parts_of_fold

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("user-fold", argument="FOLDS or FOLD/FOLDS (default 5)")
@dataclass(frozen=True)
class UserFold(Rule):
    """Every user tests in one fold and validates in another, on a part of the user's interactions."""

    dealt: Folds

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read the number of folds, or one of them."""
        return cls(Folds.parse(argument or "5"))

    @property
    def folds(self) -> tuple[int, ...]:
        """Numbers of the folds that are run."""
        return self.dealt.run

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:
        """Deal users to folds.

        Held out of a judged user is the share that is not for training, at random, at least one interaction and never
        all; users with one interaction are not judged.
        """
        target, folds = scenario.target, self.dealt.number
        own = rng.permutation(np.arange(target.n_users) % folds)[target.user]
        position = order_within_users(target, rng.random(len(target)))
        count = np.bincount(target.user, minlength=target.n_users)[target.user]
        held = np.minimum(np.maximum(1, np.round((1 - fractions.training) * count)), count - 1)
        return Assignment(np.where(position < held, parts_of_fold(own, fold, folds), TRAINING).astype(np.int8))

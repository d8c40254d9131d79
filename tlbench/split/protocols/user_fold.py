"""User fold: the target's users are dealt to folds; those of one fold test, those of the next one validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import TRAINING, Assignment, Fractions, order_within_users
from tlbench.split.protocols.k_fold import DealtRule, parts_of_fold

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("user-fold", argument="FOLDS or FOLD/FOLDS (default 5)")
@dataclass(frozen=True)
class UserFold(DealtRule):
    """Every user tests in one fold and validates in another, on a part of the user's interactions."""

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

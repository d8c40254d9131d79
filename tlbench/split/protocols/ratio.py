"""Ratio: each user's interactions are dealt to the parts at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import Assignment, Fractions, order_within_users
from tlbench.split.protocol import Rule

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("ratio")
@dataclass(frozen=True)
class RandomRatio(Rule):
    """Each user's interactions are dealt to the parts at random."""

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Deal by systematic sampling.

        The i-th of a user's n shuffled interactions stands at (i + u) / n, u uniform in [0, 1) per user; what stands
        below the training fraction trains, the next stretch validates, the rest tests. Every part has its fraction in
        expectation, also of users with few interactions, and differs from it by less than one interaction per user.
        """
        target = scenario.target
        position = order_within_users(target, rng.random(len(target)))
        count = np.bincount(target.user, minlength=target.n_users)[target.user]
        offset = rng.random(target.n_users)[target.user]
        return Assignment(fractions.part_of((position + offset) / count))

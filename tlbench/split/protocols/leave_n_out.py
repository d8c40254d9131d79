"""Leave n out: n of each user's interactions, drawn at random, test and n others validate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, order_within_users
from tlbench.split.protocol import Rule, whole_number

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("leave-n-out", argument="N (default 1)")
@dataclass(frozen=True)
class LeaveNOut(Rule):
    """n random interactions of each user test, n others validate."""

    n: int = 1

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read n."""
        return cls(whole_number(argument or "1", least=1, wanted="a whole number from 1"))

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hold out 2 n interactions; users with fewer than 2 n + 1 keep all of them for training."""
        target, n = scenario.target, self.n
        position = order_within_users(target, rng.random(len(target)))
        count = np.bincount(target.user, minlength=target.n_users)[target.user]
        part = np.full(len(target), TRAINING, dtype=np.int8)
        part[position < 2 * n] = VALIDATION
        part[position < n] = TEST
        part[count < 2 * n + 1] = TRAINING
        return Assignment(part)

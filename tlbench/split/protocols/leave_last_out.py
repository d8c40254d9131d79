"""Leave last out: each user's last interaction tests, the one before it validates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, order_within_users
from tlbench.split.protocol import Rule

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


@protocol("leave-last-out")
@dataclass(frozen=True)
class LeaveLastOut(Rule):
    """Each user's last interaction tests, the one before it validates.

    Equal timestamps are ordered at random. Users with fewer than three interactions keep all of them for training.
    Sources with time lose, for each user, what is not before the user's own first held-out interaction.
    """

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hold out the ends of the users' histories; a target without timestamps is an error."""
        target = scenario.target
        if target.timestamp is None:
            raise TlbenchError(
                f"`{target.name}` has no timestamps, which protocol `leave-last-out` needs",
                hint="use `--protocol leave-n-out`",
            )
        position = order_within_users(target, rng.random(len(target)), first_by=target.timestamp)
        count = np.bincount(target.user, minlength=target.n_users)[target.user]
        from_end = np.where(count >= 3, count - position, count)
        part = np.full(len(target), TRAINING, dtype=np.int8)
        part[from_end == 2] = VALIDATION
        part[from_end == 1] = TEST
        part[count < 3] = TRAINING
        return Assignment(part, by_user=True)

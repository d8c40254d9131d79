"""Ratio: each user's interactions are dealt to the parts at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.split.parts import Assignment, Fractions, order_within_users

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions


def ratio(target: Interactions, fractions: Fractions, rng: np.random.Generator) -> Assignment:
    """Deal each user's interactions by systematic sampling.

    The i-th of a user's n shuffled interactions stands at (i + u) / n, u uniform in [0, 1) per user; what stands below
    the training fraction trains, the next stretch validates, the rest tests. Every part has its fraction in
    expectation, also of users with few interactions, and differs from it by less than one interaction a user.
    """
    position = order_within_users(target, rng.random(len(target)))
    count = np.bincount(target.user, minlength=target.n_users)[target.user]
    offset = rng.random(target.n_users)[target.user]
    return Assignment(fractions.part_of((position + offset) / count))

"""Leave n out: n of each user's interactions, drawn at random, test and n others validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, order_within_users

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions


def leave_n_out(target: Interactions, n: int, rng: np.random.Generator) -> Assignment:
    """Hold out `n` random interactions of each user for test and `n` for validation.

    Users with fewer than 2 n + 1 interactions keep all of them for training.
    """
    position = order_within_users(target, rng.random(len(target)))
    count = np.bincount(target.user, minlength=target.n_users)[target.user]
    part = np.full(len(target), TRAINING, dtype=np.int8)
    part[position < 2 * n] = VALIDATION
    part[position < n] = TEST
    part[count < 2 * n + 1] = TRAINING
    return Assignment(part)

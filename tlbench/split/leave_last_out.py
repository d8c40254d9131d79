"""Leave last out: each user's last interaction tests, the one before it validates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, first_held_out, order_within_users

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions


def leave_last_out(target: Interactions, fractions: Fractions, rng: np.random.Generator) -> Assignment:  # noqa: ARG001
    """Hold out the last interaction of each user for test and the last but one for validation.

    Equal timestamps are ordered at random. Users with fewer than three interactions keep all of them for training.
    Sources with time lose, for each user, what is not before the user's own first held-out interaction.

    Raises
    ------
    TlbenchError
        Where the target has no timestamps.
    """
    if target.timestamp is None:
        raise TlbenchError(
            f"`{target.name}` has no timestamps, which protocol `leave-last-out` needs", hint="use `--protocol ratio`"
        )
    position = order_within_users(target, rng.random(len(target)), first_by=target.timestamp)
    count = np.bincount(target.user, minlength=target.n_users)[target.user]
    from_end = np.where(count >= 3, count - position, count)
    part = np.full(len(target), TRAINING, dtype=np.int8)
    part[from_end == 2] = VALIDATION
    part[from_end == 1] = TEST
    part[count < 3] = TRAINING
    return Assignment(part, user_limit=first_held_out(target, part))

"""K-shot: users who are judged keep k target interactions; the rest of theirs is held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.split.cold_start import target_overlap
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, first_held_out, order_within_users

if TYPE_CHECKING:
    from tlbench.scenario.scenario import Scenario


def k_shot(scenario: Scenario, k: int, fractions: Fractions, rng: np.random.Generator) -> Assignment:
    """Leave judged users `k` target interactions: their first ones where time is known, else random ones.

    Judged are random users with more than k interactions, of those whom a source knows (of all, where none is known):
    the fraction of validation validates, the fraction of test tests. All interactions of other users train. With time,
    sources tell of each user only what is before the user's first held-out interaction.

    Raises
    ------
    TlbenchError
        Where fewer than two users can be judged.
    """
    target = scenario.target
    count = np.bincount(target.user, minlength=target.n_users)
    known = target_overlap(scenario)
    able = (known if len(known) else np.arange(target.n_users))[count[known if len(known) else slice(None)] > k]
    test_share = 1 - fractions.training - fractions.validation
    n_validation, n_test = (max(1, round(share * len(able))) for share in (fractions.validation, test_share))
    if len(able) < 2:
        raise TlbenchError(
            f"`k-shot:{k}` finds {len(able)} users of `{scenario.name}` with more than {k} interactions",
            hint="use a smaller k or another scenario",
        )
    chosen = rng.permutation(able)
    of_user = np.full(target.n_users, TRAINING, dtype=np.int8)
    of_user[chosen[:n_validation]] = VALIDATION
    of_user[chosen[n_validation : n_validation + n_test]] = TEST
    position = order_within_users(target, rng.random(len(target)), first_by=target.timestamp)
    part = np.where(position < k, TRAINING, of_user[target.user]).astype(np.int8)
    return Assignment(part, user_limit=first_held_out(target, part))

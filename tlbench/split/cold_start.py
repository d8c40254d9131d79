"""Cold start: a share of the overlap users loses all target interactions and is judged on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.scenario.scenario import Scenario


def cold_start(scenario: Scenario, share: float, rng: np.random.Generator) -> Assignment:
    """Hide a share of the overlap users in the target (Zhu et al. 2022 take 20, 50 and 80 %).

    Of the hidden users one half, drawn at random, validates and the other tests; all other interactions train.

    References
    ----------
    Zhu et al. (2022), "Personalized Transfer of User Preferences for Cross-domain Recommendation", WSDM,
    doi:10.1145/3488560.3498392.

    Raises
    ------
    TlbenchError
        Where the share hides fewer than two users.
    """
    overlap = target_overlap(scenario)
    hidden = rng.permutation(overlap)[: round(share * len(overlap))]
    if len(hidden) < 2:
        raise TlbenchError(
            f"`cold-start` hides {len(hidden)} of the {len(overlap)} users whom `{scenario.name}` shares",
            hint="it needs users who are known in a source and in the target; use another scenario or a larger share",
        )
    return Assignment(_parts_of_users(scenario, hidden[: len(hidden) // 2], hidden[len(hidden) // 2 :]))


def target_overlap(scenario: Scenario) -> I64:
    """Return the codes of target users known in a source, int64, ascending."""
    overlap = scenario.bridge.overlap
    return overlap[overlap < scenario.target.n_users]


def _parts_of_users(scenario: Scenario, validation: I64, test: I64) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    of_user = np.full(scenario.target.n_users, TRAINING, dtype=np.int8)
    of_user[validation], of_user[test] = VALIDATION, TEST
    return of_user[scenario.target.user]

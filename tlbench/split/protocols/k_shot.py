"""K-shot: users who are judged keep k target interactions; the rest of theirs is held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, order_within_users
from tlbench.split.protocol import Rule, whole_number
from tlbench.split.protocols.cold_start import target_overlap

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.scenario.scenario import Scenario


@protocol("k-shot", argument="K or K/FOLDS (default 5/5)")
@dataclass(frozen=True)
class KShot(Rule):
    """Every user keeps k target interactions in one fold and is judged on the rest.

    The interactions kept are the user's first ones where time is known, else random ones. Judged are users with more
    than k interactions, of those whom a source knows (of all, where none is known): those of a fold test, those of the
    next one validate, and all interactions of other users train. With time, sources tell of each user only what is
    before the user's first held-out interaction.
    """

    k: int = 5
    groups: int = 5

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read k, and the number of folds behind a slash."""
        wanted = "a whole number from 1, and the number of folds (at least 3) behind a slash, as 5/10"
        k, slash, folds = argument.partition("/")
        groups = whole_number(folds, least=3, wanted=wanted) if slash else 5
        return cls(whole_number(k or "5", least=1, wanted=wanted), groups)

    @property
    def folds(self) -> tuple[int, ...]:
        """One fold for each group of users."""
        return tuple(range(1, self.groups + 1))

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hold out what the users of a fold and of the next one have beyond k.

        Raises
        ------
        TlbenchError
            If there are fewer users than folds.
        """
        target = scenario.target
        chosen = rng.permutation(self._able(scenario))
        if len(chosen) < self.groups:
            raise TlbenchError(
                f"`k-shot:{self.k}` finds {len(chosen)} users of `{scenario.name}` with more interactions than that",
                hint="use a smaller k or another scenario",
            )
        of_user = np.full(target.n_users, TRAINING, dtype=np.int8)
        of_user[chosen[fold % self.groups :: self.groups]] = VALIDATION
        of_user[chosen[fold - 1 :: self.groups]] = TEST
        position = order_within_users(target, rng.random(len(target)), first_by=target.timestamp)
        return Assignment(np.where(position < self.k, TRAINING, of_user[target.user]).astype(np.int8), by_user=True)

    def _able(self, scenario: Scenario) -> I64:
        """Codes of the users who can be judged, int64, ascending."""
        count = np.bincount(scenario.target.user, minlength=scenario.target.n_users)
        known = target_overlap(scenario)
        everybody = known if len(known) else np.arange(scenario.target.n_users)
        return everybody[count[everybody] > self.k]

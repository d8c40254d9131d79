"""Cold start: overlap users lose all target interactions and are judged on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.registry import protocol
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, Parts
from tlbench.split.protocol import Rule, whole_number

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.scenario.scenario import Scenario

_LEAST_FOLDS = 3


@protocol("cold-start", argument="FOLDS or SHARE (default 10)")
@dataclass(frozen=True)
class ColdStart(Rule):
    """Every overlap user is without target interactions in one fold and judged on them; a share below 1 hides once.

    The users of a fold test and those of the next one validate; all other interactions train. With a share, as Zhu et
    al. 2022 (doi:10.1145/3488560.3498392) take 0.2, 0.5 and 0.8, there is one split: of the hidden users one half,
    drawn at random, validates and the other tests. Where time is known, sources tell of a hidden user only what is
    before the user's first target interaction.
    """

    groups: int = 10
    share: float | None = None

    @classmethod
    def parse(cls, argument: str) -> Self:
        """Read a number of folds, or a share."""
        wanted = "a number of folds (at least 3), as 10, or a share of the overlap users below 1, as 0.2"
        if "." not in argument:
            return cls(whole_number(argument or "10", least=_LEAST_FOLDS, wanted=wanted))
        try:
            share = float(argument)
        except ValueError:
            raise ValueError(wanted) from None
        if not 0 < share <= 1:
            raise ValueError(wanted)
        return cls(1, share)

    @property
    def folds(self) -> tuple[int, ...]:
        """One fold for each group of users, or one altogether where a share is hidden."""
        return (1,) if self.share is not None else tuple(range(1, self.groups + 1))

    def chooses(self, fold: int) -> bool:
        """Choose on the first fold alone: to users of whom they know nothing, baselines offer nearly the same."""
        return fold == 1

    def assign(self, scenario: Scenario, fractions: Fractions, fold: int, rng: np.random.Generator) -> Assignment:  # noqa: ARG002
        """Hide the users of a fold and of the next one.

        Raises
        ------
        TlbenchError
            If there are too few users to hide.
        """
        overlap = rng.permutation(target_overlap(scenario))
        if self.share is not None:
            hidden = overlap[: round(self.share * len(overlap))]
            self._refuse_few(scenario, len(hidden), 2)
            validation, test = hidden[: len(hidden) // 2], hidden[len(hidden) // 2 :]
        else:
            self._refuse_few(scenario, len(overlap), self.groups)
            validation, test = overlap[fold % self.groups :: self.groups], overlap[fold - 1 :: self.groups]
        return Assignment(_parts_of_users(scenario, validation, test), by_user=True)

    def _refuse_few(self, scenario: Scenario, hidden: int, least: int) -> None:
        if hidden < least:
            shared = len(target_overlap(scenario))
            raise TlbenchError(
                f"`cold-start` hides {hidden} of the {shared} users whom `{scenario.name}` shares, and needs {least}",
                hint="it needs users who are known in a source and in the target; use another scenario or fewer folds",
            )


def target_overlap(scenario: Scenario) -> I64:
    """Return the codes of target users known in a source, int64, ascending."""
    overlap = scenario.bridge.overlap
    return overlap[overlap < scenario.target.n_users]


def _parts_of_users(scenario: Scenario, validation: I64, test: I64) -> Parts:
    of_user = np.full(scenario.target.n_users, TRAINING, dtype=np.int8)
    of_user[validation], of_user[test] = VALIDATION, TEST
    return of_user[scenario.target.user]

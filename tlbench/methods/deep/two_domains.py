"""A target and a source side by side: what models that are trained on both have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.samples import Pairs, PairSampler, known_users
from tlbench.methods.deep.training import to_tensor

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.split.training import Domain, Training


@dataclass(frozen=True, eq=False)
class LabelledItems:
    """Users with the item that each touched, first, and untouched ones behind it.

    Attributes
    ----------
    users
        int64 tensor, shape (b,).
    items
        int64 tensor, shape (b, 1 + n_negatives).
    """

    users: Tensor
    items: Tensor

    @classmethod
    def of(cls, pairs: Pairs) -> LabelledItems:
        """Move a batch to the device of this fit."""
        return cls(to_tensor(pairs.users), to_tensor(np.concatenate([pairs.items[:, None], pairs.negatives], axis=1)))


def shared_users(data: Training) -> Bool:
    """Return who is known in the target and in a source, bool, shape (n_users,)."""
    shared = np.zeros(data.n_users, dtype=np.bool_)
    shared[data.overlap] = True
    return shared


@dataclass(frozen=True, eq=False)
class TwoDomains:
    """What a model of two domains learns from.

    Attributes
    ----------
    target, source
        The domains; without a source the model is the counterpart.
    shared
        bool, shape (n_users,): users known in both, through whom knowledge crosses.
    """

    target: Domain
    source: Domain | None
    shared: Bool

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The domains by role."""
        return {"target": self.target} | ({} if self.source is None else {"source": self.source})

    @cached_property
    def samplers(self) -> dict[str, PairSampler]:
        """Their interactions by role."""
        return {role: PairSampler.of(domain.matrix, role) for role, domain in self.domains.items()}

    @cached_property
    def known(self) -> Bool:
        """Whom the model can say something of: users of the target, and shared users whom the source knows."""
        known = known_users(self.target)
        return known if self.source is None else known | (self.shared & known_users(self.source))

    def batches(
        self, draws: Draws, epoch: int, *, size: int, n_negatives: int
    ) -> Iterator[tuple[LabelledItems, LabelledItems | None]]:
        """Yield batches of the target, each with its share of the source: both are gone through once in an epoch.

        The target's batches are those that the counterpart gets.
        """
        of_target = self.samplers["target"].batches(draws, epoch, size=size, n_negatives=n_negatives)
        source = self.samplers.get("source")
        if source is None:
            for pairs in of_target:
                yield LabelledItems.of(pairs), None
            return
        n_batches = max(1, -(-len(self.samplers["target"].usable) // size))
        share = max(1, -(-len(source.usable) // n_batches))
        of_source = source.batches(draws, epoch, size=share, n_negatives=n_negatives)
        for pairs in of_target:
            other = next(of_source, None)
            yield LabelledItems.of(pairs), None if other is None else LabelledItems.of(other)

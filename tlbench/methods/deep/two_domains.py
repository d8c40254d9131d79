"""Batches of two domains at a time, for models that are trained on both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.deep.samples import Pairs, PairSampler
from tlbench.methods.deep.training import to_tensor

if TYPE_CHECKING:
    from torch import Tensor

    from tlbench.arrays import Bool
    from tlbench.methods.deep.draws import Draws
    from tlbench.split.training import Training


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


def both_batches(
    target: PairSampler, source: PairSampler | None, draws: Draws, epoch: int, *, size: int, n_negatives: int
) -> Iterator[tuple[LabelledItems, LabelledItems | None]]:
    """Yield batches of the target, each with its share of the source: both are gone through once in an epoch.

    The target's batches are those that its counterpart without a source gets.
    """
    of_target = target.batches(draws, epoch, size=size, n_negatives=n_negatives)
    if source is None:
        for pairs in of_target:
            yield LabelledItems.of(pairs), None
        return
    n_batches = max(1, -(-len(target.usable) // size))
    share = max(1, -(-len(source.usable) // n_batches))
    of_source = source.batches(draws, epoch, size=share, n_negatives=n_negatives)
    for pairs in of_target:
        other = next(of_source, None)
        yield LabelledItems.of(pairs), None if other is None else LabelledItems.of(other)

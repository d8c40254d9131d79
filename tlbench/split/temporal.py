"""Temporal: one moment cuts all domains; methods learn from what came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.data.interactions import Interactions


def temporal(target: Interactions, fractions: Fractions, rng: np.random.Generator) -> Assignment:  # noqa: ARG001
    """Cut the target's time line where the fractions of interactions are reached.

    Interactions with equal timestamps stay together (training <= first cut < validation <= second cut < test), so the
    cuts lie at the moments whose shares are nearest to the fractions.

    Raises
    ------
    TlbenchError
        Where the target has no timestamps, or too few different ones for three parts.
    """
    if target.timestamp is None:
        raise TlbenchError(
            f"`{target.name}` has no timestamps, which protocol `temporal` needs", hint="use `--protocol ratio`"
        )
    moments, counts = np.unique(target.timestamp, return_counts=True)
    if len(moments) < 3:
        raise TlbenchError(
            f"`{target.name}` has {len(moments)} different moments; three parts need at least 3",
            hint="use `--protocol ratio`",
        )
    first, second = _cuts(counts, fractions)
    part = np.full(len(target), TEST, dtype=np.int8)
    part[target.timestamp <= moments[second]] = VALIDATION
    part[target.timestamp <= moments[first]] = TRAINING
    return Assignment(part, cut=(int(moments[first]), int(moments[second])))


def _cuts(counts: I64, fractions: Fractions) -> tuple[int, int]:
    """Positions of the last moment of training and of validation; every part keeps at least one moment."""
    share = np.cumsum(counts) / counts.sum()
    last = len(counts) - 1
    first = min(int(np.argmin(np.abs(share - fractions.training))), last - 2)
    second = int(np.argmin(np.abs(share - fractions.training - fractions.validation)))
    return first, min(max(second, first + 1), last - 1)

"""What a metric may know of held-out items beyond the lists: where they stand among all that could be listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlbench.arrays import F32, I32, I64


@dataclass(frozen=True, eq=False)
class Holdout:
    """What is known of held-out items among all that could have been listed, aligned with ``Judged.relevant.indices``.

    Attributes
    ----------
    position
        int32, place in the whole ranking of the user's candidates (unseen items), from 1.
    above, tied
        int32, candidates that are not held out and score higher, or the same.
    score
        float32, the method's own score.
    n_candidates
        int64, shape (b,): unseen items of each user, held-out ones included.
    """

    position: I32
    above: I32
    tied: I32
    score: F32
    n_candidates: I64

"""Which part each interaction of the target falls in, and from when on sources may not speak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    from tlbench.arrays import F64, I64, Array, Bool
    from tlbench.data.interactions import Interactions

TRAINING, VALIDATION, TEST = np.int8(0), np.int8(1), np.int8(2)
DROPPED = np.int8(-1)
Parts = np.ndarray[tuple[int], np.dtype[np.int8]]
"""int8 part of each interaction, shape (n,)."""


@dataclass(frozen=True)
class Fractions:
    """Shares of the target's interactions for training and validation; the rest is for test."""

    training: float = 0.8
    validation: float = 0.1

    def __post_init__(self) -> None:
        if not (self.training > 0 and self.validation > 0 and self.training + self.validation < 1):
            raise TlbenchError(
                f"fractions {self.training:g} and {self.validation:g} leave a part empty",
                hint="training, validation and the rest (test) must all be above 0, as 0.8 and 0.1",
            )

    def part_of(self, place: F64) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """Return the part in which a place in [0, 1) falls, int8."""
        bounds = np.array([self.training, self.training + self.validation])
        return np.searchsorted(bounds, place, side="right").astype(np.int8)


@dataclass(frozen=True, eq=False)
class Assignment:
    """The parts of the target's interactions.

    Attributes
    ----------
    part
        int8, shape (n,): 0 training, 1 validation, 2 test, -1 in no part.
    cut
        Last moment of training and of validation, seconds UTC, where one moment cuts all domains.
    by_user
        Whether sources tell of each user only what is before the user's first held-out interaction, where time is
        known.
    sources
        One entry per source, int8, shape (n_source,): parts of its interactions, where the rule holds out some of them
        too; methods learn from what is before the part that is held out. None where it holds out the target's only.
    judged
        Which users are judged, of those of whom something is held out: bool, shape (n_users,); None is all.
    aside
        Interactions of the validation part on which nothing is marked: methods do not see them while they are chosen,
        and do when they are judged. bool, shape (n,); None is none.
    """

    part: Parts
    cut: tuple[int, int] | None = None
    by_user: bool = False
    sources: tuple[Parts, ...] | None = None
    judged: Bool | None = None
    aside: Bool | None = None

    def without_aside(self) -> Assignment:
        """Return the parts as they are while methods are chosen: what is set aside belongs to none."""
        if self.aside is None:
            return self
        return replace(self, part=np.where(self.aside, DROPPED, self.part).astype(np.int8), aside=None)


def first_held_out(target: Interactions, held_out: Bool) -> I64 | None:
    """Return when each user's first held-out interaction was, int64 seconds UTC, shape (n_users,); None without time.

    `held_out` marks the interactions, bool, shape (n,). Users of whom nothing is held out have the highest number
    there is.
    """
    if target.timestamp is None:
        return None
    limit = np.full(target.n_users, np.iinfo(np.int64).max)
    np.minimum.at(limit, target.user[held_out], target.timestamp[held_out])
    return limit


def order_within_users(target: Interactions, shuffle: F64, *, first_by: Array | None = None) -> I64:
    """Return each interaction's position among its user's, by `first_by` and, where that is equal, by `shuffle`."""
    keys = (shuffle, target.user) if first_by is None else (shuffle, first_by, target.user)
    order = np.lexsort(keys)
    counts = np.bincount(target.user, minlength=target.n_users)
    starts = np.cumsum(counts) - counts
    position = np.empty(len(target), dtype=np.int64)
    position[order] = np.arange(len(target)) - np.repeat(starts, counts)
    return position

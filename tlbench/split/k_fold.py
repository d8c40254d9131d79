"""K-fold: the target's interactions, or its users, are dealt to folds; one fold tests, the next one validates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.split.parts import TEST, TRAINING, VALIDATION, Assignment, Fractions, order_within_users

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions

Fold = tuple[int, int]
"""Number of the fold, from 1, and of all folds: ``1/5``."""


def k_fold(target: Interactions, fold: Fold, rng: np.random.Generator) -> Assignment:
    """Deal each user's interactions to folds in a random order; the fold tests and the next one validates.

    A user's interactions start at a random fold, so that folds are equally large although users have few.
    The rng must be the same for all folds of a split; then each interaction tests in exactly one of them.
    """
    number, folds = fold
    position = order_within_users(target, rng.random(len(target)))
    own = (position + rng.integers(0, folds, target.n_users)[target.user]) % folds
    return Assignment(_parts(own, number, folds))


def user_fold(target: Interactions, fold: Fold, fractions: Fractions, rng: np.random.Generator) -> Assignment:
    """Deal users to folds; those of the fold test and those of the next one validate, on a part of their interactions.

    Held out of a judged user is the share that is not for training, at random, at least one interaction and never all;
    users with one interaction are not judged.
    """
    number, folds = fold
    of_user = np.arange(target.n_users) % folds
    own = rng.permutation(of_user)[target.user]
    position = order_within_users(target, rng.random(len(target)))
    count = np.bincount(target.user, minlength=target.n_users)[target.user]
    held = np.minimum(np.maximum(1, np.round((1 - fractions.training) * count)), count - 1)
    return Assignment(np.where(position < held, _parts(own, number, folds), TRAINING).astype(np.int8))


def _parts(
    own: np.ndarray[tuple[int], np.dtype[np.int64]], number: int, folds: int
) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    part = np.full(len(own), TRAINING, dtype=np.int8)
    part[own == number % folds] = VALIDATION
    part[own == number - 1] = TEST
    return part

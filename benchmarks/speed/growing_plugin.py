"""A pair of made domains of any size for `growth.py`; loaded with ``--plugin``, sized by ``TLBENCH_GROWING_USERS``.

Activity and popularity have heavy tails. Every user and item has one of `TASTES` tastes; most interactions stay within
it. There are two items for five users, and half of the source's users are the target's.
"""

import os

import numpy as np
import polars as pl

from tlbench.data.interactions import CleaningStep, Interactions, Provenance
from tlbench.registry import dataset

N_USERS = int(os.environ.get("TLBENCH_GROWING_USERS", "1000"))
N_ITEMS = 2 * N_USERS // 5
FEWEST, MOST = 3, 300
TASTES = 20


def interactions(first_user, seed):
    """Draw distinct pairs: users by a power law of activity, items by one of popularity within the user's taste."""
    rng = np.random.default_rng(seed)
    activity = (FEWEST * (1 + rng.pareto(1.5, N_USERS))).clip(max=MOST).astype(np.int64)
    user = np.repeat(np.arange(N_USERS, dtype=np.int64), activity)
    item = (N_ITEMS * rng.random(len(user)) ** 2.5).astype(np.int64)
    own = rng.random(len(user)) < 0.7
    item[own] += (first_user + user[own]) % TASTES - item[own] % TASTES
    pairs = np.unique(user * N_ITEMS + item.clip(0, N_ITEMS - 1))
    user, item = pairs // N_ITEMS, pairs % N_ITEMS
    present, item = np.unique(item, return_inverse=True)
    return user, item, len(present)


def made(name, first_user, seed):
    """Name the users and items of drawn interactions."""
    user, item, n_items = interactions(first_user, seed)
    numbers = pl.Series("user", np.arange(first_user, first_user + N_USERS))
    return Interactions(
        name=name,
        users=("u" + numbers.cast(pl.String)).rename("user"),
        items=(f"{name}-" + pl.Series("item", np.arange(n_items)).cast(pl.String)).rename("item"),
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="growing",
        item_ids=name,
        rating_scale=None,
        provenance=Provenance("made", name, "growing/1", (CleaningStep("as made", len(user), N_USERS, n_items),)),
    )


@dataset("growing-source", reference="none", user_ids="growing", summary="made for a speed test")
def growing_source():
    return made("growing-source", N_USERS // 2, 1)


@dataset("growing-target", reference="none", user_ids="growing", summary="made for a speed test")
def growing_target():
    return made("growing-target", 0, 2)

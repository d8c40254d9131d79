"""Domains with planted twins, and domains with none."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tlbench.data.synthetic import DomainPlan, make_domain
from tlbench.rng import stream


@pytest.fixture(scope="session")
def alike():
    """A source and a target of 800 people with the very same tastes (rho = 1) and no twin."""
    source = make_domain(DomainPlan("alike-source", 1.0, n_items=300, history=25.0), np.arange(800), user_ids="made")
    target = make_domain(DomainPlan("alike-target", 1.0, n_items=300, history=25.0), np.arange(800), user_ids="made")
    return source, target


@pytest.fixture(scope="session")
def plant():
    """Copy some items of one domain into another under new ids, each event with a chance of `kept`."""

    def plant_twins(source, target, *, share=0.2, kept=1.0, seed=0):
        rng = stream(seed, "plant")
        chosen = np.sort(rng.permutation(target.n_items)[: round(share * target.n_items)])
        events = np.flatnonzero(np.isin(target.item, chosen) & (rng.random(len(target)) < kept))
        code = dict(zip(source.users.to_list(), range(source.n_users), strict=True))
        users = [code[target.users[int(user)]] for user in target.user[events]]
        place = np.searchsorted(chosen, target.item[events])
        planted = replace(
            source,
            items=pl.concat([source.items, pl.Series([f"twin-of-{target.items[int(item)]}" for item in chosen])]),
            user=np.concatenate([source.user, np.array(users, dtype=np.int32)]),
            item=np.concatenate([source.item, (source.n_items + place).astype(np.int32)]),
            rating=None if source.rating is None else np.concatenate([source.rating, target.rating[events]]),
            timestamp=None
            if source.timestamp is None
            else np.concatenate([source.timestamp, target.timestamp[events]]),
            item_table=None,
        )
        return planted, {(f"twin-of-{target.items[int(item)]}", target.items[int(item)]) for item in chosen}

    return plant_twins


@pytest.fixture(scope="session")
def blind():
    """Take ratings, times and titles away."""
    return lambda domain: replace(domain, rating=None, rating_scale=None, timestamp=None, item_table=None)


@pytest.fixture(scope="session")
def shuffled():
    """Give every user's history to another one."""

    def shuffle(domain, seed):
        order = stream(seed, "shuffle").permutation(domain.n_users)
        return replace(domain, users=domain.users.gather(order))

    return shuffle

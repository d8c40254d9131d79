"""Domains with planted twins, and domains with none."""

from dataclasses import replace

import numpy as np
import pytest
from fixtures.planted_twins import plant_twins

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

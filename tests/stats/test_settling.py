"""What a comparison could have seen, and what would let the next run see more."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.crossed import mean_of
from tlbench.stats.paired import pair_values
from tlbench.stats.power import provable_margin
from tlbench.stats.settling import levers, sight_of


def pilot(n_seeds: int, *, seed_spread: float = 0.0, n_users: int = 400) -> Comparison:
    rng = stream(0, "settling", n_seeds)
    noise = rng.normal(0, 0.05, (n_users, 1)) + rng.normal(0, 0.02, (n_users, n_seeds))
    shift = seed_spread * np.linspace(-1, 1, n_seeds) if n_seeds > 1 else np.zeros(1)
    return compare(
        pair_values(0.5 + noise + shift, np.full((n_users, n_seeds), 0.5)), candidate="a", control="b", metric="m"
    )


def test_what_is_seen_is_found_with_a_chance_of_eighty_per_cent() -> None:
    one = pilot(1)
    sight = sight_of(one)
    assert sight is not None
    shift = sight.effect * 0.5 / one.standard_error
    critical = stats.t.isf(0.025, 399)
    assert stats.nct.sf(critical, 399, shift) == pytest.approx(0.8, abs=1e-4)


def test_equal_methods_are_shown_equal_within_the_smallest_margin_four_times_in_five() -> None:
    rng, shown, error = stream(1, "margin"), 0, 1 / math.sqrt(200)
    margin = provable_margin(error, 199, alpha=0.05)
    for _ in range(2000):
        mean = mean_of(rng.normal(0, 1, (200, 1)))
        shown += max(mean.pvalue_above(-margin), mean.pvalue_below(margin)) < 0.05
    assert shown / 2000 == pytest.approx(0.8, abs=0.03)


def test_a_family_sees_less_than_a_primary_method() -> None:
    one = pilot(1)
    family = replace(one, family=24, level=0.998)
    alone, among = sight_of(one), sight_of(family)
    assert alone is not None
    assert among is not None
    assert among.effect > 1.3 * alone.effect
    primary = next(lever for lever in levers(family, margin=0.01, alpha=0.05) if lever.name == "primary")
    assert primary.sight == alone


def test_levers_come_in_the_order_of_their_cost() -> None:
    noisy = replace(pilot(3, seed_spread=0.004), family=10, level=0.995)
    found = levers(noisy, margin=0.01, alpha=0.05)
    assert [lever.name for lever in found] in (["seeds", "primary", "users"], ["seeds", "primary"])
    assert found[0].amount in (5, 10)


def test_users_that_are_named_do_settle_it_and_one_tenth_fewer_do_not() -> None:
    one = replace(pilot(1), family=10, level=0.995)
    users = levers(one, margin=0.01, alpha=0.05)[-1]
    assert users.name == "users"
    assert users.sight.settles(0.01)
    assert not users.sight.settles(0.0095)


def test_nothing_is_said_of_seeds_that_one_seed_cannot_know() -> None:
    assert all(lever.name != "seeds" for lever in levers(pilot(1), margin=0.01, alpha=0.05))


def test_a_mean_of_nothing_shows_nothing() -> None:
    nothing = compare(pair_values(np.arange(9.0), np.zeros(9)), candidate="a", control="b", metric="m")
    assert sight_of(nothing) is None
    assert levers(nothing, margin=0.01, alpha=0.05) == ()

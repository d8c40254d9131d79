"""Planning and peeking: designs from a pilot, levels of looks, intervals for any time, the sensitivity panel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.crossed import Components, mean_of
from tlbench.stats.design import design
from tlbench.stats.paired import pair_values
from tlbench.stats.panel import sensitivity
from tlbench.stats.sequential import information, look_levels, spent


def pilot(*, seed_spread: float = 0.0, n_seeds: int = 3, n_users: int = 500) -> Comparison:
    rng = stream(0, "pilot", str(seed_spread))
    control = 0.2 + rng.normal(0, 0.02, (n_users, n_seeds))
    moved = rng.normal(0, 0.1, (n_users, 1)) + rng.normal(0, 0.02, (n_users, n_seeds))
    # seed effects are placed, not drawn, so that the pilot sees what was planted
    seeds = seed_spread * np.linspace(-1, 1, n_seeds) * math.sqrt(1.0)
    return compare(pair_values(control + moved + seeds, control), candidate="a", control="b", metric="m")


def test_a_design_asks_for_fewer_users_with_more_seeds_and_more_for_more_power() -> None:
    found = design(pilot(), margin=0.02, seeds=(1, 5), powers=(0.8, 0.9))
    users = {(plan.n_seeds, plan.power): plan.to_detect for plan in found.plans}
    assert users[1, 0.8] > users[5, 0.8]  # type: ignore[operator]
    assert users[5, 0.9] > users[5, 0.8]  # type: ignore[operator]
    assert all(plan.to_show_equivalence is not None for plan in found.plans)


def test_a_planned_experiment_finds_the_margin_as_often_as_planned() -> None:
    found = design(pilot(), margin=0.05, seeds=(3,), powers=(0.8,))
    n, parts, rng = found.plans[0].to_detect, found.components, stream(1, "planned")
    assert n is not None
    hits = 0
    for _ in range(2000):
        user = rng.normal(0, math.sqrt(parts.user), (n, 1))
        hits += mean_of(found.size + user + rng.normal(0, math.sqrt(parts.rest), (n, 3))).pvalue() < 0.05
    assert hits / 2000 == pytest.approx(0.8, abs=0.04)


def test_seeds_that_vary_too_much_ask_for_seeds_not_users() -> None:
    found = design(pilot(seed_spread=0.02), margin=0.1, seeds=(3,), powers=(0.8,))
    assert found.plans[0].to_detect is None
    assert found.seeds_with_these_users is not None
    n = found.seeds_with_these_users
    parts, rng, hits = found.components, stream(2, "seeds"), 0
    for _ in range(1000):
        table = rng.normal(0, math.sqrt(parts.user), (500, 1)) + rng.normal(0, math.sqrt(parts.seed), (1, n))
        hits += mean_of(found.size + table + rng.normal(0, math.sqrt(parts.rest), (500, n))).pvalue() < 0.05
    assert hits / 1000 == pytest.approx(0.8, abs=0.05)


def test_a_family_asks_for_more_users() -> None:
    from dataclasses import replace

    alone, family = (design(replace(pilot(), family=n), margin=0.02, seeds=(1,)).plans[0].to_detect for n in (1, 10))
    assert family > alone  # type: ignore[operator]


def test_a_design_refuses_what_it_cannot_plan() -> None:
    with pytest.raises(TlbenchError, match="no difference"):
        design(pilot(), margin=0.0)
    with pytest.raises(TlbenchError, match="0 seeds"):
        design(pilot(), seeds=(0,))
    with pytest.raises(TlbenchError, match="power of 1"):
        design(pilot(), powers=(1.0,))


# --- looks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        ("obrien-fleming", [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]),
        ("pocock", [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]),
    ],
)
def test_bounds_of_five_looks_are_the_published_ones(spending: str, published: list[float]) -> None:
    # Reboussin, DeMets, Kim and Lan's program and R's ldbounds, alpha .05 two-sided, five equal looks
    from scipy.special import ndtri

    levels = look_levels([0.2, 0.4, 0.6, 0.8, 1.0], spending=spending, joint=True)  # type: ignore[arg-type]
    assert [-ndtri(level / 2) for level in levels] == pytest.approx(published, abs=1e-3)


def test_separate_levels_add_up_to_alpha_and_joint_ones_are_larger() -> None:
    fractions = [0.3, 0.6, 1.0]
    apart, joint = look_levels(fractions, alpha=0.05), look_levels(fractions, alpha=0.05, joint=True)
    assert sum(apart) == pytest.approx(0.05)
    assert all(one >= two - 1e-12 for one, two in zip(joint, apart, strict=True))
    assert look_levels([1.0], joint=True) == pytest.approx((0.05,), abs=1e-6)
    assert spent(0.0, alpha=0.05) == 0
    assert spent(1.0, alpha=0.05) == pytest.approx(0.05)


@pytest.mark.parametrize("fractions", [[], [0.5], [0.5, 0.4, 1.0], [0.0, 1.0]])
def test_fractions_that_do_not_rise_to_one_are_refused(fractions: list[float]) -> None:
    with pytest.raises(TlbenchError, match="information fractions"):
        look_levels(fractions)


def test_information_of_more_seeds_stops_where_users_limit_it() -> None:
    assert information(Components(1.0, 0.0, 1.0), [(100, 1), (200, 1)]) == pytest.approx((0.5, 1.0))
    assert information(Components(1.0, 0.0, 0.0), [(100, 1), (100, 9)]) == pytest.approx((1.0, 1.0))
    assert information(Components(0.0, 0.0, 0.0), [(100, 1), (100, 4)]) == pytest.approx((0.25, 1.0))


@pytest.mark.parametrize("joint", [False, True])
def test_peeking_at_seeds_keeps_its_level_with_look_levels_and_not_without(joint: bool) -> None:
    parts, looks = Components(user=1.0, seed=0.002, rest=0.3), [3, 4, 6, 8, 10]
    fractions = information(parts, [(300, seeds) for seeds in looks])
    levels = look_levels(fractions, joint=joint)
    rng, naive, guarded, rounds = stream(3, "peek"), 0, 0, 1200
    for _ in range(rounds):
        table = rng.normal(0, 1, (300, 1)) + rng.normal(0, math.sqrt(parts.seed), (1, 10))
        table = table + rng.normal(0, math.sqrt(parts.rest), (300, 10))
        pvalues = [mean_of(table[:, :seeds]).pvalue() for seeds in looks]
        naive += min(pvalues) < 0.05
        guarded += any(p < level for p, level in zip(pvalues, levels, strict=True))
    assert guarded / rounds < 0.067
    assert naive / rounds > 0.067


# --- the panel --------------------------------------------------------------------------------------------------


def test_the_panel_agrees_with_a_clear_result() -> None:
    rng = stream(7, "panel")
    control = rng.random((200, 3))
    paired = pair_values(control + 0.1 + rng.normal(0, 0.2, (200, 3)), control)
    comparison = compare(paired, candidate="a", control="b", metric="m")
    found = sensitivity(paired, comparison, rng=stream(0, "panel"), draws=2000, posterior_draws=200)
    assert found.disagree == ()
    assert [one.kind for one in found.bootstraps] == ["bca", "percentile", "studentised", "two-way"]
    assert found.bayes_mean.better > 0.99
    assert found.bayes_ranks.better > 0.99


@pytest.mark.parametrize("values", [np.zeros(5), np.full(5, 0.1), np.array([0.2, -0.1])])
def test_the_panel_takes_values_without_spread(values: np.ndarray) -> None:
    paired = pair_values(values, np.zeros(len(values)))
    comparison = compare(paired, candidate="a", control="b", metric="m")
    found = sensitivity(paired, comparison, rng=stream(0, "panel"), draws=50, posterior_draws=20)
    assert 0 < found.randomisation.pvalue <= 1
    assert found.bayes_ranks.worse + found.bayes_ranks.same + found.bayes_ranks.better == pytest.approx(1)


def test_a_plan_says_how_little_its_pilot_knows() -> None:
    small, large = (design(pilot(n_users=n), margin=0.02, seeds=(3,), powers=(0.8,)).plans[0] for n in (60, 4000))
    for plan in (small, large):
        assert plan.fewest is not None
        assert plan.most is not None
        assert plan.to_detect is not None
        assert plan.fewest < plan.to_detect < plan.most
    assert small.most / small.fewest > 2 * large.most / large.fewest  # type: ignore[operator]

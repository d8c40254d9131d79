"""A gain taken apart into what comes through twins and what is left without them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tlbench.errors import NotComparable
from tlbench.evaluation import Cell, RunResult
from tlbench.stats.twin_parts import part_twins

USERS = [f"u{number}" for number in range(40)]


def run(method, values, *, placebo=None, seed=0, digest="d"):
    table = pd.DataFrame({"ndcg@10": values}, index=pd.Index(USERS[: len(values)], name="user"))
    return RunResult(Cell("a->b", method, {}, seed, placebo), digest, table, {}, 0)


@pytest.fixture
def sides():
    """Values of a method that gains .5 by twins, .02 by the rest of the source, and nothing by mere numbers."""
    rng = np.random.default_rng(3)
    base = rng.random(40) * 0.1
    left = base + 0.02 + rng.normal(0, 0.01, 40)
    whole = left + 0.5 * (rng.random(40) < 0.3)
    draws = [run("knn", whole + rng.normal(0, 0.005, 40), placebo="matched-removal", seed=seed) for seed in range(3)]
    return [run("knn", whole)], [run("item-knn", base)], [run("knn", left, placebo="without-twins")], draws


def test_the_parts_add_up_to_the_gain(sides):
    parts = part_twins(*sides, "ndcg@10")
    total = parts.without.difference + parts.through_twins.difference + parts.removal.difference
    assert total == pytest.approx(parts.gain.difference, abs=1e-15)
    shares = parts.without.relative + parts.through_twins.relative + parts.removal.relative
    assert shares == pytest.approx(parts.gain.relative, abs=1e-12)


def test_each_part_is_a_paired_t_test_over_users_of_means_over_draws(sides):
    whole, base, left, draws = sides
    parts = part_twins(*sides, "ndcg@10")
    others = np.mean([one.values["ndcg@10"] for one in draws], axis=0)
    through = others - left[0].values["ndcg@10"].to_numpy()
    low, high = stats.t.interval(0.95, 39, through.mean(), through.std(ddof=1) / np.sqrt(40))
    assert (parts.through_twins.low, parts.through_twins.high) == pytest.approx((low, high))
    mean = base[0].values["ndcg@10"].mean()
    assert parts.through_twins.relative == pytest.approx(through.mean() / mean)
    assert parts.draws == pytest.approx([one.values["ndcg@10"].mean() - mean for one in draws])
    assert parts.gain.n_users == 40
    assert whole[0].values["ndcg@10"].mean() - mean == pytest.approx(parts.gain.difference)


def test_a_gain_without_twins_is_told_from_none(sides):
    whole, base, _, draws = sides
    assert not part_twins(*sides, "ndcg@10").nothing_else
    assert part_twins(whole, base, [run("knn", base[0].values["ndcg@10"], placebo="without-twins")], draws, "ndcg@10"
                      ).nothing_else  # fmt: skip


def test_runs_on_another_split_or_none_at_all_are_not_comparable(sides):
    whole, base, left, draws = sides
    with pytest.raises(NotComparable, match="different splits"):
        part_twins(whole, base, [run("knn", np.zeros(40), placebo="without-twins", digest="e")], draws, "ndcg@10")
    with pytest.raises(NotComparable, match="did not run"):
        part_twins(whole, base, left, [], "ndcg@10")

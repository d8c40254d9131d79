"""Judging a sample of users: drawn once for all folds, in proportion to histories, and without bias."""

import numpy as np
import pytest

from tlbench.rng import stream
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.protocol import Protocol
from tlbench.split.sample import allocate, draw_sample
from tlbench.split.split import make_splits


@pytest.fixture(scope="module")
def scenario(make_interactions):
    rng = np.random.default_rng(5)

    def domain(name, users):
        pairs = sorted({(f"u{u}", f"{name}{i}") for u, i in zip(users, rng.integers(0, 60, len(users)), strict=True)})
        rows = [(user, item, int(t)) for (user, item), t in zip(pairs, rng.permutation(len(pairs)), strict=True)]
        return make_interactions(rows, name=name)

    heavy = (300 * rng.power(3, 4000)).astype(int)
    domains = {"source": domain("source", heavy), "target": domain("target", heavy)}
    return build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)


@pytest.mark.parametrize("protocol", ["k-fold:4", "rolling:2", "leave-n-out:1", "cold-start:3"])
def test_the_same_users_are_judged_in_every_fold_and_methods_see_what_they_always_see(scenario, protocol):
    whole = list(make_splits(scenario, Protocol.parse(protocol)))
    drawn = list(make_splits(scenario, Protocol.parse(protocol), judge=50))
    able = set(np.concatenate([split.users for split in whole]))
    assert {split.sampled_from for split in drawn} == {len(able)}
    judged = {user for split in drawn for user in split.users.tolist()}
    assert len(judged) == 50
    for every, some in zip(whole, drawn, strict=True):
        assert some.users.tolist() == [user for user in every.users.tolist() if user in judged]
        assert set(some.selection.users) <= judged
        assert (some.training.target.matrix != every.training.target.matrix).nnz == 0
        assert (some.test != every.test).nnz == 0
        assert some.digest != every.digest


def test_more_than_there_are_is_everybody(scenario):
    whole, drawn = (next(iter(make_splits(scenario, Protocol.parse("k-fold:3"), judge=n))) for n in (None, 10_000))
    assert drawn.users.tolist() == whole.users.tolist()


def test_each_length_of_history_has_its_share(scenario):
    history = np.random.default_rng(1).integers(1, 200, 5000)
    able = np.arange(5000) % 3 > 0
    sample = draw_sample(600, able, history, stream(0, "judge"))
    assert sample.of == able.sum()
    assert not (sample.drawn & ~able).any()
    stratum = np.floor(np.log2(history))
    for value in np.unique(stratum):
        share = (able & (stratum == value)).sum() / able.sum()
        assert abs((sample.drawn & (stratum == value)).sum() - 600 * share) < 1


def test_largest_remainders_add_up():
    assert allocate(10, np.array([33, 33, 34])).tolist() == [3, 3, 4]
    assert allocate(7, np.array([1, 0, 99])).tolist() == [0, 0, 7]
    rng = np.random.default_rng(2)
    for _ in range(200):
        sizes = rng.integers(0, 50, 8) + np.eye(8, dtype=int)[0]
        count = int(rng.integers(0, sizes.sum() + 1))
        given = allocate(count, sizes)
        assert given.sum() == count
        assert (given <= sizes).all()
        assert (np.abs(given - count * sizes / sizes.sum()) < 1).all()


def test_the_mean_of_samples_is_the_mean_of_all_with_less_variance_than_a_simple_random_sample():
    rng = np.random.default_rng(3)
    history = np.maximum(1, rng.lognormal(2, 1, 2000).astype(int))
    values = np.log(history) + rng.normal(0, 0.5, 2000)
    means = [
        values[draw_sample(200, np.ones(2000, dtype=bool), history, stream(seed, "judge")).drawn].mean()
        for seed in range(400)
    ]
    simple = values.std(ddof=1) * np.sqrt((1 / 200) * (1 - 200 / 2000))
    assert abs(np.mean(means) - values.mean()) < 4 * simple / np.sqrt(400)
    assert np.std(means, ddof=1) < 0.7 * simple


def test_nearly_all_of_a_smaller_sample_is_part_of_a_larger_one():
    history = np.random.default_rng(4).integers(1, 300, 1000)
    small, large = (draw_sample(n, np.ones(1000, dtype=bool), history, stream(0, "judge")).drawn for n in (100, 300))
    assert (small & ~large).sum() <= 2

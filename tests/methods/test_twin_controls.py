"""Sources without twins, and without as many other items."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.twin_controls import matched, remove_matched, remove_twins
from tlbench.registry import PLACEBOS
from tlbench.split.training import Domain, Training


@pytest.fixture
def training():
    """A target and two sources of 60 users; the first source has four twins, the second none."""
    rng = np.random.default_rng(5)
    target, one, other = (
        sparse.random(60, 40, density=0.3, format="csr", dtype=np.float32, random_state=rng) for _ in range(3)
    )
    times = np.arange(one.nnz, dtype=np.int64)
    twins = np.array([0, 3, 17, 39])
    sources = Domain("one", one, times, None, None, twins), Domain("other", other, None, None, None)
    return Training(Domain("target", target, None, None, None), sources, np.arange(60), (None, None))


def test_removing_twins_empties_their_columns_and_leaves_everything_else(training):
    shown = remove_twins(training, np.random.default_rng(0))
    before, after = training.sources[0], shown.sources[0]
    dense = before.matrix.toarray()
    dense[:, before.twins] = 0
    assert np.array_equal(after.matrix.toarray(), dense)
    assert np.array_equal(after.timestamps, before.timestamps[~np.isin(before.matrix.indices, before.twins)])
    assert after.matrix.has_canonical_format
    assert shown.sources[1] is training.sources[1]
    assert shown.target is training.target


def test_as_many_others_of_nearly_the_same_popularity_are_removed(training):
    source = training.sources[0]
    chosen = matched(source, np.random.default_rng(1))
    popularity = np.bincount(source.matrix.indices, minlength=source.n_items)
    assert len(chosen) == len(source.twins)
    assert not np.isin(chosen, source.twins).any()
    wanted, free = np.sort(popularity[source.twins])[::-1], np.setdiff1d(np.arange(40), source.twins).tolist()
    for value in wanted:  # literally: the nearest of those still free, the lower of two
        best = min(free, key=lambda item: (abs(int(popularity[item]) - int(value)), popularity[item]))
        same = [item for item in free if popularity[item] == popularity[best]]
        taken = next(item for item in same if item in chosen)
        free.remove(taken)
    assert sorted(set(range(40)) - set(source.twins.tolist()) - set(free)) == chosen.tolist()
    after = remove_matched(training, np.random.default_rng(1)).sources[0]
    assert np.array_equal(np.flatnonzero(np.diff(after.matrix.tocsc().indptr) == 0), chosen)


def test_draws_differ_among_items_of_one_popularity(training):
    even = replace(training.sources[0], matrix=sparse.csr_matrix(np.ones((60, 40), dtype=np.float32)))
    draws = {tuple(matched(even, np.random.default_rng(seed))) for seed in range(20)}
    assert len(draws) > 15


def test_more_twins_than_others_take_all_others(training):
    source = replace(training.sources[0], twins=np.arange(30))
    assert np.array_equal(matched(source, np.random.default_rng(0)), np.arange(30, 40))


def test_both_are_registered(training):
    for name in ("without-twins", "matched-removal"):
        shown = PLACEBOS.get(name).apply(training, np.random.default_rng(0))
        assert shown.sources[0].matrix.nnz < training.sources[0].matrix.nnz

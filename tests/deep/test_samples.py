"""Samplers against what a loop over rows would do."""

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods import csr
from tlbench.methods.deep._kernels_samples import last_items, sample_negatives
from tlbench.methods.deep.draws import Draws
from tlbench.methods.deep.samples import PairSampler, row_batches
from tlbench.rng import stream


def matrix(seed=0, n_users=40, n_items=17, share=0.4):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix((rng.random((n_users, n_items)) < share).astype(np.float32))


def test_a_negative_is_never_a_positive_of_its_user():
    m = matrix(share=0.8)
    touched = m.toarray() > 0
    for epoch in range(20):
        for pairs in PairSampler.of(m, "target").batches(Draws(stream(1)), epoch, size=50, n_negatives=7):
            assert touched[pairs.users, pairs.items].all()
            assert not touched[pairs.users[:, None], pairs.negatives].any()


def test_every_interaction_comes_once_in_an_epoch_and_in_another_order_in_the_next():
    m = matrix()
    sampler = PairSampler.of(m, "target")
    epochs = [
        [
            pair
            for pairs in sampler.batches(Draws(stream(1)), epoch, size=33)
            for pair in zip(pairs.users, pairs.items, strict=True)
        ]
        for epoch in (1, 2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(zip(*m.nonzero(), strict=True))
    assert epochs[0] != epochs[1]


def test_negatives_are_uniform_over_what_the_user_did_not_touch():
    row = sparse.csr_matrix(np.array([[1, 0, 0, 1, 1, 0, 0, 1, 0, 0]], dtype=np.float32))
    entries = csr.arrays(row)
    out = np.empty((1, 60_000), dtype=np.int32)
    sample_negatives(np.zeros(1, np.int32), np.zeros(1, np.int64), *entries[:2], 10, np.uint64(5), out)
    counts = np.bincount(out[0], minlength=10)
    free = np.flatnonzero(row.toarray()[0] == 0)
    assert counts[row.toarray()[0] > 0].sum() == 0
    expected = out.size / len(free)
    chi_square = ((counts[free] - expected) ** 2 / expected).sum()
    assert chi_square < 20.5  # 99.9 % of a chi-square of 5 degrees of freedom


def test_a_user_who_touched_every_item_is_left_out():
    m = sparse.csr_matrix(np.array([[1, 1, 1], [1, 0, 0]], dtype=np.float32))
    (pairs,) = PairSampler.of(m, "target").batches(Draws(stream(0)), 1, size=10)
    assert pairs.users.tolist() == [1]


def test_negatives_that_are_not_fresh_are_those_of_every_epoch():
    sampler = PairSampler.of(matrix(), "target")

    def negatives(epoch, fresh):
        batches = sampler.batches(Draws(stream(1)), epoch, size=40, n_negatives=3, fresh=fresh)
        return {
            (user, item): tuple(others)
            for pairs in batches
            for user, item, others in zip(pairs.users, pairs.items, pairs.negatives.tolist(), strict=True)
        }

    assert negatives(1, fresh=False) == negatives(2, fresh=False)
    assert negatives(1, fresh=True) != negatives(2, fresh=True)


def test_draws_do_not_depend_on_the_size_of_batches():
    sampler = PairSampler.of(matrix(), "target")
    small, large = (
        np.concatenate([pairs.negatives for pairs in sampler.batches(Draws(stream(3)), 4, size=size)])
        for size in (7, 1000)
    )
    np.testing.assert_array_equal(small, large)


def test_draws_are_named_by_the_domain_and_the_epoch():
    def drawn(name, root, epoch):
        batches = PairSampler.of(matrix(), name).batches(Draws(stream(root)), epoch, size=1000)
        return np.concatenate([pairs.negatives for pairs in batches]).tolist()

    assert drawn("target", 0, 1) == drawn("target", 0, 1)
    assert drawn("target", 0, 1) not in (drawn("source", 0, 1), drawn("target", 1, 1), drawn("target", 0, 2))


@pytest.mark.parametrize("length", [1, 3, 8])
def test_last_items_are_the_end_of_each_history(length):
    rows = [[4, 2, 9], [], [7], [1, 2, 3, 4, 5, 6, 8]]
    indptr = np.cumsum([0, *map(len, rows)])
    ordered = np.array([item for row in rows for item in row], dtype=np.int32)
    users = np.array([3, 0, 1, 2])
    out = np.empty((4, length), dtype=np.int32)
    last_items(users, indptr, ordered, length, -1, out)
    expected = [([-1] * length + rows[user])[-length:] for user in users]
    assert out.tolist() == expected


def test_rows_come_once_in_an_epoch():
    rows = np.arange(5, 30)
    found = np.concatenate(list(row_batches(rows, Draws(stream(0)), "users", 1, size=4)))
    assert sorted(found) == rows.tolist()

"""A placebo destroys what it names and keeps the rest."""

import numpy as np

from tlbench.methods.placebo import permute_ratings, shuffle_bridge


def rows(matrix):
    return [
        tuple(matrix.indices[a:b]) + tuple(matrix.data[a:b])
        for a, b in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)
    ]


def test_shuffled_bridge_permutes_overlap_rows_jointly_and_leaves_the_rest(training):
    data = training(n_sources=2)
    fake = shuffle_bridge(data, np.random.default_rng(0))
    outside = np.setdiff1d(np.arange(data.n_users), data.overlap)
    joint = [(a, b) for a, b in zip(rows(data.sources[0].matrix), rows(data.sources[1].matrix), strict=True)]
    mixed = [(a, b) for a, b in zip(rows(fake.sources[0].matrix), rows(fake.sources[1].matrix), strict=True)]
    assert [joint[u] for u in outside] == [mixed[u] for u in outside]
    assert sorted(joint[u] for u in data.overlap) == sorted(mixed[u] for u in data.overlap)
    assert all(joint[u] != mixed[u] for u in data.overlap)
    assert fake.target is data.target


def test_shuffled_bridge_moves_times_with_their_entries(training):
    data = training()
    fake = shuffle_bridge(data, np.random.default_rng(0)).sources[0]
    true = data.sources[0]
    pairs = {(i, v, t) for i, v, t in zip(true.matrix.indices, true.matrix.data, true.timestamps, strict=True)}
    assert {(i, v, t) for i, v, t in zip(fake.matrix.indices, fake.matrix.data, fake.timestamps, strict=True)} == pairs
    assert fake.matrix.has_canonical_format


def test_shuffled_bridge_keeps_item_degrees(training):
    data = training()
    fake = shuffle_bridge(data, np.random.default_rng(0))
    np.testing.assert_array_equal(
        np.bincount(fake.sources[0].matrix.indices), np.bincount(data.sources[0].matrix.indices)
    )


def test_permuted_ratings_keep_the_pattern_and_the_histogram(training):
    data = training()
    true, fake = data.sources[0].matrix, permute_ratings(data, np.random.default_rng(0)).sources[0].matrix
    np.testing.assert_array_equal(true.indices, fake.indices)
    np.testing.assert_array_equal(np.sort(true.data), np.sort(fake.data))
    assert (true.data != fake.data).any()


def test_placebos_do_not_write_to_their_input(training):
    data = training()
    before = data.sources[0].matrix.copy()
    for apply in (shuffle_bridge, permute_ratings):
        apply(data, np.random.default_rng(0))
    np.testing.assert_array_equal(before.toarray(), data.sources[0].matrix.toarray())

"""A placebo destroys what it names and keeps the rest."""

from collections import Counter

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import chisquare

from tlbench.methods.placebo import (
    permute_ratings,
    random_codebook,
    rewire_source,
    shuffle_bridge,
    shuffle_links,
    shuffle_text,
)
from tlbench.methods.rewiring import rewired
from tlbench.split.training import Domain


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
    for apply in (shuffle_bridge, shuffle_links, shuffle_text, rewire_source, permute_ratings, random_codebook):
        apply(data, np.random.default_rng(0))
    np.testing.assert_array_equal(before.toarray(), data.sources[0].matrix.toarray())


def test_shuffled_links_keep_the_linked_items_and_their_scores_but_no_pair(training):
    data = training()
    true, fake = data.item_alignments[0], shuffle_links(data, np.random.default_rng(0)).item_alignments[0]
    np.testing.assert_array_equal(true.target_item, fake.target_item)
    np.testing.assert_array_equal(true.score, fake.score)
    np.testing.assert_array_equal(np.sort(true.source_item), np.sort(fake.source_item))
    assert (true.source_item != fake.source_item).all()


def test_shuffled_links_leave_a_source_without_links_alone(training):
    data = training(links=False)
    assert shuffle_links(data, np.random.default_rng(0)).item_alignments == (None,)


def test_shuffled_text_keeps_the_texts_of_each_source_and_the_target(training):
    data = training(n_sources=2)
    fake = shuffle_text(data, np.random.default_rng(0))
    assert fake.target is data.target
    for true, false in zip(data.sources, fake.sources, strict=True):
        assert sorted(true.item_text) == sorted(false.item_text)
        assert (true.item_text != false.item_text).all()


def test_rewired_source_keeps_degrees_ratings_of_users_and_no_structure(training):
    data = training(n_source_items=60)
    true, fake = data.sources[0].matrix, rewire_source(data, np.random.default_rng(0)).sources[0].matrix
    np.testing.assert_array_equal(np.diff(true.indptr), np.diff(fake.indptr))
    np.testing.assert_array_equal(np.bincount(true.indices, minlength=60), np.bincount(fake.indices, minlength=60))
    for u in range(data.n_users):
        assert sorted(true[u].data) == sorted(fake[u].data)
    assert fake.has_canonical_format

    def together(matrix):
        likes = (matrix.toarray() > 0).astype(float)
        theme = np.arange(60) % 4
        same = likes.T @ likes
        np.fill_diagonal(same, 0)
        return same[theme[:, None] == theme[None, :]].sum() / same.sum()

    assert together(true) > 0.33
    assert together(fake) < 0.9 * together(true)


def test_rewiring_reaches_every_matrix_of_the_same_degrees_equally_often():
    three = sparse.csr_matrix(np.eye(3, dtype=np.float32))
    domain = Domain("three", three, None, None, None)
    rng = np.random.default_rng(0)
    seen = Counter(rewired(domain, rng).matrix.toarray().tobytes() for _ in range(3000))
    assert len(seen) == 6
    assert chisquare(list(seen.values())).pvalue > 0.001


def test_random_codebook_rates_by_a_pattern_of_clusters_on_the_scale(training):
    data = training()
    fake = random_codebook(data, np.random.default_rng(0)).sources[0]
    np.testing.assert_array_equal(fake.matrix.indices, data.sources[0].matrix.indices)
    assert fake.matrix.data.min() >= 1.0
    assert fake.matrix.data.max() <= 5.0
    assert abs(np.corrcoef(fake.matrix.data, data.sources[0].matrix.data)[0, 1]) < 0.15


@pytest.mark.parametrize(
    "apply", [shuffle_bridge, shuffle_links, shuffle_text, rewire_source, permute_ratings, random_codebook]
)
def test_a_placebo_is_another_one_with_another_stream_and_the_same_with_the_same(training, apply):
    data = training()
    first, again, other = (fingerprint(apply(data, np.random.default_rng(seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def fingerprint(data):
    parts = [rows(source.matrix) for source in data.sources]
    return repr(
        (parts, [list(s.item_text) for s in data.sources], [t.source_item.tolist() for t in data.item_alignments])
    )

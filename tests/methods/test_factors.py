"""`pure-svd`, `nmf`, `bpr-mf` and `biased-mf` against dense decompositions and the conditions of a minimum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.baselines.bpr_mf import BprMf
from tlbench.methods.baselines.nmf import Nmf
from tlbench.methods.baselines.pure_svd import PureSvd
from tlbench.methods.bpr import bpr
from tlbench.methods.ratings import factorise_ratings
from tlbench.methods.svd import truncated_svd
from tlbench.rng import stream


def test_pure_svd_is_the_projection_on_the_leading_singular_vectors(training):
    x = training.target.binary.toarray().astype(np.float64)
    _, _, right = np.linalg.svd(x)
    scores = PureSvd(factors=5).fit(training, stream(0))(np.arange(len(x)))
    np.testing.assert_allclose(scores, x @ right[:5].T @ right[:5], atol=1e-4)


def test_truncated_svd_finds_the_singular_values_of_a_larger_matrix():
    matrix = sparse.random(400, 300, density=0.05, format="csr", dtype=np.float32, random_state=1)
    expected = np.linalg.svd(matrix.toarray().astype(np.float64), compute_uv=False)[:12]
    svd = truncated_svd(matrix, 12, rng=stream(0, "svd"))
    np.testing.assert_allclose(svd.values, expected, rtol=2e-3)
    np.testing.assert_allclose(svd.right.T @ svd.right, np.eye(12), atol=1e-4)


def nmf_gradient(x, left, right, l1, l2):
    return (left @ right.T - x) @ right + l1 + l2 * left


def test_nmf_ends_where_no_coordinate_wants_to_move(training):
    recommender = Nmf(factors=3, iterations=800, l1=0.05, l2=0.5)
    scorer = recommender.fit(training, stream(0, "nmf"))
    x = training.target.binary.toarray().astype(np.float64)
    for matrix, left, right in ((x, scorer.users, scorer.items), (x.T, scorer.items, scorer.users)):
        gradient = nmf_gradient(matrix, left.astype(np.float64), right.astype(np.float64), 0.05, 0.5)
        assert left.min() >= 0
        assert np.abs(gradient[left > 1e-3]).max() < 0.01
        assert gradient[left == 0].min(initial=0) > -0.01


def test_nmf_fits_as_well_as_scikit_learn(training):
    from sklearn.decomposition import NMF

    x = training.target.binary.toarray().astype(np.float64)[:80, :39]
    theirs = NMF(4, init="nndsvda", max_iter=2000, tol=1e-6).fit(x).reconstruction_err_
    losses = []
    for seed in range(3):
        scorer = Nmf(factors=4, iterations=200, l2=0.0).fit(training, stream(seed, "nmf"))
        losses.append(np.linalg.norm(x - (scorer.users @ scorer.items.T)[:80, :39]))
    assert min(losses) < 1.02 * theirs


def test_bpr_ranks_what_users_touched_above_the_rest(training):
    scores = BprMf(factors=8, epochs=300, l2=0.001).fit(training, stream(0, "bpr"))(np.arange(80))
    touched = training.target.binary.toarray()[:80] > 0
    areas = [(scores[u][touched[u]][:, None] > scores[u][~touched[u]]).mean() for u in range(80)]
    assert np.mean(areas) > 0.97


def test_bpr_with_many_parts_visits_every_item_and_user():
    """Enough items for several parts: every item is drawn as positive or negative, every user is moved."""
    matrix = sparse.random(100, 400, density=0.1, format="csr", dtype=np.float32, random_state=2)
    matrix.sort_indices()
    start = bpr(matrix, factors=4, epochs=0, rate=0.1, l2=0.0, rng=stream(0, "bpr"))
    moved = bpr(matrix, factors=4, epochs=20, rate=0.1, l2=0.0, rng=stream(0, "bpr"))
    assert (start.items != moved.items).any(axis=1).all()
    assert (start.users != moved.users).any(axis=1).all()


def test_biased_mf_recovers_ratings_that_are_biases_and_a_product():
    rng = stream(0, "tests", "ratings")
    left, right = rng.standard_normal((120, 2)), rng.standard_normal((80, 2))
    full = 3 + rng.standard_normal((120, 1)) * 0.5 + rng.standard_normal((1, 80)) * 0.5 + 0.5 * left @ right.T
    known = rng.random(full.shape) < 0.4
    matrix = sparse.csr_matrix(np.where(known, full, 0).astype(np.float32))
    model = factorise_ratings(matrix, factors=2, iterations=60, l2=1e-3, rng=stream(1, "als"))
    predicted = model.mean + model.user_bias[:, None] + model.item_bias + model.users @ model.items.T
    assert np.sqrt(((predicted - full)[~known] ** 2).mean()) < 0.1
    assert np.sqrt((full[~known] - full[known].mean()).var()) > 0.7


def test_biased_mf_ends_where_the_gradient_of_its_loss_is_zero(training):
    matrix = training.target.matrix
    model = factorise_ratings(matrix, factors=3, iterations=300, l2=0.1, rng=stream(0, "als"))
    known = matrix.toarray() > 0
    predicted = model.mean + model.user_bias[:, None] + model.item_bias + model.users @ model.items.T
    error = np.where(known, matrix.toarray() - predicted, 0)
    counts = known.sum(axis=1)[:, None]
    gradient = error @ model.items - 0.1 * counts * model.users
    np.testing.assert_allclose(gradient[:80], 0, atol=0.02)
    np.testing.assert_allclose((error.sum(axis=1) - 0.1 * counts[:, 0] * model.user_bias)[:80], 0, atol=0.02)


@pytest.mark.parametrize("rounds", [2, 6])
def test_a_rank_above_the_matrix_is_cut(rounds):
    matrix = sparse.random(30, 8, density=0.5, format="csr", dtype=np.float32, random_state=3)
    svd = truncated_svd(matrix, 50, rng=stream(0, "svd"), rounds=rounds)
    np.testing.assert_allclose((svd.left * svd.values) @ svd.right.T, matrix.toarray(), atol=1e-4)

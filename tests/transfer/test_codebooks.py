"""Codebook transfer against the equations of Li, Yang and Xue 2009, written out entry by entry."""

import itertools

import numpy as np
from scipy import sparse

from tlbench.methods.baselines.own_codebook import OwnCodebook
from tlbench.methods.codebooks import (
    cluster_means,
    densest_part,
    expand_codebook,
    nearest_pattern,
    rescale,
    tri_factorise,
)
from tlbench.methods.transfer.codebook import Codebook
from tlbench.rng import branch


def literal_update(x, u, s, v):
    """One round of equation 3: u, then v, then s, each from the newest factors, one entry at a time."""
    n, m = x.shape
    k, n_right = s.shape
    top, bottom = x @ v @ s.T, u @ u.T @ x @ v @ s.T
    u = np.array([[u[i, a] * np.sqrt(top[i, a] / bottom[i, a]) for a in range(k)] for i in range(n)])
    top, bottom = x.T @ u @ s, v @ v.T @ x.T @ u @ s
    v = np.array([[v[j, b] * np.sqrt(top[j, b] / bottom[j, b]) for b in range(n_right)] for j in range(m)])
    top, bottom = u.T @ x @ v, u.T @ u @ s @ v.T @ v
    s = np.array([[s[a, b] * np.sqrt(top[a, b] / bottom[a, b]) for b in range(n_right)] for a in range(k)])
    return u, s, v


def test_tri_factorisation_is_the_papers_multiplicative_update():
    x = np.random.default_rng(1).uniform(1, 5, (9, 7))
    left, right = tri_factorise(x, 3, 2, iterations=5, rng=np.random.default_rng(2))
    rng = np.random.default_rng(2)
    u, v, s = (
        branch(rng, name).random(shape) for name, shape in (("rows", (9, 3)), ("columns", (7, 2)), ("core", (3, 2)))
    )
    for _ in range(5):
        u, s, v = literal_update(x, u, s, v)
    np.testing.assert_allclose(left, u, rtol=1e-8)
    np.testing.assert_allclose(right, v, rtol=1e-8)


def test_codebook_of_blockwise_constant_ratings_is_the_blocks():
    blocks = np.array([[5.0, 1.0], [1.0, 4.0]])
    rows, columns = np.arange(40) % 2, np.arange(30) % 2
    x = blocks[rows][:, columns]
    left, right = tri_factorise(x, 2, 2, iterations=300, rng=np.random.default_rng(0))
    book = cluster_means(x, left.argmax(axis=1), right.argmax(axis=1), shape=(2, 2))
    orders = list(itertools.permutations(range(2)))
    assert min(np.abs(book[list(p)][:, list(q)] - blocks).max() for p in orders for q in orders) < 1e-9


def test_codebook_entry_is_the_mean_rating_of_its_clusters_and_an_empty_pair_gets_the_mean():
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    book = cluster_means(x, np.array([0, 0]), np.array([0, 2]), shape=(2, 3))
    np.testing.assert_allclose(book, [[2.0, 2.75, 3.5], [2.75, 2.75, 2.75]])


def test_densest_part_takes_active_users_and_their_popular_items_and_fills_with_user_means():
    ratings = sparse.csr_matrix(np.array([[5, 0, 1, 0], [0, 0, 0, 2], [4, 0, 0, 0], [3, 0, 5, 4]], dtype=np.float32))
    np.testing.assert_allclose(densest_part(ratings, users=2, items=3), [[5, 1, 3], [3, 5, 4]])


def test_expansion_is_the_papers_alternating_search():
    rng = np.random.default_rng(5)
    ratings = sparse.random(12, 9, density=0.5, rng=rng, format="csr", dtype=np.float32)
    ratings.data = rng.integers(1, 6, len(ratings.data)).astype(np.float32)
    x, w = ratings.toarray(), ratings.toarray() > 0
    book = rng.uniform(1, 5, (3, 4))
    items = branch(np.random.default_rng(7), "clusters").integers(4, size=9)
    users = np.zeros(12, dtype=int)
    for _ in range(4):
        for i in range(12):
            users[i] = np.argmin(
                [sum((x[i, j] - book[a, items[j]]) ** 2 for j in range(9) if w[i, j]) for a in range(3)]
            )
        if _ == 3:
            break
        for j in range(9):
            items[j] = np.argmin(
                [sum((x[i, j] - book[users[i], b]) ** 2 for i in range(12) if w[i, j]) for b in range(4)]
            )
    found = expand_codebook(ratings, book, iterations=3, rng=np.random.default_rng(7))
    assert found.users.tolist() == users.tolist()
    assert found.items.tolist() == items.tolist()


def test_expansion_never_raises_the_squared_error():
    rng = np.random.default_rng(3)
    ratings = sparse.random(30, 20, density=0.4, rng=rng, format="csr", dtype=np.float32)
    ratings.data = rng.integers(1, 6, len(ratings.data)).astype(np.float32)
    book = rng.uniform(1, 5, (4, 4))
    errors = []
    for rounds in range(6):
        member = expand_codebook(ratings, book, iterations=rounds, rng=np.random.default_rng(0))
        coo = ratings.tocoo()
        errors.append(((coo.data - book[member.users[coo.row], member.items[coo.col]]) ** 2).sum())
    assert all(after <= before + 1e-9 for before, after in itertools.pairwise(errors))


def test_nearest_pattern_ignores_unknown_entries():
    ratings = sparse.csr_matrix(np.array([[5, 0, 0], [0, 1, 2]], dtype=np.float32))
    assert nearest_pattern(ratings, np.array([[1.0, 1.0, 2.0], [5.0, 4.0, 4.0]])).tolist() == [1, 0]


def test_scores_are_predicted_ratings_on_the_targets_scale(training):
    data = training()
    scores = Codebook(user_clusters=4, item_clusters=4).fit(data, np.random.default_rng(0))(np.arange(20))
    assert scores.min() >= 1.0
    assert scores.max() <= 5.0
    np.testing.assert_allclose(rescale(np.array([1.0, 3.0, 5.0]), (1, 5), (0.5, 10.5)), [0.5, 5.5, 10.5])


def test_codebook_with_the_target_as_its_own_source_is_the_counterpart(training):
    data = training()
    mirrored = type(data)(data.target, (data.target,), data.overlap, (None,))
    rows = np.arange(data.n_users)
    ours = Codebook().fit(mirrored, np.random.default_rng(4))(rows)
    np.testing.assert_array_equal(ours, OwnCodebook().fit(data, np.random.default_rng(4))(rows))

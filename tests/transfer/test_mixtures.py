"""The rating mixture against EM written out over every entry and every pair of clusters."""

import itertools

import numpy as np
from scipy import sparse

from tlbench.methods.mixtures import fit_mixture, mixture_scorer, rating_levels
from tlbench.methods.transfer.codebook import Codebook
from tlbench.methods.transfer.rmgm import Rmgm
from tlbench.methods.transfer.talmud import Talmud
from tlbench.progress import SILENT
from tlbench.rng import branch

RNG = np.random.default_rng


def small_ratings():
    rng = RNG(0)
    matrix = sparse.random(10, 8, density=0.6, rng=rng, format="csr", dtype=np.float32)
    matrix.data = rng.integers(1, 4, matrix.nnz).astype(np.float32)
    return matrix


def literal_em(matrix, values, shape, rounds, rng):
    """E and M steps of Si and Jin 2003 with explicit P(k), P(u|k), P(l), P(i|l), P(r|k,l)."""
    n, m = matrix.shape
    joint_u = branch(rng, "users").uniform(0.5, 1.5, (n, shape[0]))
    joint_i = branch(rng, "items").uniform(0.5, 1.5, (m, shape[1]))
    table = branch(rng, "ratings").uniform(0.5, 1.5, (len(values), *shape))
    joint_u, joint_i, table = joint_u / joint_u.sum(), joint_i / joint_i.sum(), table / table.sum(axis=0)
    pk, pl = joint_u.sum(axis=0), joint_i.sum(axis=0)
    pu, pi = joint_u / pk, joint_i / pl
    entries = [(u, i, int(np.flatnonzero(values == matrix[u, i])[0])) for u, i in zip(*matrix.nonzero(), strict=True)]
    for _ in range(rounds):
        post = []
        for u, i, r in entries:
            p = np.array(
                [
                    [pk[k] * pl[j] * pu[u, k] * pi[i, j] * table[r, k, j] for j in range(shape[1])]
                    for k in range(shape[0])
                ]
            )
            post.append(p / p.sum())
        pk = sum(p.sum(axis=1) for p in post) / len(entries)
        pl = sum(p.sum(axis=0) for p in post) / len(entries)
        pu, pi, table = np.zeros_like(pu), np.zeros_like(pi), np.zeros_like(table)
        for (u, i, r), p in zip(entries, post, strict=True):
            pu[u] += p.sum(axis=1) / (pk * len(entries))
            pi[i] += p.sum(axis=0) / (pl * len(entries))
            table[r] += p
        table = table / table.sum(axis=0)
    return pk, pl, pu, pi, table


def test_mixture_is_the_papers_em():
    matrix, values = small_ratings(), np.array([1.0, 2.0, 3.0])
    pk, pl, pu, pi, table = literal_em(matrix.toarray(), values, (2, 3), 4, RNG(5))
    found = fit_mixture(rating_levels(matrix, values), (2, 3), rounds=4, rng=RNG(5), progress=SILENT)
    np.testing.assert_allclose(found.users, pu * pk, atol=1e-10)
    np.testing.assert_allclose(found.items, pi * pl, atol=1e-10)
    np.testing.assert_allclose(found.ratings, table, atol=1e-10)
    ku = (pu * pk) / (pu * pk).sum(axis=1, keepdims=True)
    li = (pi * pl) / (pi * pl).sum(axis=1, keepdims=True)
    expected = sum(values[r] * ku @ table[r] @ li.T for r in range(3))
    np.testing.assert_allclose(mixture_scorer(found, values, 8)(np.arange(10)), expected, rtol=1e-5)


def test_em_never_lowers_the_likelihood():
    matrix, values = small_ratings(), np.array([1.0, 2.0, 3.0])
    found = fit_mixture(rating_levels(matrix, values), (3, 3), rounds=25, rng=RNG(1), progress=SILENT)
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(found.likelihood))


def test_rmgm_scores_cold_users_by_their_source_ratings(training):
    data = training()
    cold = np.flatnonzero((np.diff(data.target.matrix.indptr) == 0) & (np.diff(data.sources[0].matrix.indptr) > 3))
    scores = Rmgm(user_clusters=4, item_clusters=4).fit(data, RNG(0))(cold)
    assert (np.ptp(scores, axis=1) > 0.1).all()
    assert scores.min() >= 1.0
    assert scores.max() <= 5.0 + 1e-5


def test_talmud_with_one_source_is_codebook_transfer_with_a_scale(training):
    data = training()
    talmud = Talmud(user_clusters=5, item_clusters=5, rounds=0).fit(data, RNG(0))
    codebook = Codebook(user_clusters=5, item_clusters=5, rounds=0).fit(data, RNG(0))
    np.testing.assert_allclose(talmud.codebooks[0], codebook.codebooks[0])


def test_talmud_lowers_the_squared_error_with_every_round(training):
    data = training(n_sources=2)
    entries = data.target.matrix.tocoo()
    errors = []
    for rounds in range(1, 6):
        scorer = Talmud(user_clusters=5, item_clusters=5, rounds=rounds).fit(data, RNG(0))
        predicted = scorer(np.arange(data.n_users))[entries.row, entries.col]
        errors.append(((entries.data - predicted) ** 2).sum())
    assert all(after <= before + 1e-3 for before, after in itertools.pairwise(errors))
    assert all(np.isfinite(weight) for weight in scorer.weights)

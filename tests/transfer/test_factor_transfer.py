"""CMF and EMCDR against their equations, solved densely."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge

from tlbench.methods.baselines.ials import Ials
from tlbench.methods.transfer.cmf import Cmf
from tlbench.methods.transfer.collective import AlsOptions, Relation, factorise_collectively, random_start
from tlbench.methods.transfer.emcdr import Emcdr
from tlbench.methods.transfer.mapping import alone, blend, linear_map

RNG = np.random.default_rng


def literal_gap(relations, options, model):
    """Largest distance of a vector from the minimum of the collective loss given all vectors of the other side."""
    gaps = []
    for transposed, rows, columns in ((False, model.users, model.items), (True, model.items, model.users)):
        for r in range(len(rows)):
            left = np.zeros((options.factors, options.factors))
            right, count, others = np.zeros(options.factors), 0.0, 0.0
            for relation in relations:
                x = relation.matrix.toarray().T if transposed else relation.matrix.toarray()
                if not x[r].any():
                    continue
                known = np.flatnonzero(x.any(axis=0))
                for c in known:
                    outer = np.outer(columns[c], columns[c])
                    left += relation.weight * (options.unobserved + x[r, c]) * outer
                    right += relation.weight * x[r, c] * columns[c]
                count += relation.weight * x[r].sum()
                others += relation.weight * len(known)
            if count == 0:
                gaps.append(np.abs(rows[r]).max())
                continue
            ridge = options.l2 * (count + options.unobserved * others) ** options.exponent
            gaps.append(np.abs(np.linalg.solve(left + ridge * np.eye(options.factors), right) - rows[r]).max())
    return max(gaps)


def test_collective_factorisation_ends_at_a_stationary_point_of_the_papers_loss(training):
    data = training(n_sources=2, n_users=60, n_items=12, n_source_items=15)
    blocks = [data.target.binary, *(source.binary for source in data.sources)]
    shapes = [sparse.csr_matrix(block.shape) for block in blocks]
    relations = tuple(
        Relation(sparse.csr_matrix(sparse.hstack([*shapes[:n], blocks[n], *shapes[n + 1 :]])), weight)
        for n, weight in enumerate((1.0, 0.5, 0.2))
    )
    options = AlsOptions(factors=4, iterations=400, l2=0.05, unobserved=0.2, exponent=0.5)
    model = factorise_collectively(relations, options, random_start(relations[0].matrix.shape, 4, RNG(1)))
    assert np.abs(model.users).max() > 0.1
    assert literal_gap(relations, options, model) < 2e-3


def test_cmf_without_weight_on_the_source_is_ials(training):
    data = training(n_users=60)
    full = np.flatnonzero(np.diff(data.target.matrix.indptr) > 0)
    items = np.flatnonzero(np.bincount(data.target.matrix.indices) > 0)
    target = replace(data.target, matrix=data.target.matrix[full][:, items], timestamps=None)
    source = replace(data.sources[0], matrix=data.sources[0].matrix[full], timestamps=None)
    lone = replace(data, target=target, sources=(source,), overlap=np.arange(len(full)))
    users = np.arange(len(full))
    expected = Ials(factors=8).fit(alone(lone, target), RNG(3))(users)
    np.testing.assert_allclose(Cmf(factors=8, weight=0.0).fit(lone, RNG(3))(users), expected, atol=1e-5)


def test_linear_map_is_ridge_regression_without_intercept():
    rng = RNG(0)
    source, target = rng.normal(size=(50, 6)).astype("f4"), rng.normal(size=(50, 4)).astype("f4")
    reference = Ridge(alpha=2.5, fit_intercept=False).fit(source, target).coef_.T
    np.testing.assert_allclose(linear_map(source, target, l2=2.5), reference, atol=1e-5)


def test_emcdr_recommends_to_cold_users_from_the_mapped_vector_alone(training):
    data = training()
    scorer = Emcdr(factors=6, map_l2=0.7, strength=4.0).fit(data, RNG(2))
    rng = RNG(2)
    target = Ials(factors=6).fit(alone(data, data.target), rng)
    source = Ials(factors=6).fit(alone(data, data.sources[0]), rng)
    n = np.diff(data.target.matrix.indptr)
    both = np.flatnonzero((n > 0) & (np.diff(data.sources[0].matrix.indptr) > 0))
    mapped = source.users @ Ridge(alpha=0.7, fit_intercept=False).fit(source.users[both], target.users[both]).coef_.T
    cold = np.flatnonzero((n == 0) & (np.diff(data.sources[0].matrix.indptr) > 0))
    warm = both[0]
    np.testing.assert_allclose(scorer.users[cold], mapped[cold], atol=1e-4)
    expected = (n[warm] * target.users[warm] + 4.0 * mapped[warm]) / (n[warm] + 4.0)
    np.testing.assert_allclose(scorer.users[warm], expected, atol=1e-4)


def test_emcdr_without_strength_is_ials_for_warm_users(training):
    data = training()
    warm = np.flatnonzero(np.diff(data.target.matrix.indptr) > 0)
    scorer = Emcdr(factors=6, strength=0.0).fit(data, RNG(2))
    np.testing.assert_allclose(scorer(warm), Ials(factors=6).fit(alone(data, data.target), RNG(2))(warm), atol=1e-6)


def test_blend_keeps_users_without_source_history():
    own, mapped = np.ones((3, 2), dtype="f4"), np.array([[3, 3], [0, 0], [5, 5]], dtype="f4")
    found = blend(own, mapped, np.array([1, 4, 0]), 1.0)
    np.testing.assert_allclose(found, [[2, 2], [1, 1], [5, 5]])

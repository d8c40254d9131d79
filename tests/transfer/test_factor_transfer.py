"""CMF and EMCDR against their equations, solved densely."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import Ridge

from tlbench.methods.baselines.ials import Ials
from tlbench.methods.baselines.pure_svd import PureSvd
from tlbench.methods.bpr import bpr
from tlbench.methods.transfer.aligned import shared_columns
from tlbench.methods.transfer.bpr_warm import BprWarm
from tlbench.methods.transfer.cca_map import CcaMap
from tlbench.methods.transfer.cmf import Cmf
from tlbench.methods.transfer.cmf_items import CmfItems
from tlbench.methods.transfer.collective import AlsOptions, Relation, factorise_collectively, random_start
from tlbench.methods.transfer.embedding import source_stream
from tlbench.methods.transfer.emcdr import Emcdr
from tlbench.methods.transfer.emcdr_items import EmcdrItems
from tlbench.methods.transfer.ials_prior import IalsPrior
from tlbench.methods.transfer.ials_warm import IalsWarm
from tlbench.methods.transfer.instance_weighted import InstanceWeighted, reweighted
from tlbench.methods.transfer.mapping import (
    PENALTIES,
    MapOptions,
    Mapped,
    alone,
    best_penalty,
    blend,
    history,
    linear_map,
    map_vectors,
)
from tlbench.methods.transfer.mlp import gradient, learn_perceptron
from tlbench.methods.transfer.spectral import canonical_correlation, honest_correlation, source_vectors
from tlbench.methods.transfer.svd_map import SvdMap

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
    data = training(n_sources=2, n_users=36, n_items=10, n_source_items=12)
    blocks = [data.target.binary, *(source.binary for source in data.sources)]
    shapes = [sparse.csr_matrix(block.shape) for block in blocks]
    relations = tuple(
        Relation(sparse.csr_matrix(sparse.hstack([*shapes[:n], blocks[n], *shapes[n + 1 :]])), weight)
        for n, weight in enumerate((1.0, 0.5, 0.2))
    )
    options = AlsOptions(factors=4, iterations=100, l2=0.1, unobserved=0.2, exponent=0.5)
    model = factorise_collectively(relations, options, random_start(relations[0].matrix.shape, 4, RNG(1)))
    assert np.abs(model.users).max() > 0.1
    assert literal_gap(relations, options, model) < 5e-3


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
    source = Ials(factors=6).fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], rng))
    n = np.diff(data.target.matrix.indptr)
    both = np.flatnonzero((n > 0) & (np.diff(data.sources[0].matrix.indptr) > 0))
    regression = Ridge(alpha=0.7).fit(source.users[both], target.users[both])
    cold = np.flatnonzero((n == 0) & (np.diff(data.sources[0].matrix.indptr) > 0))
    np.testing.assert_allclose(scorer.users[cold], regression.predict(source.users[cold]), atol=1e-4)
    warm = both[0]
    deviation = regression.predict(source.users[[warm]])[0] - target.users[both].mean(axis=0)
    expected = (n[warm] * target.users[warm] + 4.0 * deviation) / (n[warm] + 4.0)
    np.testing.assert_allclose(scorer.users[warm], expected, atol=1e-4)


def test_emcdr_without_strength_is_ials_for_warm_users(training):
    data = training()
    warm = np.flatnonzero(np.diff(data.target.matrix.indptr) > 0)
    scorer = Emcdr(factors=6, strength=0.0).fit(data, RNG(2))
    np.testing.assert_allclose(scorer(warm), Ials(factors=6).fit(alone(data, data.target), RNG(2))(warm), atol=1e-6)


def test_emcdr_over_items_moves_linked_items_by_the_regression_of_their_vectors(training):
    data = training()
    scorer = EmcdrItems(factors=6, map_l2=0.7, strength=4.0).fit(data, RNG(2))
    rng, links = RNG(2), data.item_alignments[0]
    target = Ials(factors=6).fit(alone(data, data.target), rng)
    source = Ials(factors=6).fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], rng))
    n = np.bincount(data.target.matrix.indices, minlength=data.n_items)
    pairs = [(s, t) for s, t in zip(links.source_item, links.target_item, strict=True) if source.items[s].any()]
    assert len(pairs) > 3
    left = np.array([source.items[s] for s, t in pairs if n[t]])
    right = np.array([target.items[t] for _, t in pairs if n[t]])
    regression = Ridge(alpha=0.7).fit(left, right)
    for s, t in pairs:
        guess = regression.predict(source.items[[s]])[0]
        own = (n[t] * target.items[t] + 4.0 * (guess - right.mean(axis=0))) / (n[t] + 4.0)
        np.testing.assert_allclose(scorer.items[t], own if n[t] else guess, atol=1e-4)
    unlinked = np.setdiff1d(np.arange(data.n_items), [t for _, t in pairs])
    np.testing.assert_array_equal(scorer.items[unlinked], target.items[unlinked])


def test_blend_keeps_users_without_source_history():
    deviation = np.array([[2, 2], [0, 0], [4, 4]], dtype="f4")
    mapped = Mapped(np.ones(2, dtype="f4"), deviation, np.array([True, False, True]))
    found = blend(np.ones((3, 2), dtype="f4"), mapped, np.array([1, 4, 0]), 1.0)
    np.testing.assert_allclose(found, [[1.5, 1.5], [1, 1], [5, 5]])


def test_penalty_has_the_least_error_when_each_user_is_left_out():
    rng = RNG(4)
    source = rng.normal(size=(40, 8)).astype("f4")
    target = (source[:, :3] * 0.5 + rng.normal(size=(40, 3))).astype("f4")

    def left_out(penalty):
        kept = [np.delete(np.arange(40), u) for u in range(40)]
        return sum(
            ((target[u] - source[u] @ linear_map(source[k], target[k], l2=penalty)) ** 2).sum()
            for u, k in enumerate(kept)
        )

    assert best_penalty(source, target) == min(PENALTIES, key=left_out)


def test_a_source_that_tells_nothing_is_mapped_to_almost_nothing():
    rng = RNG(0)
    source, target = rng.normal(size=(400, 10)).astype("f4"), rng.normal(size=(400, 10)).astype("f4")
    mapped = map_vectors(source, target, np.ones(400, dtype=int), MapOptions("linear", None), rng)
    assert np.abs(mapped.deviation).max() < 0.2 * np.abs(target).max()


@pytest.mark.parametrize("place", range(4))
def test_slope_of_the_perceptron_is_that_of_finite_differences(place):
    rng = RNG(1)
    source, target = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    weights = [rng.normal(size=shape) for shape in ((3, 4), (4,), (4, 2), (2,))]

    def loss(changed):
        first, a, second, b = changed
        error = np.tanh(source @ first + a) @ second + b - target
        return (error**2).sum() / 7 + 0.3 * ((first**2).sum() + (second**2).sum())

    slope = gradient(weights, source, target, 0.3)[place]
    for index in np.ndindex(*weights[place].shape):
        moved = []
        for sign in (1, -1):
            changed = [each.copy() for each in weights]
            changed[place][index] += sign * 1e-6
            moved.append(loss(changed))
        assert abs((moved[0] - moved[1]) / 2e-6 - slope[index]) < 1e-6


def test_perceptron_learns_a_curved_map_that_a_line_cannot():
    rng = RNG(3)
    source = rng.uniform(-2, 2, size=(600, 1)).astype("f4")
    target = np.tanh(3 * source)
    learned = learn_perceptron(source, target, l2=1e-3, hidden=8, epochs=300, rng=rng)
    line = source @ linear_map(source, target - target.mean(), l2=1e-3) + target.mean()
    assert ((learned(source) - target) ** 2).mean() < 0.3 * ((line - target) ** 2).mean()


def test_ials_prior_is_the_minimum_of_its_loss(training):
    data = training()
    found = IalsPrior(factors=5, map_l2=0.5).fit(data, RNG(2))
    rng, model = RNG(2), Ials(factors=5)
    target = model.fit(alone(data, data.target), rng)
    source = model.fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], rng))
    n = history(data.target)
    mapped = map_vectors(source.users, target.users, n, MapOptions("linear", 0.5), rng)
    x, y = data.target.binary.toarray(), target.items.astype(float)
    warm, cold = np.flatnonzero(mapped.in_source & (n > 0)), np.flatnonzero(mapped.in_source & (n == 0))
    for u in warm[:10]:
        ridge = model.l2 * (n[u] + model.unobserved * data.n_items) ** model.exponent * np.eye(5)
        pull = model.unobserved * y.T @ y + ridge
        left = pull + y[x[u] > 0].T @ y[x[u] > 0]
        exact = np.linalg.solve(left, y[x[u] > 0].sum(axis=0) + pull @ mapped.deviation[u])
        np.testing.assert_allclose(found.users[u], exact, atol=2e-4)
    np.testing.assert_allclose(found.users[cold], mapped.mean + mapped.deviation[cold], atol=1e-5)
    rest = np.flatnonzero(~mapped.in_source & (n > 0))
    np.testing.assert_array_equal(found.users[rest], target.users[rest])


def test_warm_start_without_fine_tuning_of_users_fits_items_to_source_vectors(training):
    data = training()
    found = IalsWarm(factors=5, epochs=1, steps=0).fit(data, RNG(2))
    source = Ials(factors=5).fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], RNG(2))).users
    in_source = np.flatnonzero(source.any(axis=1))
    np.testing.assert_allclose(found.users[in_source], source[in_source], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", [IalsWarm(factors=5), BprWarm(factors=5, epochs=5, pretraining=5)])
def test_warm_starts_keep_the_source_vector_of_users_without_target_history(training, method):
    data = training()
    cold = np.flatnonzero((history(data.target) == 0) & (history(data.sources[0]) > 0))
    if isinstance(method, IalsWarm):
        there = Ials(factors=5).fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], RNG(2))).users
    else:
        source, rng = data.sources[0], source_stream(data, data.sources[0], RNG(2))
        there = bpr(source.matrix, factors=5, epochs=5, rate=method.rate, l2=method.l2, rng=rng).users
    np.testing.assert_array_equal(method.fit(data, RNG(2)).users[cold], there[cold])


def test_instance_weights_follow_boosting_and_keep_their_total():
    matrix = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1], [1, 0, 0]], dtype="f4"))
    users, items = np.array([[1.0], [0.5], [9.0]], dtype="f4"), np.array([[1.0], [0.2], [0.8]], dtype="f4")
    found = reweighted(matrix, users, items, np.array([True, True, False]), 0.25)
    raw = np.array([0.25**0.0, 0.25**0.8, 0.25**0.9, 0.25**0.6])
    np.testing.assert_allclose(found.data[:4], raw * 4 / raw.sum(), rtol=1e-5)
    assert found.data[4] == 1.0


def test_instance_weighting_for_one_round_is_cmf(training):
    data = training()
    users = np.arange(data.n_users)
    one = InstanceWeighted(factors=5, rounds=1, iterations=4, weight=0.3).fit(data, RNG(2))
    np.testing.assert_array_equal(one(users), Cmf(factors=5, iterations=4, weight=0.3).fit(data, RNG(2))(users))


def test_shared_columns_give_linked_items_the_column_of_the_target(training):
    data = training(n_sources=2, n_items=6, n_source_items=5)
    found = shared_columns(data)
    np.testing.assert_array_equal(found[0], [0, 6, 2, 7, 4])
    np.testing.assert_array_equal(found[1], [0, 8, 2, 9, 4])


def test_cmf_items_without_links_and_shared_users_is_cmf(training):
    data = training(links=False)
    users = np.arange(data.n_users)
    shared = CmfItems(factors=5, weight=0.3).fit(data, RNG(2))
    np.testing.assert_allclose(shared(users), Cmf(factors=5, weight=0.3).fit(data, RNG(2))(users), atol=1e-6)


def test_svd_map_adds_the_ridge_prediction_of_singular_vectors(training):
    data = training()
    found = SvdMap(factors=5, map_l2=3.0, strength=4.0).fit(data, RNG(0))
    target = np.linalg.svd(data.target.binary.toarray(), full_matrices=False)
    source = np.linalg.svd(data.sources[0].binary.toarray(), full_matrices=False)
    t, s = target[0][:, :5] * target[1][:5], source[0][:, :5] * source[1][:5]
    n = history(data.target)
    both = np.flatnonzero((n > 0) & (history(data.sources[0]) > 0))
    cold = np.flatnonzero((n == 0) & (history(data.sources[0]) > 0))
    regression = Ridge(alpha=3.0).fit(s[both], t[both])
    np.testing.assert_allclose(found(cold), regression.predict(s[cold]) @ target[2][:5], atol=2e-3)
    deviation = regression.predict(s[both]) - t[both].mean(axis=0)
    expected = (n[both, None] * t[both] + 4.0 * deviation) / (n[both, None] + 4.0)
    np.testing.assert_allclose(found(both), expected @ target[2][:5], atol=2e-3)


def test_canonical_correlations_are_those_of_scikit_learn():
    rng = RNG(0)
    common = rng.normal(size=(300, 2))
    left = np.hstack([common + rng.normal(size=(300, 2)), rng.normal(size=(300, 2))])
    right = np.hstack([rng.normal(size=(300, 1)), common + 0.5 * rng.normal(size=(300, 2))])
    found = canonical_correlation(left, right, ridge=1e-9)
    a, b = CCA(n_components=3, max_iter=5000, tol=1e-12).fit_transform(left, right)
    expected = [np.corrcoef(a[:, i], b[:, i])[0, 1] for i in range(3)]
    np.testing.assert_allclose(found.correlation, expected, atol=1e-4)
    x, y = (left - found.left_mean) @ found.left, (right - found.right_mean) @ found.right
    np.testing.assert_allclose(x[:, :3].T @ y / 300, np.diag(found.correlation), atol=1e-6)


def test_correlations_of_independent_vectors_are_shrunk_to_nothing():
    rng = RNG(1)
    pairs = canonical_correlation(rng.normal(size=(800, 30)), rng.normal(size=(800, 20)), ridge=1e-6)
    assert pairs.correlation[0] > 0.2
    assert honest_correlation(pairs.correlation, 800, 30, 20).max() < 0.15
    assert honest_correlation(np.array([1.0]), 800, 30, 20)[0] == pytest.approx(1.0)


def test_cca_map_predicts_like_reduced_rank_regression(training):
    data = training(n_users=300)
    found = CcaMap(factors=3, components=3, ridge=1e-9, strength=4.0).fit(data, RNG(0))
    n, there = history(data.target), history(data.sources[0])
    both, cold = np.flatnonzero((n > 0) & (there > 0)), np.flatnonzero((n == 0) & (there > 0))
    s = source_vectors(data, 3)
    t = PureSvd(3).fit(alone(data, data.target), RNG(0)).users
    pairs = canonical_correlation(s[both], t[both], ridge=1e-9)
    trusted = honest_correlation(pairs.correlation, len(both), 3, 3)
    back = np.linalg.inv(pairs.right)
    expected = t[both].mean(axis=0) + ((s[cold] - s[both].mean(axis=0)) @ pairs.left * trusted) @ back
    np.testing.assert_allclose(found.users[cold], expected, atol=1e-4)

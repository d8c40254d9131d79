"""What goes over item links and item texts, written out item by item."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.ials import Ials
from tlbench.methods.transfer.aligned import translated
from tlbench.methods.transfer.dense_neighbours import nearest_vectors
from tlbench.methods.transfer.embedding import source_stream
from tlbench.methods.transfer.link_similarity import LinkSimilarity
from tlbench.methods.transfer.mapping import alone
from tlbench.methods.transfer.pooled_popularity import PooledPopularity
from tlbench.methods.transfer.text_factors import TextFactors
from tlbench.methods.transfer.text_knn import TextKnn
from tlbench.methods.transfer.text_popularity import TextPopularity
from tlbench.methods.transfer.texts import Texts, nearest_by_text, ridge_on_text, texts_of

RNG = np.random.default_rng


def ones(domain):
    return (domain.matrix.toarray() > 0).astype(float)


def cosine(x, shrink):
    norms = np.linalg.norm(x, axis=0)
    similarity = (x.T @ x) / (np.outer(norms, norms) + shrink)
    np.fill_diagonal(similarity, 0.0)
    return similarity


def test_translated_puts_linked_items_into_the_columns_of_the_target(training):
    data = training()
    links, source = data.item_alignments[0], ones(data.sources[0])
    expected = np.zeros((data.n_users, data.n_items))
    expected[:, links.target_item] = source[:, links.source_item]
    np.testing.assert_array_equal(translated(data, 0).toarray(), expected)


def test_source_popularity_moves_linked_items_only_and_keeps_their_total(training):
    data = training()
    own, there = ones(data.target).sum(axis=0), ones(data.sources[0]).sum(axis=0)
    links = data.item_alignments[0]
    scores = PooledPopularity(weight=0.5).fit(data, RNG(0))(np.array([0]))[0]
    share = there[links.source_item] / there[links.source_item].sum()
    expected = own.copy()
    expected[links.target_item] = 0.5 * own[links.target_item] + 0.5 * own[links.target_item].sum() * share
    np.testing.assert_allclose(scores, expected, rtol=1e-5)
    np.testing.assert_allclose(scores[links.target_item].sum(), own[links.target_item].sum(), rtol=1e-5)


def test_link_similarity_averages_the_similarities_of_both_domains(training):
    data = training()
    target, shrink = ones(data.target), 3.0
    links = data.item_alignments[0]
    carried = np.zeros((data.n_items, data.n_items))
    there = cosine(ones(data.sources[0]), shrink)[np.ix_(links.source_item, links.source_item)]
    carried[np.ix_(links.target_item, links.target_item)] = there
    expected = target @ (0.6 * cosine(target, shrink) + 0.4 * carried)
    found = LinkSimilarity(k=1000, shrink=shrink, weight=0.4).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_text_knn_carries_source_similarities_over_by_text(training):
    data = training()
    target, source, shrink = ones(data.target), ones(data.sources[0]), 3.0
    stand_for = nearest_by_text(texts_of(data, "text-knn"), 4).toarray()
    carried = stand_for @ (cosine(source, shrink) + np.eye(source.shape[1])) @ stand_for.T
    np.fill_diagonal(carried, 0.0)
    expected = target @ (0.3 * cosine(target, shrink) + 0.7 * carried)
    found = TextKnn(k=1000, shrink=shrink, texts=4, weight=0.7).fit(data, RNG(0))(np.arange(data.n_users))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_nearest_by_text_weighs_the_most_alike_texts_by_their_cosine():
    target = sparse.csr_matrix(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 0.0]], dtype="f4"))
    source = sparse.csr_matrix(np.array([[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]], dtype="f4"))
    found = nearest_by_text(Texts(target, source), 2).toarray()
    cosines = np.array([0.8, 0.96])
    np.testing.assert_allclose(found[0], [1 / 1.8, 0, 0.8 / 1.8], rtol=1e-5)
    np.testing.assert_allclose(found[1], [0, *cosines / cosines.sum()], rtol=1e-5)
    np.testing.assert_array_equal(found[2], 0)


def test_words_of_one_domain_alone_are_dropped(training):
    texts = texts_of(training(), "text-knn")
    assert texts.target.shape[1] == texts.source.shape[1] == 4 * 2 + 30


def test_ridge_on_text_is_weighted_ridge_regression(training):
    texts = texts_of(training(), "text-knn")
    rng = RNG(0)
    values = rng.normal(size=(texts.source.shape[0], 3)).astype("f4")
    weight = rng.uniform(0.1, 2, texts.source.shape[0]).astype("f4")
    mean = np.average(values, axis=0, weights=weight)
    reference = Ridge(alpha=0.7, fit_intercept=False).fit(texts.source.toarray(), values - mean, sample_weight=weight)
    expected = reference.predict(texts.target.toarray()) + mean
    np.testing.assert_allclose(ridge_on_text(texts, values, weight=weight, l2=0.7), expected, atol=1e-4)


def test_text_popularity_adds_the_predicted_popularity_as_interactions(training):
    data = training()
    own, there = ones(data.target).sum(axis=0), ones(data.sources[0]).sum(axis=0)
    texts = texts_of(data, "text-popularity")
    logs = np.log1p(there)
    model = Ridge(alpha=2.0, fit_intercept=False).fit(texts.source.toarray(), logs - logs.mean())
    predicted = np.expm1(np.maximum(model.predict(texts.target.toarray()) + logs.mean(), 0))
    scores = TextPopularity(l2=2.0, strength=3.0).fit(data, RNG(0))(np.array([0]))[0]
    np.testing.assert_allclose(scores, own + 3.0 * predicted / predicted.mean(), rtol=1e-3)


def test_text_factors_end_at_the_minimum_of_the_loss_around_the_predicted_vectors(training):
    data = training(n_users=60)
    untouched = 3
    kept = data.target.matrix.toarray()
    kept[:, untouched] = 0
    data = replace(data, target=replace(data.target, matrix=sparse.csr_matrix(kept), timestamps=None))
    method = TextFactors(factors=4, iterations=80, l2=0.02, text_l2=0.5, strength=2.0)
    found = method.fit(data, RNG(1))
    model = Ials(4, 80, 0.02, 0.1, 1.0)
    source = model.fit(alone(data, data.sources[0]), source_stream(data, data.sources[0], RNG(1))).items
    touched = (ones(data.sources[0]).sum(axis=0) > 0).astype("f4")
    prior = ridge_on_text(texts_of(data, "text-factors"), source, weight=touched, l2=0.5)
    x, users = ones(data.target), found.users.astype(float)
    for i in range(data.n_items):
        if not x[:, i].any():
            np.testing.assert_array_equal(found.items[i], prior[i])
            continue
        ridge = 2.0 * 0.02 * (x[:, i].sum() + 0.1 * (x.sum(axis=1) > 0).sum()) * np.eye(4)
        liked = users[x[:, i] > 0]
        left = 0.1 * users.T @ users + liked.T @ liked + ridge
        np.testing.assert_allclose(
            found.items[i], np.linalg.solve(left, liked.sum(axis=0) + ridge @ prior[i]), atol=5e-3
        )


@pytest.mark.parametrize("method", [TextKnn(), TextFactors(), TextPopularity()])
def test_a_source_without_text_is_refused(training, method):
    data = training()
    mute = replace(data, sources=(replace(data.sources[0], item_text=None),))
    with pytest.raises(TlbenchError, match="needs item text"):
        method.fit(mute, RNG(0))


def test_nearest_vectors_keeps_the_candidates_of_the_highest_positive_cosine():
    rng = RNG(0)
    vectors = rng.normal(size=(700, 5)).astype("f4")
    vectors[17] = 0
    candidates = rng.random(700) < 0.7
    found = nearest_vectors(vectors, candidates, k=9).toarray()
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = (unit @ unit.T) * candidates
    np.fill_diagonal(cosines, 0.0)
    for u in range(700):
        best = np.sort(np.maximum(cosines[u], 0))[::-1][:9]
        np.testing.assert_allclose(np.sort(found[u])[::-1][:9], best, atol=1e-5)
        assert (found[u][~candidates] == 0).all()

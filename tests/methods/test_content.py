"""Texts, weights and times: `content-knn`, `content-ease`, `recent-popularity` and the weightings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.methods.baselines.content_ease import ContentEase
from tlbench.methods.baselines.content_knn import ContentKnn
from tlbench.methods.baselines.recent_popularity import RecentPopularity
from tlbench.methods.text import tfidf, words
from tlbench.methods.weighting import weigh
from tlbench.rng import stream

TEXTS = ["The Matrix (1999) Action", "Matrix Reloaded, The (2003) action", "", "Été à Paris (1999)", "paris the été é"]


def test_words_are_lower_case_and_two_letters_or_more():
    assert words("The Été à Paris_1999 é") == ["the", "été", "paris", "1999"]


def test_tfidf_is_that_of_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    theirs = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=r"[^\W_]{2,}").fit_transform(TEXTS).toarray()
    np.testing.assert_allclose(tfidf(TEXTS).toarray(), theirs, rtol=1e-6)


def test_texts_without_a_common_word_give_no_columns():
    assert tfidf(["one", "two", ""]).shape == (3, 0)


def test_content_knn_recommends_by_the_cosine_of_texts(training):
    x = training.target.binary.toarray().astype(np.float64)
    vectors = tfidf(training.target.item_text).toarray().astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors.T / (np.outer(lengths, lengths) + 0.5)
    np.fill_diagonal(cosine, 0)
    scores = ContentKnn(k=100, shrink=0.5).fit(training, stream(0))(np.arange(len(x)))
    np.testing.assert_allclose(scores, x @ cosine, atol=1e-5)


def test_content_ease_adds_the_products_of_texts_to_the_gram_matrix(training):
    x = training.target.binary.toarray().astype(np.float64)
    vectors = tfidf(training.target.item_text).toarray().astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + 30 * vectors @ vectors.T + 20 * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    scores = ContentEase(l2=20.0, weight=30.0).fit(training, stream(0))(np.arange(len(x)))
    np.testing.assert_allclose(scores, x @ weights, atol=1e-4)


@pytest.mark.parametrize("recommender", [ContentKnn(), ContentEase()])
def test_a_target_without_text_is_refused(training, recommender):
    bare = dataclasses.replace(training, target=dataclasses.replace(training.target, item_text=None))
    with pytest.raises(TlbenchError, match="needs item text, `target` has none"):
        recommender.fit(bare, stream(0))


def test_an_interaction_counts_half_after_its_half_life(training):
    times, items = training.target.timestamps, training.target.matrix.indices
    expected = np.zeros(training.n_items)
    for time, item in zip(times, items, strict=True):
        expected[item] += 0.5 ** ((times.max() - time) / (30 * 86_400))
    scores = RecentPopularity(half_life=30).fit(training, stream(0))(np.array([0, 5]))
    np.testing.assert_allclose(scores, np.tile(expected, (2, 1)), rtol=1e-5)


def test_a_target_without_time_is_refused(training):
    timeless = dataclasses.replace(training, target=dataclasses.replace(training.target, timestamps=None))
    with pytest.raises(TlbenchError, match="needs timestamps"):
        RecentPopularity().fit(timeless, stream(0))


@pytest.mark.parametrize("weighting", ["tf-idf", "bm25"])
def test_weights_are_those_of_the_formula(weighting):
    matrix = sparse.csr_matrix(np.array([[1, 0, 2], [0, 0, 1], [3, 0, 0], [0, 0, 0]], dtype=np.float32))
    dense = matrix.toarray()
    idf = [max(0, np.log(4 / (1 + np.count_nonzero(column)))) for column in dense.T]
    lengths = dense.sum(axis=1) / dense.sum(axis=1).mean()
    for row, column in np.argwhere(dense):
        value = dense[row, column]
        expected = (
            np.sqrt(value) if weighting == "tf-idf" else value * 2.2 / (value + 1.2 * (0.25 + 0.75 * lengths[row]))
        )
        assert weigh(matrix, weighting)[row, column] == pytest.approx(expected * idf[column], rel=1e-6)
    assert weigh(matrix, "none") is matrix

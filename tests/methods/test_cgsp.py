"""CGSP against dense matrices, written as in the paper."""

import numpy as np
import pytest

from tlbench.methods.baselines.own_cgsp import OwnCgsp
from tlbench.methods.graph_filter import normalised
from tlbench.methods.transfer.cgsp import Cgsp
from tlbench.rng import stream

USERS = np.arange(90)


def dense(matrix):
    """D_u^-1/2 A D_i^-1/2, one entry after another."""
    pattern = (matrix.toarray() > 0).astype(float)
    out = np.zeros_like(pattern)
    for u, i in zip(*np.nonzero(pattern), strict=True):
        out[u, i] = 1 / np.sqrt(pattern[u].sum() * pattern[:, i].sum())
    return out


def literal(data, weight):
    r, s = dense(data.target.matrix), dense(data.source.matrix)
    both = [u for u in data.overlap if r[u].any() and s[u].any()]
    t, s_both = r[both], s[both]
    across = t.T @ s_both @ s_both.T @ t @ r.T @ r
    similarity = weight * across + (1 - weight) * r.T @ r
    signals = np.array([r[u] if r[u].any() else s[u] @ s_both.T @ t for u in range(len(r))])
    return signals @ similarity


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.85, 1.0])
def test_scores_are_the_papers_products(training, weight):
    scores = Cgsp(weight).fit(training, stream(0))(USERS)
    np.testing.assert_allclose(scores, literal(training, weight), rtol=1e-4, atol=1e-7)


def test_with_weight_0_who_has_target_history_gets_the_counterparts_scores(training):
    scores, own = (method.fit(training, stream(0))(USERS) for method in (Cgsp(0.0), OwnCgsp()))
    known = np.diff(training.target.matrix.indptr) > 0
    np.testing.assert_array_equal(scores[known], own[known])
    assert np.ptp(scores[~known][:5], axis=1).all()
    assert not own[~known].any()


def test_normalising_divides_by_the_roots_of_both_degrees(training):
    np.testing.assert_allclose(normalised(training.target.matrix).toarray(), dense(training.target.matrix), rtol=1e-6)

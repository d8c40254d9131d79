"""Alternating least squares against normal equations in dense float64."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.als import BothSides, factorise, frequency_ridge, solve_rows
from tlbench.methods.baselines.ials import Ials
from tlbench.rng import stream


@pytest.fixture
def problem():
    rng = stream(0, "tests", "als")
    matrix = sparse.random(40, 30, density=0.2, format="csr", dtype=np.float32, random_state=3)
    weight = rng.uniform(0.5, 2, matrix.nnz).astype(np.float32)
    target = rng.uniform(0.5, 2, matrix.nnz).astype(np.float32)
    items = rng.standard_normal((30, 8)).astype(np.float32)
    return rng, matrix, weight, target, items


def dense_of(matrix, values):
    return sparse.csr_matrix((values, matrix.indices, matrix.indptr), shape=matrix.shape).toarray().astype(np.float64)


def exact_rows(weight, target, items, ridge, unobserved, prior):
    items = items.astype(np.float64)
    rows = []
    for u in range(len(weight)):
        left = (items * (weight[u] + unobserved)[:, None]).T @ items + ridge[u] * np.eye(items.shape[1])
        rows.append(np.linalg.solve(left, (weight[u] * target[u]) @ items + ridge[u] * prior[u]))
    return np.array(rows)


def test_enough_steps_solve_the_normal_equations_with_weights_and_priors(problem):
    rng, matrix, weight, target, items = problem
    ridge = rng.uniform(1, 3, 40).astype(np.float32)
    prior = rng.standard_normal((40, 8)).astype(np.float32)
    unobserved = rng.uniform(0.1, 0.5, 30).astype(np.float32)
    solved = solve_rows(
        BothSides.of(matrix, weight, target).by_user,
        items,
        ridge=ridge,
        unobserved=unobserved,
        start=np.zeros((40, 8), dtype=np.float32),
        prior=prior,
        steps=30,
    )
    expected = exact_rows(dense_of(matrix, weight), dense_of(matrix, target), items, ridge, unobserved, prior)
    np.testing.assert_allclose(solved, expected, rtol=1e-3, atol=1e-4)


def test_the_items_side_carries_the_same_entries(problem):
    _, matrix, weight, target, _ = problem
    by_item = BothSides.of(matrix, weight, target).by_item
    shape = (30, 40)
    for values, expected in ((by_item.weight, weight), (by_item.target, target)):
        turned = sparse.csr_matrix((values, by_item.indices, by_item.indptr), shape=shape).toarray()
        np.testing.assert_allclose(turned.T, dense_of(matrix, expected))


def objective(weight, target, model, *, ridge, unobserved):
    """The loss of Hu et al. over all pairs, written out."""
    users, items = model.users.astype(np.float64), model.items.astype(np.float64)
    scores = users @ items.T
    observed = (weight * (target - scores) ** 2).sum()
    return observed + unobserved * (scores**2).sum() + ridge * ((users**2).sum() + (items**2).sum())


def test_every_epoch_lowers_the_objective(problem):
    _, matrix, weight, target, _ = problem
    entries = BothSides.of(matrix, weight, target)
    ridges = {"user_ridge": np.full(40, 0.5, np.float32), "item_ridge": np.full(30, 0.5, np.float32)}
    losses = []
    for iterations in range(1, 7):
        *_, model = factorise(
            entries,
            factors=4,
            iterations=iterations,
            user_unobserved=0.3,
            item_unobserved=0.3,
            rng=stream(1, "als"),
            **ridges,
        )
        dense = (dense_of(matrix, weight), dense_of(matrix, target))
        losses.append(objective(*dense, model, ridge=0.5, unobserved=0.3))
    assert losses == sorted(losses, reverse=True)


def test_the_penalty_grows_with_frequency_as_in_rendle():
    counts = np.array([0, 10], dtype=np.int64)
    np.testing.assert_allclose(
        frequency_ridge(counts, 100, l2=0.5, unobserved=0.1, exponent=0.5), [0.5 * 10**0.5, 0.5 * 20**0.5], rtol=1e-6
    )
    assert (frequency_ridge(counts, 100, l2=0.5, unobserved=0.1, exponent=0.0) == 0.5).all()


def test_ials_finds_the_minimum_of_its_objective(training):
    """At a minimum each user's vector solves the exact normal equations of the class's docstring."""
    recommender = Ials(factors=6, iterations=400, l2=0.05, unobserved=0.2, exponent=0.5)
    scorer = recommender.fit(training, stream(0, "ials"))
    x = training.target.binary.toarray().astype(np.float64)
    ridge = 0.05 * (x.sum(axis=1) + 0.2 * training.n_items) ** 0.5
    expected = exact_rows(x, x, scorer.items, ridge, 0.2, np.zeros((len(x), 6)))
    np.testing.assert_allclose(scorer.users @ scorer.items.T, expected @ scorer.items.T, atol=2e-3)


def test_two_preconditioned_steps_end_nearer_than_three_plain_ones_and_many_steps_at_the_same_place(problem):
    rng, matrix, weight, target, items = problem
    rows = BothSides.of(matrix, weight, target).by_user
    start = rng.standard_normal((40, 8)).astype(np.float32)
    job = {"ridge": np.full(40, 0.5, np.float32), "unobserved": 0.3, "start": start}
    exact = solve_rows(rows, items, **job, steps=40)
    plain = {steps: solve_rows(rows, items, **job, steps=steps, preconditioned=False) for steps in (3, 60)}
    np.testing.assert_allclose(plain[60], exact, atol=1e-4)
    assert np.linalg.norm(solve_rows(rows, items, **job, steps=2) - exact) < np.linalg.norm(plain[3] - exact)

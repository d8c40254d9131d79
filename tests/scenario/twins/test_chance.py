"""Numbers of common users, their p-values and their false discovery rates, against literal computations and scipy."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import false_discovery_control, hypergeom

from tlbench.scenario.twins import common
from tlbench.scenario.twins._kernels import log_tail
from tlbench.scenario.twins.chance import significance
from tlbench.scenario.twins.common import common_pairs
from tlbench.scenario.twins.listings import make_listings


def incidence(domain, row, n_users):
    known = row[domain.user] >= 0
    ones = np.ones(known.sum(), dtype=np.int64)
    return sparse.csr_matrix((ones, (row[domain.user[known]], domain.item[known])), shape=(n_users, domain.n_items))


def literal_pairs(left, right, least, within):
    """All pairs by the dense product."""
    product_ = (left.T @ right).toarray()
    degrees = left.sum(axis=0).A1, right.sum(axis=0).A1
    return {
        (i, j, int(k))
        for (i, j), k in np.ndenumerate(product_)
        if k >= 2 and k / (degrees[0][i] + degrees[1][j] - k) >= least and (i < j or not within)
    }


@pytest.fixture(scope="module")
def two(alike):
    source, target = alike
    row = np.arange(800)
    row[::7] = -1  # known in one domain only
    row[row >= 0] = np.arange((row >= 0).sum())
    return source, target, row, int(row.max()) + 1


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("least", [0.02, 0.1, 0.3])
def test_pairs_are_those_of_the_dense_product(two, least, threads, monkeypatch):
    monkeypatch.setattr(common, "thread_count", lambda: threads)
    source, target, row, n_users = two
    left, right = make_listings(source, row, n_users), make_listings(target, row, n_users)
    found = common_pairs(left, right, least_jaccard=least, within=False)
    assert {tuple(pair) for pair in found.tolist()} == literal_pairs(
        incidence(source, row, n_users), incidence(target, row, n_users), least, False
    )


def test_pairs_within_a_domain_have_no_order_and_no_item_is_its_own(two):
    source, _, row, n_users = two
    left = make_listings(source, row, n_users)
    whole = incidence(source, row, n_users)
    found = common_pairs(left, left, least_jaccard=0.05, within=True)
    assert {tuple(pair) for pair in found.tolist()} == literal_pairs(whole, whole, 0.05, True)


def test_a_small_table_is_emptied_and_filled_again(two, monkeypatch):
    source, target, row, n_users = two
    left, right = make_listings(source, row, n_users), make_listings(target, row, n_users)
    whole = common_pairs(left, right, least_jaccard=0.01, within=False)
    monkeypatch.setattr(common, "ROOM", 1)
    assert len(whole) > 3 * target.n_items
    assert np.array_equal(common_pairs(left, right, least_jaccard=0.01, within=False), whole)


@pytest.mark.parametrize("users", [5, 30, 1000, 1_000_000])
def test_tails_are_those_of_scipy(users):
    rng = np.random.default_rng(users)
    for _ in range(200):
        left, right = rng.integers(1, min(users, 400) + 1, size=2)
        k = int(rng.integers(0, min(left, right) + 1))
        reference = hypergeom.logsf(k - 1, users, left, right)
        if np.isfinite(reference) and reference > -600:
            assert log_tail(k, users, left, right) == pytest.approx(reference, rel=1e-8, abs=1e-9)


def test_a_number_that_cannot_be_missed_is_certain_and_one_that_cannot_be_reached_is_impossible():
    assert log_tail(2, 10, 6, 6) == 0.0
    assert log_tail(4, 10, 3, 6) == -np.inf


def test_expected_numbers_are_the_sums_over_all_pairs(two):
    source, target, row, n_users = two
    left, right = make_listings(source, row, n_users), make_listings(target, row, n_users)
    pairs = common_pairs(left, right, least_jaccard=0.1, within=False)
    found = significance(pairs, left, right, least_jaccard=0.1, within=False)
    degrees = left.degree[left.degree > 1], right.degree[right.degree > 1]
    assert found.tested == len(degrees[0]) * len(degrees[1])
    some = np.argsort(found.log_pvalue)[:: max(1, len(pairs) // 5)]
    p = np.exp(found.log_pvalue)
    for one in some:
        expected = sum(reachable(p[one], n_users, a, b, 0.1) for a, b in product(*degrees))
        at_or_below = (p <= p[one]).sum()
        assert found.qvalue[one] <= expected / at_or_below * (1 + 1e-9)
    last = np.argmax(found.log_pvalue)
    expected = sum(reachable(p[last], n_users, a, b, 0.1) for a, b in product(*degrees))
    assert found.qvalue[last] == pytest.approx(min(1.0, expected / len(pairs)))


_REACHED: dict = {}


def reachable(level, users, a, b, least):
    """Largest chance of a p-value at or below a level that a pair with these degrees has."""
    key = (users, a, b, least)
    if key not in _REACHED:
        ks = np.arange(2, min(a, b) + 1)
        ks = ks[ks / (a + b - ks) >= least]
        _REACHED[key] = hypergeom.sf(ks - 1, users, a, b) if len(ks) else np.empty(0)
    tails = _REACHED[key]
    fine = tails[tails <= level * (1 + 1e-9)]
    return float(fine.max()) if len(fine) else 0.0


def test_the_rate_never_exceeds_that_of_benjamini_and_hochberg_over_all_pairs(two):
    source, target, row, n_users = two
    left, right = make_listings(source, row, n_users), make_listings(target, row, n_users)
    pairs = common_pairs(left, right, least_jaccard=0.1, within=False)
    found = significance(pairs, left, right, least_jaccard=0.1, within=False)
    everything = np.ones(found.tested)
    everything[: len(pairs)] = np.exp(found.log_pvalue)
    reference = false_discovery_control(everything)[: len(pairs)]
    assert (found.qvalue <= reference * (1 + 1e-9)).all()


def test_within_a_domain_each_two_items_are_tested_once(two):
    source, _, row, n_users = two
    left = make_listings(source, row, n_users)
    pairs = common_pairs(left, left, least_jaccard=0.1, within=True)
    found = significance(pairs, left, left, least_jaccard=0.1, within=True)
    degree = left.degree[left.degree > 1]
    assert found.tested == len(degree) * (len(degree) - 1) / 2
    p = np.exp(found.log_pvalue)
    last = np.argmax(p)
    total = sum(reachable(p[last], n_users, degree[i], degree[j], 0.1) for i in range(len(degree)) for j in range(i))
    assert found.qvalue[last] == pytest.approx(min(1.0, total / len(pairs)))


def test_q_values_grow_with_p_values(two):
    source, target, row, n_users = two
    left, right = make_listings(source, row, n_users), make_listings(target, row, n_users)
    pairs = common_pairs(left, right, least_jaccard=0.1, within=False)
    found = significance(pairs, left, right, least_jaccard=0.1, within=False)
    order = np.argsort(found.log_pvalue, kind="stable")
    assert (np.diff(found.qvalue[order]) >= 0).all()


def test_nothing_in_common_gives_no_pair_and_counts_the_tests(make_interactions):
    source = make_interactions([("u", "a"), ("v", "a")], name="s")
    target = make_interactions([("w", "b"), ("x", "b")], name="t")
    left, right = make_listings(source, np.array([0, 1]), 4), make_listings(target, np.array([2, 3]), 4)
    pairs = common_pairs(left, right, least_jaccard=0.1, within=False)
    found = significance(pairs, left, right, least_jaccard=0.1, within=False)
    assert pairs.shape == (0, 3)
    assert found.tested == 1

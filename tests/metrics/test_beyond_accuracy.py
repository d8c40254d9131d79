"""Popularity, variety and whole-run measures against other programs and literal computations."""

import numpy as np
import pytest
from scipy import sparse, stats
from small_split import random_rows
from test_accuracy import lists, values

from tlbench.errors import TlbenchError
from tlbench.metrics import aggregate, popularity, variety  # noqa: F401
from tlbench.metrics.aggregate import N_GROUPS, Gatherer, Groups, interval_of, jackknife_variance, measure_run
from tlbench.metrics.background import Background
from tlbench.metrics.base import check_content, depths_of, parse_metrics
from tlbench.metrics.judged import Judged

GENRES = ("drama", "comedy", "noir", "western")


def case(seed=0, n_users=60, n_items=50, depth=12):
    rng = np.random.default_rng(seed)
    training = random_rows(rng, n_users, n_items, 15, 1)
    genres = tuple(tuple(rng.choice(GENRES, rng.integers(0, 4), replace=False)) for _ in range(n_items))
    text = np.array([" ".join(rng.choice(["war", "love", "space", "The", "dog"], 4)) for _ in range(n_items)], object)
    background = Background(training, genres, text)
    return lists(rng, n_users, n_items, depth), random_rows(rng, n_users, n_items, 8), background


def listed(ranking, k):
    return [[item for item in row[:k] if item >= 0] for row in ranking.items]


def test_tail_share_counts_items_outside_the_most_popular_fifth():
    ranking, relevant, background = case(1)
    head = set(np.argsort(-background.popularity, kind="stable")[:10])
    expected = [np.mean([item not in head for item in row]) if row else 0 for row in listed(ranking, 5)]
    found = values(["tail-share@5"], ranking, relevant, background=background)["tail-share@5"]
    np.testing.assert_allclose(found, expected)


def test_serendipity_counts_hits_that_popularity_would_not_have_listed():
    ranking, relevant, background = case(2)
    order = np.argsort(-background.popularity, kind="stable")
    expected = []
    for u, row in enumerate(listed(ranking, 6)):
        popular = [item for item in order if item not in background.training[u].indices][:6]
        expected.append(len([i for i in row if i in relevant[u].indices and i not in popular]) / 6)
    found = values(["serendipity@6"], ranking, relevant, background=background)["serendipity@6"]
    np.testing.assert_allclose(found, expected)
    assert found.any()


def test_tail_and_cold_parts_of_ndcg_add_up_to_it():
    ranking, relevant, background = case(3)
    names = ["ndcg@10", "tail-ndcg@10", "cold-ndcg@10"]
    found = values(names, ranking, relevant, background=background)
    tail = background.tail
    for u, row in enumerate(listed(ranking, 10)):
        truth = set(relevant[u].indices)
        ideal = sum(1 / np.log2(at + 2) for at in range(min(10, len(truth)))) or 1
        parts = [
            sum(1 / np.log2(at + 2) for at, i in enumerate(row) if i in truth and tail[i] == side) for side in (0, 1)
        ]
        assert found["tail-ndcg@10"][u] == pytest.approx(parts[1] / ideal)
        assert found["ndcg@10"][u] == pytest.approx(sum(parts) / ideal)
        cold = background.training[u].nnz <= 5
        assert found["cold-ndcg@10"][u] == pytest.approx(found["ndcg@10"][u] if cold else 0)


def test_diversity_is_the_mean_cosine_distance_of_all_pairs():
    from sklearn.metrics.pairwise import cosine_distances

    ranking, relevant, background = case(4)
    vectors = np.array([[genre in have for genre in GENRES] for have in background.item_categories], dtype=float)
    expected = []
    for row in listed(ranking, 7):
        distances = cosine_distances(vectors[row]) if len(row) > 1 else np.zeros((1, 1))
        expected.append(distances[np.triu_indices(len(row), 1)].mean() if len(row) > 1 else 0)
    found = values(["diversity@7"], ranking, relevant, background=background)["diversity@7"]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_diversity_over_words_weights_them_by_rarity():
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.metrics.pairwise import cosine_distances

    ranking, relevant, background = case(5)
    words_only = Background(background.training, None, background.item_text)
    counts = CountVectorizer(token_pattern=r"(?u)\b\w+\b").fit_transform(background.item_text).toarray()
    vectors = counts * np.log(len(counts) / (counts > 0).sum(axis=0))
    row = listed(ranking, 7)[0]
    expected = cosine_distances(vectors[row])[np.triu_indices(len(row), 1)].mean()
    found = values(["diversity@7"], ranking, relevant, background=words_only)["diversity@7"]
    assert found[0] == pytest.approx(expected)


def test_calibration_is_one_less_the_scaled_divergence():
    ranking, relevant, background = case(6)
    shares = np.array([[1 / len(have) if g in have else 0 for g in GENRES] for have in background.item_categories])

    def spread(items):
        total = shares[items].sum(axis=0)
        return total / total.sum() if total.sum() else total

    found = values(["calibration@8"], ranking, relevant, background=background)["calibration@8"]
    for u, row in enumerate(listed(ranking, 8)):
        p, q = spread(background.training[u].indices), spread(row)
        if not (p.any() and q.any()):
            assert found[u] == pytest.approx(0, abs=1e-12)
        else:
            divergence = stats.entropy(p, 0.99 * q + 0.01 * p)
            assert found[u] == pytest.approx(1 - divergence / np.log(100), abs=1e-12)


def test_a_metric_of_categories_is_refused_where_none_are_known():
    specs = parse_metrics(["ndcg@10", "calibration@10"])
    with pytest.raises(TlbenchError, match="`calibration@10` needs categories of the items, which `books` does not"):
        check_content(specs, Background(sparse.csr_matrix((2, 2))), "books")
    check_content(
        parse_metrics(["diversity@3"]), Background(sparse.csr_matrix((1, 2)), None, np.array(["a", "b"])), "b"
    )


# --- whole runs --------------------------------------------------------------------------------------------------


def run_values(names, ranking, relevant, background):
    specs = parse_metrics(["ndcg@1", *names])[1:]
    gatherer = Gatherer(relevant.shape[1])
    gatherer.add(Judged(ranking, relevant, background, depths_of(specs)))
    return measure_run(specs, gatherer.together())


def test_gini_is_half_the_relative_mean_difference_and_entropy_is_shannons():
    ranking, relevant, background = case(7)
    counts = np.bincount([item for row in listed(ranking, 5) for item in row], minlength=50)
    found = run_values(["gini@5", "entropy@5"], ranking, relevant, background).loc[0]
    difference = np.abs(counts[:, None] - counts[None, :]).mean()
    assert found["gini@5"] == pytest.approx(difference / (2 * counts.mean()))
    assert found["entropy@5"] == pytest.approx(stats.entropy(counts, base=2))


def test_a_row_is_what_the_users_outside_its_group_give_and_the_groups_are_the_same_in_every_run():
    ranking, relevant, background = case(8)
    found = run_values(["coverage@5", "gini@5", "entropy@5"], ranking, relevant, background)
    assert len(found) == 1 + len(ranking.items)  # fewer users than groups: each is left out alone
    assert found.equals(run_values(["coverage@5", "gini@5", "entropy@5"], ranking, relevant, background))
    alone = []
    for u in range(len(ranking.items)):
        others = ranking.take(np.delete(np.arange(len(ranking.items)), u))
        alone.append(run_values(["gini@5"], others, relevant[others.users], background).loc[0, "gini@5"])
    np.testing.assert_allclose(np.sort(found["gini@5"][1:]), np.sort(alone))


def test_many_users_are_left_out_in_groups_of_equal_size():
    groups = np.bincount(Groups.deal(np.arange(1037), 1037).of)
    assert len(groups) == N_GROUPS
    assert set(groups) == {5, 6}


def test_a_user_is_in_the_same_group_whoever_else_is_judged():
    everybody = Groups.deal(np.arange(1037), 1037)
    some = np.array([3, 17, 400, 1036])
    few = Groups.deal(some, 1037)
    assert few.of.tolist() == everybody.of[some].tolist()
    assert few.number == everybody.number == N_GROUPS


def test_the_jackknife_of_folds_averaged_by_group_is_that_of_the_whole_for_a_mean_over_users():
    """Of a mean over users it is known: the variance of users' means over their number."""
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(200):
        users = [np.sort(rng.choice(900, 600, replace=False)) for _ in range(3)]
        value = rng.standard_normal(900)
        tables = []
        for rows in users:
            groups = Groups.deal(rows, 900)
            means = [value[rows].mean()]
            tables.append(means + [value[rows][groups.of != g].mean() for g in range(groups.number)])
        counted = sum(np.isin(np.arange(900), rows) / 600 for rows in users) / 3
        ratios.append(jackknife_variance(np.mean(tables, axis=0)) / (counted**2).sum())
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)


def run_of_lists(items, n_items, *, errors=None):
    n = len(items)
    gatherer = Gatherer(n_items)
    gatherer.items.append(items.astype(np.int32))
    gatherer.absolute_error.append(np.zeros(n) if errors is None else errors)
    gatherer.squared_error.append(np.zeros(n))
    gatherer.n_rated.append(np.ones(n, dtype=np.int64))
    return gatherer.together()


def test_the_interval_of_a_mean_is_students():
    errors = np.random.default_rng(0).exponential(1, 150)
    gathered = run_of_lists(np.zeros((150, 1)), 10, errors=errors)
    found = interval_of(measure_run(parse_metrics(["ndcg@1", "mae"])[1:], gathered)["mae"].to_numpy())
    low, high = stats.t.interval(0.95, 149, errors.mean(), stats.sem(errors))
    assert (found.value, found.low, found.high) == pytest.approx((errors.mean(), low, high))


def test_the_jackknife_knows_how_much_other_users_would_move_coverage_gini_and_entropy():
    """Where most items are listed once or twice, as with few judged users of a large catalogue."""
    rng = np.random.default_rng(3)
    weight = np.log((np.arange(1500) + 1.0) ** -0.8)
    specs = parse_metrics(["ndcg@1", "coverage@5", "gini@5", "entropy@5"])[1:]
    values, errors = [], []
    for repeat in range(120):
        items = np.argpartition(-weight - rng.gumbel(size=(120, 1500)), 5, axis=1)[:, :5]
        gathered = run_of_lists(items, 1500)
        if repeat < 12:
            table = measure_run(specs, gathered)
            errors.append([np.sqrt(jackknife_variance(table[name].to_numpy())) for name in table])
        ones = np.ones(120)
        values.append([spec.entry.compute(gathered, ones, spec.k) for spec in specs])
    ratio = np.mean(errors, axis=0) / np.std(values, axis=0)
    assert (ratio > 0.8).all()
    assert (ratio < 1.4).all()


def test_a_metric_of_the_whole_run_cannot_come_first():
    with pytest.raises(TlbenchError, match="`coverage@10` has one value per run"):
        parse_metrics(["coverage@10", "ndcg@10"])

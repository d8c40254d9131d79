"""Popularity, variety and whole-run measures against other programs and literal computations."""

import numpy as np
import pytest
from scipy import sparse, stats
from small_split import random_rows
from test_accuracy import lists, values

from tlbench.errors import TlbenchError
from tlbench.metrics import overall, popularity, variety  # noqa: F401
from tlbench.metrics.background import Background
from tlbench.metrics.base import check_content, depths_of, parse_metrics
from tlbench.metrics.judged import Judged
from tlbench.metrics.overall import N_DRAWS, Gatherer, interval_of, measure_run

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


def test_draws_are_values_of_resampled_users_and_the_same_users_in_every_run():
    ranking, relevant, background = case(8)
    first = run_values(["coverage@5", "gini@5"], ranking, relevant, background)
    assert len(first) == N_DRAWS + 1
    assert first.equals(run_values(["coverage@5", "gini@5"], ranking, relevant, background))
    everything = run_values(["coverage@5"], ranking, relevant, background)["coverage@5"]
    assert everything.equals(first["coverage@5"])


def test_the_interval_of_a_mean_has_the_width_that_theory_gives():
    rng = np.random.default_rng(0)
    n = 4000
    gatherer = Gatherer(10)
    gatherer.items.append(np.zeros((n, 1), dtype=np.int32))
    gatherer.absolute_error.append(rng.exponential(1, n))
    gatherer.squared_error.append(np.zeros(n))
    gatherer.n_rated.append(np.ones(n, dtype=np.int64))
    draws = measure_run(parse_metrics(["ndcg@1", "mae"])[1:], gatherer.together())["mae"].to_numpy()
    found = interval_of(draws)
    assert found.value == pytest.approx(1, abs=0.05)
    assert found.high - found.low == pytest.approx(2 * 1.96 / np.sqrt(n), rel=0.2)
    assert found.low < found.value < found.high


def test_a_metric_of_the_whole_run_cannot_come_first():
    with pytest.raises(TlbenchError, match="`coverage@10` has one value a run"):
        parse_metrics(["coverage@10", "ndcg@10"])

"""Every figure of the domain-gap card against another library or a literal computation."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from scipy.spatial.distance import jensenshannon
from scipy.stats import spearmanr
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import RidgeClassifier

from tlbench.data import load
from tlbench.scenario.build import build_scenario
from tlbench.scenario.gap import Gap, gap_table, make_gap
from tlbench.scenario.gap.shape import gini, rating_shares, shape_of
from tlbench.scenario.gap.taste import canonical_correlations, rows_of, singular_vectors, taste
from tlbench.scenario.gap.text import FOLDS, cross_validated, text_gap, texts_of
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.scenario.texts import tfidf
from tlbench.store.typed import read_as


def rng():
    return np.random.default_rng(5)


def built(text, *domains, links="titles", k_core=1):
    by_name = {domain.name: domain for domain in domains}
    return build_scenario(parse_scenario(text), Filters(k_core), by_name.__getitem__, links=links)


@pytest.fixture(scope="module")
def helpful():
    return make_gap(build_scenario(parse_scenario("demo-movies->demo-books"), Filters(), load))


@pytest.fixture(scope="module")
def useless():
    return make_gap(build_scenario(parse_scenario("demo-noise->demo-books"), Filters(), load))


def test_gini_is_half_the_mean_difference_over_the_mean():
    counts = rng().integers(1, 100, 60)
    literal = np.abs(counts[:, None] - counts[None, :]).mean() / 2 / counts.mean()
    assert gini(counts) == pytest.approx(literal)
    assert gini(np.full(9, 4)) == 0


def test_sizes_are_those_of_the_domain(make_interactions):
    domain = make_interactions([("u", "a", 5), ("u", "b", 7), ("v", "a", 9), ("w", "a", 3)], ratings=[1, 2, 5, 5])
    shape = shape_of(domain, "target")
    assert (shape.users, shape.items, shape.interactions, shape.history) == (3, 2, 4, 1)
    assert shape.density == pytest.approx(4 / 6)
    assert (shape.first, shape.last) == (3, 9)
    assert shape.ratings == pytest.approx((0.25, 0.25, 0, 0, 0.5))
    assert shape.mean_rating == pytest.approx((0 + 1 / 4 + 1 + 1) / 4)
    assert sum(shape.popularity) == pytest.approx(1)


def test_half_stars_fall_into_fifths_of_their_scale(make_interactions):
    stars = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    domain = make_interactions([(f"u{star}", "a") for star in stars], ratings=stars)
    shares = rating_shares(replace(domain, rating_scale=(0.5, 5.0)))
    assert shares.tolist() == pytest.approx([0.2] * 5)


def test_rating_distance_is_that_of_scipy_and_of_the_definition(make_interactions):
    source = make_interactions([(f"u{k}", "a") for k in range(6)], name="s", ratings=[1, 1, 2, 3, 4, 4])
    target = make_interactions([(f"u{k}", "b") for k in range(4)], name="t", ratings=[3, 4, 5, 5])
    found = make_gap(built("s->t", source, target)).sources[0].rating_distance
    p, q = np.array([2, 1, 1, 2, 0]) / 6, np.array([0, 0, 1, 1, 2]) / 4
    middle = (p + q) / 2

    def divergence(one):
        return sum(x * np.log2(x / m) for x, m in zip(one, middle, strict=True) if x)

    assert found == pytest.approx(np.sqrt((divergence(p) + divergence(q)) / 2))
    assert found == pytest.approx(jensenshannon(p, q, base=2))


def test_share_after_the_cut_counts_what_is_later(make_interactions):
    source = make_interactions([("x", "a", 5), ("y", "b", 10), ("z", "c", 11), ("z", "d", 12)], name="s")
    target = make_interactions([("x", "q", 1)], name="t")
    scenario = built("s->t", source, target)
    assert make_gap(scenario, cut=10).sources[0].after_cut == 0.5
    assert "no one moment" in make_gap(scenario).sources[0].missing["after_cut"]


def test_popularity_tie_is_the_rank_correlation_of_linked_items(make_interactions):
    generator = rng()
    rows = {
        name: [(f"{name}{u}", f"i{i}") for i in range(first, first + 30) for u in range(generator.integers(1, 9))]
        for name, first in (("s", 0), ("t", 12))
    }
    domains = [make_interactions(rows[name], name=name, user_ids=name, item_ids="shared") for name in rows]
    tie = make_gap(built("s->t", *domains)).sources[0].popularity
    counts = [{item: sum(i == item for _, i in rows[name]) for _, item in rows[name]} for name in rows]
    both = sorted(counts[0].keys() & counts[1].keys())
    expected = spearmanr(*([count[item] for item in both] for count in counts))
    assert tie.items == len(both) == 18
    assert (tie.correlation, tie.pvalue) == pytest.approx((expected.statistic, expected.pvalue))


def test_scores_of_texts_are_those_of_a_ridge_classifier():
    generator = rng()
    words = np.array([f"w{k}" for k in range(40)])
    texts = [" ".join(generator.choice(words[:25] if k < 60 else words[15:], 6)) for k in range(120)]
    vectors, label = tfidf(texts).astype(np.float64), np.repeat([-1.0, 1.0], 60)
    fold = np.concatenate([generator.permutation(np.arange(60) % FOLDS) for _ in range(2)])
    expected = np.zeros(120)
    for one in range(FOLDS):
        known, out = vectors[fold != one].toarray(), vectors[fold == one].toarray()
        peer = RidgeClassifier(alpha=1.0, fit_intercept=False, solver="cholesky").fit(known, label[fold != one])
        expected[fold == one] = peer.decision_function(out)
    assert cross_validated(vectors, label, fold) == pytest.approx(expected, abs=1e-6)


def test_alike_texts_are_at_distance_0_and_other_languages_at_2():
    generator = rng()
    one, other = ([f"{prefix}{k}" for k in range(30)] for prefix in ("a", "b"))

    def texts(words):
        return np.array([" ".join(generator.choice(words, 5)) for _ in range(300)], dtype=object)

    assert text_gap(texts(one), texts(other), rng()).distance > 1.9
    assert text_gap(texts(one), texts(one), rng()).distance < 0.25


def test_text_distance_is_twice_one_less_two_errors():
    texts = [np.array([f"w{k % 7} w{k % 3} {more if k % 2 else 'zz'}" for k in range(80)]) for more in ("xx", "yy")]
    found = text_gap(*texts, rng())
    assert found.distance == pytest.approx(2 * (1 - 2 * (1 - found.accuracy)))
    assert found.texts == 80
    assert 0.5 < found.accuracy < 1


def test_titles_lose_what_gives_away_the_shop(make_interactions):
    domain = make_interactions([("u", "a"), ("u", "b"), ("u", "c")])
    table = pl.DataFrame({"title": ["Heat (1995) [VHS]", None, "Matrix, The"], "text": [None, None, "red pill"]})
    assert texts_of(replace(domain, item_table=table)).tolist() == ["heat", "matrix red pill"]


def test_where_the_texts_are_the_same_the_distance_is_0():
    texts = np.array([f"w{k} w{k + 1}" for k in range(80)], dtype=object)
    assert text_gap(texts, texts, rng()).distance == 0


def shared_tastes(n_users=400, noise=0.3):
    """Histories in two domains that follow the same two tastes."""
    generator = rng()
    person = generator.normal(size=(n_users, 2))
    sides = []
    for n_items in (50, 40):
        pull = person @ generator.normal(size=(2, n_items)) + noise * generator.normal(size=(n_users, n_items))
        sides.append(sparse.csr_matrix((pull > np.quantile(pull, 0.8, axis=1, keepdims=True)).astype(np.float64)))
    return sides


def test_canonical_correlations_are_those_of_sklearn():
    left, right = (singular_vectors(side, 4) for side in shared_tastes())
    found = canonical_correlations(*(np.linalg.qr(side - side.mean(axis=0))[0] for side in (left, right)))
    peer = CCA(n_components=4, max_iter=5000, tol=1e-12).fit(left, right)
    scores = peer.transform(left, right)
    expected = [abs(np.corrcoef(scores[0][:, k], scores[1][:, k])[0, 1]) for k in range(4)]
    assert found == pytest.approx(expected, abs=1e-4)


def test_singular_vectors_are_those_of_a_dense_decomposition():
    rows = shared_tastes()[0]
    left, values, _ = np.linalg.svd(rows.toarray(), full_matrices=False)
    found = singular_vectors(rows, 3)
    assert np.abs(found) == pytest.approx(np.abs((left * values)[:, :3][:, ::-1]), abs=1e-8)


def test_rows_have_length_1_and_are_those_asked_for(make_interactions):
    domain = make_interactions([("u", "a"), ("u", "b"), ("v", "b"), ("w", "c")])
    rows = rows_of(domain, np.array([2, 0]))
    assert rows.toarray() == pytest.approx(np.array([[0, 0, 1], [0.5**0.5, 0.5**0.5, 0]]))


def test_shared_taste_is_found_and_taste_of_strangers_is_not():
    left, right = shared_tastes()
    alike = taste(left, right, rng())
    assert alike.correlations[0] > 0.7
    assert alike.pvalue == pytest.approx(1 / 201)
    strangers = taste(left, right[rng().permutation(right.shape[0])], rng())
    assert strangers.pvalue > 0.05
    assert strangers.strength == pytest.approx(strangers.strength_by_chance, rel=0.5)


def test_planted_taste_shows_and_noise_does_not(helpful, useless):
    assert helpful.sources[0].taste.strength > 10 * helpful.sources[0].taste.strength_by_chance
    assert useless.sources[0].taste.pvalue > 0.05


def test_what_is_not_known_is_said(make_interactions):
    source = make_interactions([("x", "a"), ("y", "a")], name="s", user_ids="elsewhere")
    target = make_interactions([("u", "p"), ("v", "q")], name="t")
    found = make_gap(built("s->t", source, target), cut=5).sources[0]
    assert (found.shared_users, found.linked_items, found.linked_by) == (0, 0, None)
    figures = ("rating_distance", "after_cut", "popularity", "text", "taste")
    assert [getattr(found, name) for name in figures] == [None] * 5
    assert set(found.missing) == set(figures)
    assert found.missing["rating_distance"] == "no ratings in s and t"
    assert found.missing["taste"] == "0 shared users, 50 are needed"


def test_the_same_gap_comes_out_twice_and_survives_json(helpful):
    again = make_gap(build_scenario(parse_scenario("demo-movies->demo-books"), Filters(), load))
    assert gap_table(again) == gap_table(helpful)
    table = json.loads(json.dumps(gap_table(helpful), allow_nan=False))
    assert gap_table(read_as(Gap, table)) == table


def test_links_of_titles_tie_popularity_on_real_domains(catalogue):
    def from_catalogue(name):
        return load(name, catalogue=catalogue)

    name = parse_scenario("movielens@latest-small->amazon-movies-dense")
    scenario = build_scenario(name, Filters(), from_catalogue, links="titles")
    source = make_gap(scenario).sources[0]
    links = scenario.bridge.item_alignments[0]
    counts = [np.bincount(domain.item) for domain in (scenario.sources[0], scenario.target)]
    expected = spearmanr(counts[0][links.source_item], counts[1][links.target_item]).statistic
    assert source.popularity.correlation == pytest.approx(expected)
    assert source.taste is None

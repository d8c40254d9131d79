"""The whole way from a split to values, against a literal computation, at every block size and number of threads."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from small_split import small_split
from threadpoolctl import threadpool_limits

from tlbench.errors import TlbenchError
from tlbench.evaluation import Cell, evaluate, fit_stream
from tlbench.methods.scorers import FactorScorer, ItemItemScorer
from tlbench.metrics.ranking import tie_order
from tlbench.registry import PLACEBOS, MethodEntry, PlaceboEntry
from tlbench.rng import stream


@dataclass(frozen=True)
class Factors:
    """Scores by random factors: a matrix product, whose sums depend on how it is cut into blocks."""

    rank: int = 24
    cold: int = 3

    def fit(self, data, rng, *, progress=None):
        users = rng.standard_normal((data.n_users, self.rank)).astype(np.float32)
        items = rng.standard_normal((data.n_items, self.rank)).astype(np.float32)
        users[:: self.cold] = 0
        return lambda rows: users[rows] @ items.T


@dataclass(frozen=True)
class HandedFactors:
    """The same, handed over as factors."""

    def fit(self, data, rng, *, progress=None):
        users = rng.standard_normal((data.n_users, 24)).astype(np.float32)
        items = rng.standard_normal((data.n_items, 24)).astype(np.float32)
        return FactorScorer(users, items, rng.standard_normal(data.n_items).astype(np.float32))


@dataclass(frozen=True)
class HandedWeights:
    """Random item x item weights, sparse or dense."""

    dense: bool = False

    def fit(self, data, rng, *, progress=None):
        weights = sparse.random(data.n_items, data.n_items, 0.1, format="csr", dtype=np.float32, rng=rng)
        return ItemItemScorer(data.target.binary, weights.toarray() if self.dense else weights)


@dataclass(frozen=True)
class Recording:
    """Notes what `fit` was given."""

    given: list
    answer: object = None

    def fit(self, data, rng, *, progress=None):
        self.given.append((data, rng))
        return self.answer or (lambda rows: np.zeros((len(rows), data.n_items), dtype=np.float32))


def entry(build, name="test"):
    return MethodEntry(name, build, "baseline", (), None, None, True, "")


def cell(seed=0, placebo=None, **parameters):
    return Cell("other->small", "test", parameters, seed, placebo)


NAMES = ("ndcg@10", "recall@5", "map@3")


def test_values_are_those_of_a_literal_computation():
    split = small_split()
    result = evaluate(split, cell(4), entry=entry(Factors), metrics=["ndcg@10", "recall@10"])
    scorer = Factors().fit(split.training, fit_stream(split, cell(4)))
    scores, order = scorer(np.arange(split.training.n_users)).astype(np.float64), tie_order(4, split.training.n_items)
    popularity = np.asarray((split.training.target.matrix > 0).sum(axis=0)).ravel()
    seen = split.training.target.matrix.toarray() > 0
    for user in split.users:
        row = popularity if np.ptp(scores[user]) == 0 else scores[user]
        best = [i for i in np.lexsort((order, -row)) if not seen[user, i]][:10]
        truth = set(split.test[user].indices)
        gained = sum(1 / np.log2(at + 2) for at, item in enumerate(best) if item in truth)
        ideal = sum(1 / np.log2(at + 2) for at in range(min(10, len(truth))))
        values = result.values.loc[f"u{user}"]
        assert values["ndcg@10"] == pytest.approx(gained / ideal)
        assert values["recall@10"] == pytest.approx(len(truth & set(best)) / len(truth))


def test_validation_users_are_judged_on_validation_with_only_training_masked():
    split = small_split(1)
    result = evaluate(split, cell(), entry=entry(Factors), metrics=["hit@10"])
    training = split.selection.training
    scores = Factors().fit(training, fit_stream(split, cell()))(np.arange(training.n_users))
    popularity = np.asarray((training.target.matrix > 0).sum(axis=0)).ravel()
    order = tie_order(0, split.training.n_items)
    hits = []
    for user in split.selection.users:
        row = popularity if np.ptp(scores[user]) == 0 else scores[user]
        seen = set(training.target.matrix[user].indices)
        best = [i for i in np.lexsort((order, -row.astype(np.float64))) if i not in seen][:10]
        hits.append(bool(set(best) & set(split.selection.test[user].indices)))
    assert result.validation == {"hit@10": pytest.approx(np.mean(hits))}


def test_the_table_has_a_row_a_test_user_by_id_and_a_column_a_metric():
    split = small_split()
    values = evaluate(split, cell(), entry=entry(Factors), metrics=NAMES).values
    assert values.index.name == "user"
    assert values.index.tolist() == [f"u{row}" for row in split.users]
    assert tuple(values.columns) == NAMES
    assert (values.dtypes == np.float64).all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("block_size", [None, 1, 128, 1000])
@pytest.mark.parametrize("build", [Factors, HandedFactors, HandedWeights, lambda: HandedWeights(dense=True)])
def test_neither_the_block_size_nor_the_threads_move_a_bit(build, block_size, threads):
    import numba

    split = small_split(2, n_users=300)
    reference = evaluate(split, cell(), entry=entry(build), metrics=NAMES)
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, before))
    try:
        with threadpool_limits(threads):
            again = evaluate(split, cell(), entry=entry(build), metrics=NAMES, block_size=block_size)
    finally:
        numba.set_num_threads(before)
    assert again.values.equals(reference.values)
    assert again.validation == reference.validation
    assert again.cold_users == reference.cold_users


def test_a_scorer_is_asked_for_the_same_users_together_whatever_the_block_size():
    split = small_split(3, n_users=200)
    asked: dict[int, list] = {}

    for size in (1, 70, 1000):
        calls = asked.setdefault(size, [])

        def answer(rows, calls=calls):
            calls.append(rows.tolist())
            return np.zeros((len(rows), split.training.n_items), dtype=np.float32)

        evaluate(split, cell(given=[], answer=answer), entry=entry(Recording), metrics=NAMES, block_size=size)
    assert asked[1] == asked[70] == asked[1000]


def test_users_whose_row_is_constant_are_ranked_by_popularity_and_counted():
    split = small_split()
    constant = evaluate(split, cell(given=[]), entry=entry(Recording), metrics=NAMES)
    popularity = np.bincount(split.training.target.matrix.indices, minlength=split.training.n_items).astype(np.float32)

    def popular(rows):
        return np.tile(popularity, (len(rows), 1))

    by_popularity = evaluate(split, cell(given=[], answer=popular), entry=entry(Recording), metrics=NAMES)
    assert constant.values.equals(by_popularity.values)
    assert (constant.cold_users, by_popularity.cold_users) == (len(split.users), 0)


def test_fit_gets_the_trainings_and_a_stream_that_no_method_has_for_itself():
    split, given = small_split(), []
    evaluate(split, cell(0, given=given), entry=entry(Recording), metrics=NAMES)
    assert [training for training, _ in given] == [split.selection.training, split.training]
    for _, rng in given:
        assert rng.random() == stream(0, "fit", fold="1").random()


def test_a_placebo_replaces_the_training_with_its_own_stream():
    split, given, drawn = small_split(), [], []
    other = small_split(5).training

    def apply(training, rng):
        drawn.append((training, rng.random()))
        return other

    PLACEBOS.add(PlaceboEntry("test-placebo", apply, "", ""))
    try:
        evaluate(split, cell(2, "test-placebo", given=given), entry=entry(Recording), metrics=NAMES)
    finally:
        del PLACEBOS._entries["test-placebo"]
    assert given[0][0] is other
    assert drawn == [(split.training, stream(2, "placebo", "test-placebo", 1).random())]


def test_without_validation_users_there_are_no_validation_means():
    from dataclasses import replace

    split = small_split()
    nobody = replace(split.selection, test=sparse.csr_matrix(split.test.shape, dtype=np.float32), users=split.users[:0])
    empty = replace(split, selection=nobody)
    assert evaluate(replace(split, selection=None), cell(), entry=entry(Factors), metrics=NAMES).validation == {}
    assert evaluate(empty, cell(), entry=entry(Factors), metrics=NAMES).validation == {}


def test_bad_input_is_refused_before_any_work():
    split, given = small_split(), []
    with pytest.raises(TlbenchError, match="unknown metric"):
        evaluate(split, cell(given=given), entry=entry(Recording), metrics=["nonsense@3"])
    assert given == []
    with pytest.raises(TlbenchError, match="cannot be built from") as caught:
        evaluate(split, cell(speed=3), entry=entry(Factors), metrics=NAMES)
    assert "tlbench list methods" in caught.value.hint
    with pytest.raises(TlbenchError, match="unknown placebo `none`"):
        evaluate(split, cell(placebo="none"), entry=entry(Factors), metrics=NAMES)
    with pytest.raises(TlbenchError, match="block size 0"):
        evaluate(split, cell(), entry=entry(Factors), metrics=NAMES, block_size=0)


def test_scores_that_are_no_scores_are_an_error_that_names_the_method():
    split = small_split()
    n_items = split.training.n_items
    for answer, message in (
        (lambda rows: np.full((len(rows), n_items), np.nan, dtype=np.float32), "`test` gave user row .* not a number"),
        (lambda rows: np.zeros((len(rows), n_items)), "`test` returned scores .* float64"),
        (lambda rows: np.zeros((len(rows), 3), dtype=np.float32), "`test` returned scores"),
    ):
        with pytest.raises(TlbenchError, match=message):
            evaluate(split, cell(given=[], answer=answer), entry=entry(Recording), metrics=NAMES)


def test_metrics_of_the_whole_ranking_need_scores_and_get_them():
    from sklearn.metrics import roc_auc_score

    split = small_split(4)
    result = evaluate(split, cell(), entry=entry(HandedFactors), metrics=["auc", "r-precision", "ndcg@10"])
    scores = HandedFactors().fit(split.training, fit_stream(split, cell()))(np.arange(split.training.n_users))
    seen = split.training.target.matrix.toarray() > 0
    for row in split.users[:50]:
        truth = split.test[row].toarray()[0] > 0
        expected = roc_auc_score(truth[~seen[row]], scores[row][~seen[row]])
        assert result.values.loc[f"u{row}", "auc"] == pytest.approx(expected, abs=1e-9)
    assert result.values["ndcg@10"].mean() > 0


def test_metrics_of_the_whole_run_come_apart_from_the_values_with_draws_over_users():
    split = small_split(4)
    names = ["ndcg@10", "coverage@10", "gini@5", "entropy@5", "rmse"]
    result = evaluate(split, cell(), entry=entry(Factors), metrics=names)
    assert list(result.values.columns) == ["ndcg@10"]
    assert list(result.aggregates.columns) == ["coverage@10", "gini@5", "entropy@5"]  # Factors does not predict ratings
    assert evaluate(split, cell(), entry=entry(Factors), metrics=["ndcg@10"]).aggregates is None


@dataclass(frozen=True)
class Rates:
    """Predicts a rating that depends on the item alone."""

    def fit(self, data, rng, *, progress=None):
        return ItemRatings(rng.uniform(1, 5, data.n_items).astype(np.float32), data.target.matrix)


@dataclass(frozen=True)
class ItemRatings:
    ratings: np.ndarray
    history: sparse.csr_matrix
    predicts_ratings = True

    def __call__(self, users):
        known = np.diff(self.history.indptr)[users] > 0
        return np.where(known[:, None], self.ratings, 0).astype(np.float32)


def test_rating_errors_are_those_of_scikit_learn_and_cold_users_get_the_mean_rating():
    from dataclasses import replace

    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    split = small_split(6)
    matrix = split.training.target.matrix.copy()
    cold = split.users[:20]
    for row in cold:
        matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]] = 0
    matrix.eliminate_zeros()
    target = replace(split.training.target, matrix=matrix, rating_scale=(1.0, 5.0))
    split = replace(split, training=replace(split.training, target=target))
    result = evaluate(split, cell(), entry=entry(Rates), metrics=["ndcg@10", "mae", "rmse"])
    ratings = Rates().fit(split.training, fit_stream(split, cell())).ratings
    held = split.test[split.users].tocoo()
    whose = split.users[held.row]
    predicted = np.where(np.isin(whose, cold), matrix.data.mean(), ratings[held.col])
    assert result.aggregates.loc[0, "mae"] == pytest.approx(mean_absolute_error(held.data, predicted), rel=1e-6)
    assert result.aggregates.loc[0, "rmse"] == pytest.approx(root_mean_squared_error(held.data, predicted), rel=1e-6)
    assert result.cold_users == len(cold)


def test_every_registered_metric_can_be_measured_within_its_bounds():
    from dataclasses import replace

    from tlbench.registry import METRICS

    split = small_split(7)
    categories = pl.Series([["a", "b"][: i % 3] for i in range(split.training.n_items)])
    table = pl.DataFrame({"title": [f"t{i}" for i in range(split.training.n_items)], "categories": categories})
    target = replace(split.scenario.target, item_table=table)
    rated = replace(split.training.target, rating_scale=(1.0, 5.0))
    split = replace(
        split,
        scenario=replace(split.scenario, target=target),
        training=replace(split.training, target=rated),
        selection=replace(split.selection, scenario=replace(split.scenario, target=target)),
    )
    names = ["ndcg@10", *(f"{e.name}@7" if e.cut else e.name for e in METRICS)]
    result = evaluate(split, cell(), entry=entry(Rates), metrics=names)
    assert set(result.values.columns) | set(result.aggregates.columns) == set(names)
    assert np.isfinite(result.values.to_numpy()).all()
    for entry_ in METRICS:
        assert entry_.reference, entry_.name
        assert entry_.summary, entry_.name
        assert entry_.better == "higher" or entry_.scope == "run", entry_.name

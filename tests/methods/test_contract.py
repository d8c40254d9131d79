"""What every registered method keeps to, because it is registered."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.util
import json
import pickle
import pkgutil

import numba
import numpy as np
import pytest
from scipy import sparse

import tlbench.methods.baselines
import tlbench.methods.deep
import tlbench.methods.transfer
from tlbench.registry import METHODS, Choice
from tlbench.rng import stream

for package in (tlbench.methods.baselines, tlbench.methods.transfer, tlbench.methods.deep):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if "._" not in module.name:
            importlib.import_module(module.name)

INSTALLED = [entry for entry in METHODS if entry.extra is None or importlib.util.find_spec(entry.extra)]
every_method = pytest.mark.parametrize("entry", INSTALLED, ids=lambda entry: entry.name)
every_baseline = pytest.mark.parametrize(
    "entry", [entry for entry in INSTALLED if entry.family == "baseline"], ids=lambda entry: entry.name
)
COARSE = {"codebook", "talmud"}
"""Predict the same rating for all items of a cluster, and few clusters may leave a user with one."""
KNOW_EVERYBODY = {"random", "popularity", "recent-popularity", "pooled-popularity", "text-popularity"}


def built(entry):
    """Build with defaults; what holds for a deep method holds after two epochs."""
    return entry.build() if entry.extra is None else entry.build(epochs=2)


def fit_and_score(entry, training, seed=0):
    scorer = built(entry).fit(training, stream(seed, "method", entry.name))
    return scorer(np.arange(training.n_users, dtype=np.int64))


def fingerprint(training):
    total = hashlib.sha256()
    for domain in (training.target, *training.sources):
        for part in (domain.matrix.data, domain.matrix.indices, domain.matrix.indptr, domain.binary.data):
            total.update(part.tobytes())
        total.update(domain.timestamps.tobytes())
        total.update("|".join(domain.item_text).encode())
    return total.hexdigest()


@every_method
def test_scores_are_finite_float32_a_row_a_user(entry, training):
    scores = fit_and_score(entry, training)
    assert scores.dtype == np.float32
    assert scores.shape == (training.n_users, training.n_items)
    assert np.isfinite(scores).all()
    constant = np.ptp(scores[:70], axis=1) == 0
    assert constant.mean() <= (0.9 if entry.name in COARSE else 0), (
        "users with history in the target have constant rows"
    )


@every_method
def test_the_same_seed_gives_the_same_bytes(entry, make_training):
    first, second = (fit_and_score(entry, make_training()) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@every_method
def test_deterministic_means_that_the_seed_does_not_matter(entry, training):
    first, second = (fit_and_score(entry, training, seed) for seed in (0, 1))
    assert (first.tobytes() == second.tobytes()) == entry.deterministic


@every_method
def test_the_number_of_threads_does_not_matter(entry, training):
    before = numba.get_num_threads()
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one core")
    results = []
    try:
        for threads in (1, 2):
            numba.set_num_threads(threads)
            results.append(fit_and_score(entry, training).tobytes())
    finally:
        numba.set_num_threads(before)
    assert results[0] == results[1]


@every_method
def test_a_block_of_users_scores_as_all_users_do(entry, training):
    scorer = built(entry).fit(training, stream(0, "method", entry.name))
    every = scorer(np.arange(training.n_users, dtype=np.int64))
    block = np.array([71, 3, 40], dtype=np.int64)
    np.testing.assert_allclose(scorer(block), every[block], rtol=1e-5, atol=1e-6)
    assert scorer(np.empty(0, dtype=np.int64)).shape == (0, training.n_items)


@every_method
def test_the_training_is_not_written_to(entry, training):
    before = fingerprint(training)
    fit_and_score(entry, training)
    assert fingerprint(training) == before


@every_method
def test_a_user_without_history_has_a_constant_row(entry, training):
    if entry.name in KNOW_EVERYBODY:
        pytest.skip("scores everybody by design")
    assert np.ptp(fit_and_score(entry, training)[training.n_users - 1]) == 0


@every_baseline
def test_a_baseline_does_not_see_the_sources(entry, training):
    alone = dataclasses.replace(training, sources=(), item_alignments=(), overlap=np.empty(0, dtype=np.int64))
    assert fit_and_score(entry, training).tobytes() == fit_and_score(entry, alone).tobytes()


@every_method
def test_recommender_and_scorer_survive_pickling(entry, training):
    recommender = pickle.loads(pickle.dumps(built(entry)))
    scorer = recommender.fit(training, stream(0, "method", entry.name))
    users = np.arange(training.n_users, dtype=np.int64)
    assert pickle.loads(pickle.dumps(scorer))(users).tobytes() == scorer(users).tobytes()


@every_method
def test_parameters_are_frozen_and_survive_json(entry):
    recommender = entry.build()
    parameters = json.loads(json.dumps(dataclasses.asdict(recommender)))
    assert entry.build(**parameters) == recommender
    for name in parameters:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(recommender, name, None)


@every_method
def test_the_search_space_names_fields_and_holds_their_defaults(entry):
    defaults = dataclasses.asdict(entry.build())
    assert set(entry.space) <= set(defaults)
    for name, dimension in entry.space.items():
        if defaults[name] is None and name == getattr(entry.build, "epochs_field", None):
            continue  # validation chooses
        if isinstance(dimension, Choice):
            assert defaults[name] in dimension.values
        else:
            assert dimension.low <= defaults[name] <= dimension.high


@every_method
def test_a_method_says_what_it_is_and_where_it_comes_from(entry):
    assert entry.summary
    assert entry.reference
    if entry.family != "baseline":
        assert entry.counterpart in METHODS


MOVED_BY_ROWS = {
    "own-bitgcf": "its dropout is drawn for the rows of all users",
    "own-codebook": "sums over more rows round otherwise, and clusters flip",
}


@every_baseline
def test_users_whom_only_a_source_knows_do_not_move_a_baseline(entry, training):
    if entry.name in MOVED_BY_ROWS:
        pytest.skip(MOVED_BY_ROWS[entry.name])
    more = with_rows(training, training.n_users + 50)
    found = fit_and_score(entry, more)[: training.n_users]
    assert found.tobytes() == fit_and_score(entry, training).tobytes()


def with_rows(training, n_users):
    """The same training in a row space with more users, of whom the target knows nothing."""

    def taller(matrix):
        indptr = np.append(matrix.indptr, np.full(n_users - matrix.shape[0], matrix.indptr[-1], dtype=np.int32))
        return sparse.csr_matrix((matrix.data, matrix.indices, indptr), shape=(n_users, matrix.shape[1]))

    domains = [dataclasses.replace(each, matrix=taller(each.matrix)) for each in (training.target, *training.sources)]
    return dataclasses.replace(training, target=domains[0], sources=tuple(domains[1:]))

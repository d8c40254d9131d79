"""Models of other libraries keep to what every method keeps to, and score as their library does."""

import importlib

import numba
import numpy as np
import polars as pl
import pytest
from scipy import sparse

from tlbench.methods.adapters import from_implicit, from_lenskit, from_recbole
from tlbench.registry import METHODS
from tlbench.rng import stream
from tlbench.split.training import Domain, Training

LIBRARIES = {
    "implicit": ("implicit-als", "implicit-bpr", "implicit-knn"),
    "lenskit": ("lenskit-als", "lenskit-knn"),
    "recbole": ("recbole",),
}


def needs(library):
    missing = importlib.util.find_spec(library) is None
    return pytest.mark.skipif(missing, reason=f"the extra `tlbench[{library}]` is not installed")


every_adapter = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs(library)) for library, names in LIBRARIES.items() for name in names]
)


def make_training():
    """80 users in two groups with their own items; the last 10 users have no history."""
    rng = np.random.default_rng(0)
    likes = rng.random((80, 40)) < 0.05
    likes[:40, :20] |= rng.random((40, 20)) < 0.4
    likes[40:, 20:] |= rng.random((40, 20)) < 0.4
    likes[70:] = False
    matrix = sparse.csr_matrix(likes.astype(np.float32))
    target = Domain("target", matrix, None, None, None)
    nothing = sparse.csr_matrix(matrix.shape, dtype=np.float32)
    return Training(target, (), np.empty(0, dtype=np.int64), (), nothing)


def scores(name, seed=0):
    training = make_training()
    scorer = METHODS.get(name).build().fit(training, stream(seed, "fit", name))
    return scorer(np.arange(80))


@pytest.mark.filterwarnings("ignore")
@every_adapter
def test_it_learns_who_likes_what_and_knows_nothing_of_strangers(name):
    found = scores(name)
    assert found.dtype == np.float32
    assert found.shape == (80, 40)
    assert np.isfinite(found).all()
    own = found[:40, :20].mean() + found[40:70, 20:].mean()
    assert own > found[:40, 20:].mean() + found[40:70, :20].mean()
    assert (np.ptp(found[70:], axis=1) == 0).all()


@pytest.mark.filterwarnings("ignore")
@every_adapter
def test_the_same_seed_gives_the_same_bytes_with_every_number_of_threads(name):
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            found.append(scores(name).tobytes())
    finally:
        numba.set_num_threads(before)
    assert found[0] == found[1]
    assert (scores(name, seed=1).tobytes() == found[0]) == METHODS.get(name).deterministic


@every_adapter
def test_it_runs_only_when_it_is_named(name):
    from tlbench.plugins import register_all
    from tlbench.scenario.grammar import parse_scenario
    from tlbench.suite import Suite

    register_all()
    scenarios = (parse_scenario("demo-movies->demo-books"),)
    assert name not in [entry.name for entry in Suite("s", scenarios).entries()]
    assert name in [entry.name for entry in Suite("s", scenarios, baselines=(name,)).entries()]


@pytest.mark.filterwarnings("ignore")
@needs("implicit")
def test_implicit_recommends_what_we_rank_by_its_factors():
    from implicit.cpu.als import AlternatingLeastSquares

    training = make_training()
    rng = stream(3, "fit", "implicit-als")
    scorer = from_implicit.ImplicitAls().fit(training, stream(3, "fit", "implicit-als"))
    model = AlternatingLeastSquares(64, 0.01, 1.0, iterations=15, num_threads=1, random_state=int(rng.integers(2**31)))
    model.fit(training.target.binary, show_progress=False)
    theirs, _ = model.recommend(np.arange(70), training.target.binary[:70], N=5)
    ours = scorer(np.arange(70))
    ours[training.target.matrix[:70].toarray() > 0] = -np.inf
    agree = (np.argsort(-ours, axis=1)[:, :5] == theirs).mean()
    assert agree > 0.98


@pytest.mark.filterwarnings("ignore")
@needs("recbole")
def test_recbole_leaves_the_global_generators_as_they_were():
    import random

    state = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    from_recbole.RecBoleModel(epochs=1).fit(make_training(), stream(0, "fit", "recbole"))
    assert (np.random.get_state()[1].tolist(), random.getstate()) == state  # noqa: NPY002


@pytest.mark.filterwarnings("ignore")
@needs("recbole")
@pytest.mark.parametrize(
    ("model", "epochs"),
    [("EASE", 1), ("ItemKNN", 1), ("SLIMElastic", 1), ("MultiVAE", 60), ("LightGCN", 40), ("NeuMF", 60)],
)
def test_models_of_every_kind_that_recbole_has_learn_who_likes_what(model, epochs):
    """Closed forms, neighbours, autoencoders, graphs, and networks that score one pair at a time."""
    training = make_training()
    method = from_recbole.RecBoleModel(model, epochs=epochs, learning_rate=0.01)
    found = method.fit(training, stream(0, "fit", "recbole"))(np.arange(80))
    own = found[:40, :20].mean() + found[40:70, 20:].mean()
    assert own > found[:40, 20:].mean() + found[40:70, :20].mean()
    assert np.isfinite(found).all()
    assert (np.ptp(found[70:], axis=1) == 0).all()


@pytest.mark.filterwarnings("ignore")
@needs("lenskit")
def test_items_that_lenskit_cannot_score_come_last():
    training = make_training()
    scorer = from_lenskit.LensKitKnn().fit(training, stream(0, "fit", "lenskit-knn"))
    assert isinstance(scorer, from_lenskit.LensKitScorer)
    assert pl.Series(scorer(np.array([0]))[0]).is_finite().all()

"""A memo saves work and shows in no result, and what is in it may vanish at any time."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest
from scipy import sparse

import tlbench.methods.baselines
import tlbench.methods.transfer
from tlbench.methods.memo import Folder, Kept, Memory, seconds_saved, shared, sharing
from tlbench.registry import METHODS
from tlbench.rng import branch, stream

for package in (tlbench.methods.baselines, tlbench.methods.transfer):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

OURS = [entry for entry in METHODS if entry.extra is None and entry.build.__module__.startswith("tlbench.methods.")]
SHARING = ("emcdr", "ials-prior", "svd-map", "cca-map", "bpr-warm", "codebook", "talmud", "pure-svd", "ials")


@pytest.fixture(params=["memory", "folder"])
def shelf(request, tmp_path):
    return Memory() if request.param == "memory" else Folder(tmp_path)


@pytest.fixture(autouse=True)
def keep_everything(monkeypatch):
    """Small fits take too little time to be kept otherwise."""
    monkeypatch.setattr("tlbench.methods.memo._LEAST_SECONDS", 0.0)


def scores(entry, training, fold="1"):
    scorer = entry.build().fit(training, stream(3, "fit", fold=fold))
    return scorer(np.arange(training.n_users, dtype=np.int64)).tobytes()


@pytest.fixture
def plain(training):
    return {entry.name: scores(entry, training) for entry in OURS}


def test_no_method_shows_whether_others_were_fitted_before_it(training, plain, shelf):
    with sharing(shelf):
        for turn in ("first", "second"):
            differ = [entry.name for entry in OURS if scores(entry, training) != plain[entry.name]]
            assert not differ, turn


@pytest.mark.parametrize("name", SHARING)
def test_a_second_fit_of_the_same_content_takes_what_the_first_one_made(training, shelf, name):
    with sharing(shelf):
        scores(METHODS.get(name), training)
        saved = seconds_saved()
        scores(METHODS.get(name), training)
        assert seconds_saved() > saved


def test_other_folds_share_what_is_learned_from_a_source_alone(training):
    computed = []

    class Counting(Memory):
        def put(self, key, kept):
            computed.append(key)
            super().put(key, kept)

    with sharing(Counting()):
        scores(METHODS.get("bpr-warm"), training, fold="1")
        scores(METHODS.get("bpr-warm"), training, fold="2")
        assert len(computed) == 1
        scores(METHODS.get("emcdr"), training, fold="1")
        before = len(computed)
        scores(METHODS.get("emcdr"), training, fold="2")
        assert len(computed) == before + 1, "the target starts anew in each fold, the sources do not"


MATRIX = sparse.csr_matrix(np.array([[1, 0, 2], [0, 3, 0]], dtype=np.float32))
OTHERS = [
    (sparse.csr_matrix(np.array([[1, 0, 2], [0, 4, 0]], dtype=np.float32)), 5, stream(1, "a")),
    (sparse.csr_matrix(np.array([[1, 2, 0], [0, 3, 0]], dtype=np.float32)), 5, stream(1, "a")),
    (sparse.csr_matrix(np.array([[1, 0, 2, 0], [0, 3, 0, 0]], dtype=np.float32)), 5, stream(1, "a")),
    (MATRIX, 6, stream(1, "a")),
    (MATRIX, 5.0, stream(1, "a")),
    (MATRIX, 5, stream(2, "a")),
    (MATRIX, 5, stream(1, "a", fold="2")),
    (MATRIX, 5, branch(stream(1, "a"), "b")),
]


def test_only_equal_content_is_the_same(shelf):
    with sharing(shelf):
        made = iter(range(100))

        def number(*parts, what="n"):
            return int(shared(what, *parts, compute=lambda: (np.array([next(made)]),))[0][0])

        first = number(MATRIX, 5, stream(1, "a"))
        wide = sparse.csr_matrix((MATRIX.data, MATRIX.indices.astype(np.int64), MATRIX.indptr.astype(np.int64)))
        assert number(wide, 5, stream(1, "a")) == first
        assert number(MATRIX, 5, stream(1, "a"), what="m") != first
        numbers = [number(*parts) for parts in OTHERS]
        assert len({first, *numbers}) == len(OTHERS) + 1


def test_what_is_shared_cannot_be_written_to_with_a_memo_or_without(shelf):
    def compute():
        return (np.zeros(3),)

    with sharing(shelf):
        arrays = [shared("zeros", compute=compute)[0] for _ in range(2)]
    for array in (*arrays, shared("zeros", compute=compute)[0]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_memory_forgets_what_was_used_least_recently():
    shelf = Memory(room=200)
    for key in ("a", "b"):
        shelf.put(key, Kept((np.zeros(10),), 1.0))
    assert shelf.get("a") is not None
    shelf.put("c", Kept((np.zeros(10),), 1.0))
    assert [key for key in "abc" if shelf.get(key) is not None] == ["a", "c"]
    shelf.put("large", Kept((np.zeros(100),), 1.0))
    assert shelf.get("large") is None
    assert shelf.size <= 200


def test_a_folder_stays_within_its_room(tmp_path):
    shelf = Folder(tmp_path, room=4000)
    for key in "abcdef":
        shelf.put(key, Kept((np.zeros(100),), 1.0))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4000
    assert shelf.get("f") is not None
    assert shelf.get("a") is None


def test_a_folder_that_lost_or_broke_a_file_or_is_gone_is_computed_anew(tmp_path):
    shelf = Folder(tmp_path / "shared")
    with sharing(shelf):
        assert shared("x", compute=lambda: (np.arange(3),))[0].tolist() == [0, 1, 2]  # the folder is not there
        shelf.path.mkdir()
        shared("x", compute=lambda: (np.arange(3),))
        (file,) = shelf.path.glob("*.npz")
        file.write_bytes(file.read_bytes()[:40])
        assert shared("x", compute=lambda: (np.arange(3),))[0].tolist() == [0, 1, 2]

"""A transfer method whose source is turned off is its counterpart bit for bit, because both draw the same numbers."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import numpy as np
import pytest
from scipy import sparse

import tlbench.methods.baselines
import tlbench.methods.transfer
from tlbench.registry import METHODS
from tlbench.rng import stream

for package in (tlbench.methods.baselines, tlbench.methods.transfer):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

SWITCHES = {"weight": 0.0, "strength": 0.0}
"""Fields that say how much the source counts, and the value at which it counts for nothing."""


NOT_SWITCHES = {"text-factors"}
"""Methods whose field of that name means something else."""


def switch_of(entry):
    if entry.name in NOT_SWITCHES:
        return None
    names = [field.name for field in dataclasses.fields(entry.build)]
    return next((name for name in SWITCHES if name in names), None)


TRANSFER = [entry for entry in METHODS if entry.counterpart is not None]
with_a_switch = pytest.mark.parametrize(
    "entry", [entry for entry in TRANSFER if switch_of(entry)], ids=lambda entry: entry.name
)


def scores(recommender, training, seed=3):
    scorer = recommender.fit(training, stream(seed, "fit", "a->b"))
    return scorer(np.arange(training.n_users, dtype=np.int64))


def turned_off(entry):
    switch = switch_of(entry)
    shared = {field.name for field in dataclasses.fields(METHODS.get(entry.counterpart).build)}
    off = entry.build(**{switch: SWITCHES[switch]})
    known = {name: value for name, value in dataclasses.asdict(off).items() if name in shared}
    if entry.name == "instance-weighted":
        known["iterations"] = off.rounds * off.iterations
    return off, METHODS.get(entry.counterpart).build(**known)


@with_a_switch
def test_a_source_of_weight_zero_leaves_the_counterpart_bit_for_bit(entry, training):
    off, counterpart = turned_off(entry)
    found, wanted = scores(off, training), scores(counterpart, training)
    warm = np.diff(training.target.matrix.indptr) > 0
    assert found[warm].tobytes() == wanted[warm].tobytes()


def silenced(training):
    """The same sources, of which nobody has any interaction."""

    def empty(domain):
        return dataclasses.replace(
            domain, matrix=sparse.csr_matrix(domain.matrix.shape, dtype=np.float32), timestamps=np.empty(0, np.int64)
        )

    return dataclasses.replace(training, sources=tuple(map(empty, training.sources)))


SILENCED = ("bpr-warm", "cca-map", "emcdr", "emcdr-items", "ials-prior", "knn-transfer", "rmgm", "svd-map")
"""Methods that a source without interactions turns into their counterparts."""


@pytest.mark.parametrize("entry", [METHODS.get(name) for name in SILENCED], ids=lambda entry: entry.name)
def test_a_source_without_interactions_leaves_the_counterpart_bit_for_bit(entry, training):
    off, counterpart = entry.build(), METHODS.get(entry.counterpart).build()
    quiet = silenced(training)
    assert scores(off, quiet).tobytes() == scores(counterpart, quiet).tobytes()


CHEAP = [entry for entry in TRANSFER if entry.extra is None]


@pytest.mark.parametrize("entry", CHEAP, ids=lambda entry: entry.name)
def test_names_of_data_sets_move_no_score(entry, training):
    def renamed(domain):
        return dataclasses.replace(domain, name=f"my-{domain.name}")

    other = dataclasses.replace(
        training, target=renamed(training.target), sources=tuple(map(renamed, training.sources))
    )
    assert scores(entry.build(), other).tobytes() == scores(entry.build(), training).tobytes()

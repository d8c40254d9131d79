"""Every transfer method, because it is registered: what it recommends comes from the source, and from nothing else.

A loss that is a constant, a mask that an initialiser overwrites, or connections that scoring leaves out make a method
that runs, differs from its counterpart by its starting point, and transfers nothing. These tests fail for such a one.
"""

from __future__ import annotations

import dataclasses
import importlib.util

import numpy as np
import pytest
from scipy import sparse

from tlbench.methods.applicable import why_not
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.rng import stream

register_all()
TRANSFER = [
    entry
    for entry in METHODS
    if entry.family != "baseline" and (entry.extra is None or importlib.util.find_spec(entry.extra))
]
every_transfer_method = pytest.mark.parametrize("entry", TRANSFER, ids=lambda entry: entry.name)
CORRESPONDENCE = {"user-overlap", "item-links", "source-text", "target-text"}
# As many directions as users always correlate, and so `cca-map` rightly believes in none of them.
SETTINGS = {"cca-map": {"factors": 3}}


def scores(entry, training):
    recommender = entry.build(**SETTINGS.get(entry.name, {} if entry.extra is None else {"epochs": 3}))
    scorer = recommender.fit(training, stream(0, "fit"))
    return scorer(np.arange(training.n_users, dtype=np.int64))


def with_sources(training, sources):
    return dataclasses.replace(training, sources=tuple(sources))


@every_transfer_method
def test_the_same_source_gives_the_same_scores_and_another_one_others(entry, make_training):
    training = make_training()
    base = scores(entry, training)
    assert scores(entry, make_training()).tobytes() == base.tobytes()
    other = scores(entry, with_sources(training, make_training(seed=1).sources))
    assert np.abs(other - base).max() > 1e-6


@every_transfer_method
def test_one_source_interaction_fewer_moves_the_scores(entry, make_training):
    """The derivative with respect to the source, as a difference."""
    training = make_training(n_sources=1)
    base = scores(entry, training)
    assert max(np.abs(scores(entry, fewer) - base).max() for fewer in with_one_fewer(training)) > 0


def with_one_fewer(training):
    """Trainings without one of the source's interactions of shared users with items that the target has too."""
    (source,), (links,) = training.sources, training.item_alignments
    users = np.repeat(np.arange(training.n_users), np.diff(source.matrix.indptr))
    usable = np.isin(users, training.overlap) & np.isin(source.matrix.indices, links.source_item)
    for place in np.flatnonzero(usable)[::7][:4]:
        kept = np.delete(np.arange(source.matrix.nnz), place)
        indptr = source.matrix.indptr.copy()
        indptr[users[place] + 1 :] -= 1
        parts = source.matrix.data[kept], source.matrix.indices[kept], indptr
        matrix = sparse.csr_matrix(parts, shape=source.matrix.shape)
        yield with_sources(training, [dataclasses.replace(source, matrix=matrix, timestamps=source.timestamps[kept])])


@every_transfer_method
def test_without_a_correspondence_it_does_not_apply(entry, make_training):
    if not set(entry.needs) & CORRESPONDENCE:
        pytest.skip("carries over patterns that need no shared user, item or word")
    training = make_training()
    bare = dataclasses.replace(
        training,
        overlap=np.empty(0, dtype=np.int64),
        item_alignments=(None,) * len(training.sources),
        sources=tuple(dataclasses.replace(source, item_text=None) for source in training.sources),
    )
    assert why_not(entry, training) is None
    assert why_not(entry, bare)

"""Small trainings with everything a method may ask for: sources, ratings, times, texts, links, overlap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tlbench.rng import stream
from tlbench.scenario.scenario import ItemAlignment
from tlbench.split.training import Domain, Training

N_USERS = 90
FIRST_SOURCE_ONLY, UNKNOWN = 80, 89
WORDS = [
    "river",
    "night",
    "engine",
    "garden",
    "winter",
    "robot",
    "sister",
    "island",
    "secret",
    "music",
    "forest",
    "empire",
]


def _freeze(array):
    array.flags.writeable = False
    return array


def freeze_matrix(matrix):
    matrix.sort_indices()
    for part in (matrix.data, matrix.indices, matrix.indptr):
        _freeze(part)
    return matrix


def _words(taste):
    """Four words of twelve, chosen by the taste."""
    levels = [*taste, taste.sum()]
    return " ".join(WORDS[3 * place + int(level > 0) + int(level > 1)] for place, level in enumerate(levels))


def _domain(name, rng, tastes, rows, n_items):
    """Users rate items near their taste; half stars from 1 to 5; one item has no interaction and one no text."""
    item_tastes = rng.standard_normal((n_items, tastes.shape[1]))
    affinity = tastes @ item_tastes.T + rng.gumbel(size=(len(tastes), n_items)) + np.linspace(1.5, 0, n_items)
    affinity[:, -1] = -np.inf
    chosen = np.zeros(affinity.shape, dtype=bool)
    for row in rows:
        chosen[row, np.argsort(-affinity[row])[: rng.integers(6, 13)]] = True
    user, item = np.nonzero(chosen)
    ratings = np.clip(np.round((3 + affinity[user, item] / 2) * 2) / 2, 1, 5).astype(np.float32)
    matrix = freeze_matrix(sparse.csr_matrix((ratings, (user, item)), shape=affinity.shape, dtype=np.float32))
    words = [_words(row) for row in item_tastes]
    words[3] = ""
    return Domain(
        name=name,
        matrix=matrix,
        timestamps=_freeze(rng.integers(1_500_000_000, 1_600_000_000, size=matrix.nnz)),
        item_text=_freeze(np.array(words, dtype=object)),
        rating_scale=(1.0, 5.0),
    )


def _links(rng, source, target, n_links):
    return ItemAlignment(
        source_item=_freeze(np.sort(rng.choice(source.n_items, n_links, replace=False)).astype(np.int32)),
        target_item=_freeze(rng.choice(target.n_items, n_links, replace=False).astype(np.int32)),
        score=_freeze(np.full(n_links, 0.9, dtype=np.float32)),
        how="title",
    )


def build_training(seed=0, n_sources=2):
    """Rows 0-79 know the target, 30-84 the first source, 60-88 the second; row 89 knows nothing."""
    rng = stream(seed, "tests", "training")
    tastes = rng.standard_normal((N_USERS, 3)) * 1.5
    target = _domain("target", rng, tastes, range(FIRST_SOURCE_ONLY), 40)
    sources = (
        _domain("first", rng, tastes, range(30, 85), 50),
        _domain("second", rng, tastes, range(60, UNKNOWN), 30),
    )[:n_sources]
    overlap = np.arange(30, FIRST_SOURCE_ONLY) if n_sources else np.arange(0)
    links = tuple(_links(rng, source, target, 8) for source in sources)
    return Training(target, sources, _freeze(overlap.astype(np.int64)), links)


@pytest.fixture
def make_training():
    """A function of seed and number of sources that makes a training whose arrays are all read-only."""
    return build_training


@pytest.fixture
def training():
    """One training with two sources."""
    return build_training()

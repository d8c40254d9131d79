"""Training -> training whose source knows nothing usable: what a transfer method must beat besides its counterpart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import placebo
from tlbench.split.training import Domain, Training

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64

CREMONESI_QUADRANA = (
    'Cremonesi and Quadrana 2014, "Cross-domain recommendations without overlapping data: myth or reality?", '
    "doi:10.1145/2645710.2645769"
)


@placebo(
    "shuffled-bridge",
    destroys="which source history belongs to which target user",
    reference="permutation of one side's units: Good 2005, Permutation, Parametric and Bootstrap Tests, ch. 4",
)
def shuffle_bridge(data: Training, rng: np.random.Generator) -> Training:
    """Give every overlap user the source history of another one.

    The overlap users are put on a random circle and each takes the source rows of the next, jointly over all sources,
    so nobody keeps its own. Degrees of source users and items, the sources' own structure, the target, and users known
    in one domain only stay as they are.
    """
    circle = rng.permutation(data.overlap)
    rows = np.arange(data.n_users)
    rows[circle] = np.roll(circle, -1)
    return replace(data, sources=tuple(take_rows(source, rows) for source in data.sources))


@placebo(
    "permuted-ratings",
    destroys="who rated what how high; who rated what and how often each rating occurs stay",
    reference=CREMONESI_QUADRANA,
)
def permute_ratings(data: Training, rng: np.random.Generator) -> Training:
    """Permute the ratings of each source among its entries."""
    return replace(
        data, sources=tuple(with_ratings(source, rng.permutation(source.matrix.data)) for source in data.sources)
    )


def take_rows(domain: Domain, rows: I64) -> Domain:
    """Return a domain whose row u is the row ``rows[u]`` of the given one, times included."""
    from scipy import sparse

    old = domain.matrix
    counts = np.diff(old.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    entry = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - old.indptr[rows], counts)
    matrix = sparse.csr_matrix((old.data[entry], old.indices[entry], indptr), shape=old.shape)
    return replace(domain, matrix=matrix, timestamps=None if domain.timestamps is None else domain.timestamps[entry])


def with_ratings(domain: Domain, ratings: F32) -> Domain:
    """Return a domain with the same entries and other ratings (float32, aligned with ``matrix.data``)."""
    from scipy import sparse

    old = domain.matrix
    return replace(domain, matrix=sparse.csr_matrix((ratings, old.indices, old.indptr), shape=old.shape))

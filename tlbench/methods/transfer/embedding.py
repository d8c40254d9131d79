"""One implicit ALS a domain: the vectors that maps, priors and warm starts work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods.als import frequency_ridge
from tlbench.methods.baselines.ials import Ials
from tlbench.methods.transfer.mapping import alone
from tlbench.rng import across_folds, branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I64
    from tlbench.methods.scorers import FactorScorer
    from tlbench.progress import Progress
    from tlbench.split.training import Domain, Training

BLOCK = 200_000


def embed(data: Training, domain: Domain, model: Ials, rng: np.random.Generator, progress: Progress) -> FactorScorer:
    """Factorise one domain as the baseline does: the target from the counterpart's start, a source from its own."""
    own = rng if domain is data.target else source_stream(data, domain, rng)
    return model.fit(alone(data, domain), own, progress=progress)


def source_stream(data: Training, domain: Domain, rng: np.random.Generator) -> np.random.Generator:
    """Make the generator of what is learned from a source alone, the same in all folds.

    It is named by the source's place, or is that of all sources side by side: a name says nothing of what is in it.
    """
    places = [place for place, source in enumerate(data.sources) if source is domain]
    return branch(across_folds(rng), "source", *places[:1])


def source_users(data: Training, model: Ials, rng: np.random.Generator, progress: Progress) -> F32:
    """Factorise each source and put its user vectors side by side, float32, shape (n_users, n_sources * f)."""
    return np.concatenate([embed(data, source, model, rng, progress).users for source in data.sources], axis=1)


def ridge_of(model: Ials, counts: I64, others: int) -> F32:
    """Penalty of each row as `ials` scales it, float32, shape (n_rows,)."""
    return frequency_ridge(counts, others, l2=model.l2, unobserved=model.unobserved, exponent=model.exponent)


def entry_products(matrix: sparse.csr_matrix, users: F32, items: F32) -> F32:
    """Product of user and item vector at each entry of a matrix, float32, aligned with ``matrix.data``.

    Entries are taken `BLOCK` at a time, so the memory does not grow with the matrix.
    """
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    out = np.empty(matrix.nnz, dtype=np.float32)
    for start in range(0, matrix.nnz, BLOCK):
        part = slice(start, start + BLOCK)
        out[part] = np.einsum("ef,ef->e", users[row[part]], items[matrix.indices[part]])
    return out

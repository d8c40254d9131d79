"""Split -> a file that all worker processes map into memory, so that none of them holds a copy."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.data.interactions import Interactions
    from tlbench.split.training import Domain, Split


def strip_sources(split: Split) -> Split:
    """Return the split without what only the making of it needed: raw interactions, and all that names sources."""
    target = split.scenario.target
    empty: Any = np.empty(0, dtype=np.int32)
    bare: Interactions = replace(target, user=empty, item=empty, rating=None, timestamp=None)
    lean = replace(split, scenario=replace(split.scenario, sources=(), target=bare))
    # The digest is that of the whole split; it cannot be computed from what is left.
    vars(lean)["digest"] = split.digest
    return lean


def write_shared(split: Split, path: Path) -> None:
    """Write a split so that `read_shared` can map it."""
    import joblib

    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(strip_sources(split), path)


@lru_cache(maxsize=1)
def read_shared(path: Path) -> Split:
    """Map a split into memory; the same one is mapped once a process.

    Pages are shared until somebody writes to them, which nobody should; arrays that count as writable let compiled
    kernels be the same here as in a run without worker processes.
    """
    import joblib

    found: Split = joblib.load(path, mmap_mode="c")
    training = found.training
    training = replace(
        training,
        target=_plain_domain(training.target),
        sources=tuple(map(_plain_domain, training.sources)),
        validation=_plain(training.validation),
    )
    plain = replace(found, training=training, test=_plain(found.test))
    vars(plain)["digest"] = found.digest
    return plain


def _plain_domain(domain: Domain) -> Domain:
    time = domain.timestamps
    return replace(domain, matrix=_plain(domain.matrix), timestamps=None if time is None else time.view(np.ndarray))


def _plain(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix on plain arrays over the same memory: kernels do not know numpy's class of mapped arrays."""
    from scipy import sparse

    parts = tuple(part.view(np.ndarray) for part in (matrix.data, matrix.indices, matrix.indptr))
    plain = sparse.csr_matrix(parts, shape=matrix.shape, copy=False)
    plain.has_canonical_format = True
    return plain

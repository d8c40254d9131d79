"""Split -> a file that all worker processes map into memory, so that none of them holds a copy."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario
    from tlbench.split.training import Domain, Split


def strip_sources(split: Split) -> Split:
    """Return the split without what only the making of it needed: raw interactions, and all that names sources."""
    target = split.scenario.target
    empty: Any = np.empty(0, dtype=np.int32)
    bare: Interactions = replace(target, user=empty, item=empty, rating=None, timestamp=None)
    return _on(split, replace(split.scenario, sources=(), target=bare))


def _on(split: Split, scenario: Scenario) -> Split:
    """Return the split, and what is chosen on, with another scenario."""
    selection = None if split.selection is None else _on(split.selection, scenario)
    # The digest is that of the whole split; it cannot be computed from what is left.
    return _digested(replace(split, scenario=scenario, selection=selection), split.digest)


def _digested(split: Split, digest: str) -> Split:
    vars(split)["digest"] = digest
    return split


def write_shared(split: Split, path: Path) -> None:
    """Write a split so that `read_shared` can map it."""
    import joblib

    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(strip_sources(split), path)


@lru_cache(maxsize=1)
def read_shared(path: Path) -> Split:
    """Map a split into memory; the same one is mapped once per process.

    Pages are shared until somebody writes to them, which nobody should; arrays that count as writable let compiled
    kernels be the same here as in a run without worker processes.
    """
    import joblib

    found: Split = joblib.load(path, mmap_mode="c")
    return _plain_split(found)


def _plain_split(split: Split) -> Split:
    training = replace(
        split.training,
        target=_plain_domain(split.training.target),
        sources=tuple(map(_plain_domain, split.training.sources)),
    )
    selection = None if split.selection is None else _plain_split(split.selection)
    return _digested(replace(split, training=training, test=_plain(split.test), selection=selection), split.digest)


def _plain_domain(domain: Domain) -> Domain:
    time = domain.timestamps
    return replace(domain, matrix=_plain(domain.matrix), timestamps=None if time is None else time.view(np.ndarray))


def _plain(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix on plain arrays over the same memory: kernels do not know numpy's class of mapped arrays."""
    parts = tuple(part.view(np.ndarray) for part in (matrix.data, matrix.indices, matrix.indptr))
    plain = sparse.csr_matrix(parts, shape=matrix.shape, copy=False)
    plain.has_canonical_format = True
    return plain

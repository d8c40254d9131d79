"""Split -> files that all worker processes map into memory; none holds a copy, nor what is held out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from tlbench.split.withheld import HeldOut, withheld

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario
    from tlbench.split.training import Domain, Split, Training

_TEST, _VALIDATION = ".test", ".validation"


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


def write_shared(split: Split, path: Path) -> tuple[Path, ...]:
    """Write a split so that `read_shared` can map it, and beside it what is held out; return all files."""
    import joblib

    path.parent.mkdir(parents=True, exist_ok=True)
    bare = strip_sources(split)
    files = [path]
    for level, name in ((bare, _TEST), (bare.selection, _VALIDATION)):
        if level is not None:
            files.append(path.with_suffix(name))
            joblib.dump(HeldOut(level.test, level.candidates), files[-1])
    joblib.dump(_without_held_out(bare), path)
    return tuple(files)


def _without_held_out(split: Split) -> dict[str, Any]:
    """Return all that a split knows but what is held out of it and of what is chosen on."""
    selection = None if split.selection is None else _without_held_out(split.selection)
    return {**vars(split), "test": None, "candidates": None, "selection": selection}


@lru_cache(maxsize=1)
def read_shared(path: Path) -> Split:
    """Map a split into memory, without what is held out; the same one is mapped once per process.

    Pages are shared until somebody writes to them, which nobody should; arrays that count as writable let compiled
    kernels be the same here as in a run without worker processes.
    """
    import joblib

    known: dict[str, Any] = joblib.load(path, mmap_mode="c")
    chosen_on = known["selection"]
    selection = None if chosen_on is None else _plain_split(chosen_on, path.with_suffix(_VALIDATION), None)
    return _plain_split(known, path.with_suffix(_TEST), selection)


def _plain_split(known: dict[str, Any], held_out: Path, selection: Split | None) -> Split:
    training: Training = known["training"]
    plain = replace(
        training, target=_plain_domain(training.target), sources=tuple(map(_plain_domain, training.sources))
    )
    return withheld({**known, "training": plain, "selection": selection}, held_out)


def _plain_domain(domain: Domain) -> Domain:
    times, twins = (None if found is None else found.view(np.ndarray) for found in (domain.timestamps, domain.twins))
    return replace(domain, matrix=_plain(domain.matrix), timestamps=times, twins=twins)


def _plain(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix on plain arrays over the same memory: kernels do not know numpy's class of mapped arrays."""
    parts = tuple(part.view(np.ndarray) for part in (matrix.data, matrix.indices, matrix.indptr))
    plain = sparse.csr_matrix(parts, shape=matrix.shape, copy=False)
    plain.has_canonical_format = True
    return plain

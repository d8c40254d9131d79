"""Training -> training without twins, or without as many items that are none: what of a gain comes through a leak."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tlbench.registry import placebo

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.split.training import Domain, Training

WITHOUT_TWINS = "without-twins"
MATCHED_REMOVAL = "matched-removal"
ROSENBAUM_RUBIN = "Rosenbaum and Rubin 1985, Constructing a Control Group, doi:10.1080/00031305.1985.10479383"


@placebo(
    WITHOUT_TWINS,
    destroys="the source's items that are the target's under another id, for all users; all others stay",
    reference="the leak is measured by its absence: docs/leaks.md",
)
def remove_twins(data: Training, rng: np.random.Generator) -> Training:  # noqa: ARG001
    """Take the twins out of each source; sources without twins stay as they are, and nothing is drawn."""
    return replace(data, sources=tuple(_without(source, source.twins) for source in data.sources))


@placebo(
    MATCHED_REMOVAL,
    destroys="as many items of the source as have twins, of the same popularity, that have none",
    reference=f"matched control group, the nearest free control for each case: {ROSENBAUM_RUBIN}",
)
def remove_matched(data: Training, rng: np.random.Generator) -> Training:
    """Take as many other items out of each source as it has twins, each about as popular as one of them.

    What this costs is what the removal of so many interactions costs, whatever they tell of the test.
    """
    return replace(data, sources=tuple(_without(source, matched(source, rng)) for source in data.sources))


def matched(source: Domain, rng: np.random.Generator) -> I64 | None:
    """Choose for each twin, the most popular first, the free item of the nearest popularity; by lot among equals.

    Returns
    -------
    numpy.ndarray or None
        int64 codes, ascending, none of them a twin's; as many as there are twins, or all others where these are
        fewer. None where the source has no twins.
    """
    if source.twins is None:
        return None
    popularity = np.bincount(source.matrix.indices, minlength=source.n_items)
    others = np.setdiff1d(np.arange(source.n_items), source.twins)
    others = others[np.lexsort((rng.random(len(others)), popularity[others]))]
    wanted = np.sort(popularity[source.twins])[::-1][: len(others)]
    taken = _nearest_free(popularity[others], wanted)
    return np.sort(others[taken])


def _nearest_free(values: I64, wanted: I64) -> I64:
    """Places of the free values nearest to each wanted one, the lower of two; `values` are ascending and enough."""
    levels, start, left = np.unique(values, return_index=True, return_counts=True)
    found = np.empty(len(wanted), dtype=np.int64)
    for step, value in enumerate(wanted):
        distance = np.where(left > 0, np.abs(levels - value), np.inf)
        nearest = int(np.argmin(distance))
        left[nearest] -= 1
        found[step] = start[nearest] + left[nearest]
    return found


def _without(source: Domain, items: I64 | None) -> Domain:
    """Take the interactions on some items out; the items themselves stay, with nobody who touched them."""
    from scipy import sparse

    if items is None:
        return source
    old = source.matrix
    kept = ~np.isin(old.indices, items)
    indptr = np.concatenate([[0], np.cumsum(kept)])[old.indptr].astype(old.indptr.dtype)
    matrix = sparse.csr_matrix((old.data[kept], old.indices[kept], indptr), shape=old.shape)
    matrix.has_canonical_format = True
    return replace(source, matrix=matrix, timestamps=None if source.timestamps is None else source.timestamps[kept])

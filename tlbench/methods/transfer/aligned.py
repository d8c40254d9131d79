"""Item links -> what the source says about target items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.scenario.scenario import ItemAlignment
    from tlbench.split.training import Training


def link_matrix(links: ItemAlignment | None, n_items: int, n_source_items: int) -> sparse.csr_matrix:
    """Return the links as a matrix: csr float32, shape (n_items, n_source_items), the confidence of each link."""
    if links is None:
        links_at = (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
        return sparse.csr_matrix((np.empty(0, dtype=np.float32), links_at), shape=(n_items, n_source_items))
    return sparse.csr_matrix((links.score, (links.target_item, links.source_item)), shape=(n_items, n_source_items))


def translated(data: Training, source: int) -> sparse.csr_matrix:
    """Return one source's interactions with linked items in the target's columns, csr float32 (n_users, n_items).

    The value is the confidence of the link; items without a link are dropped.
    """
    domain = data.sources[source]
    matrix = sparse.csr_matrix(
        domain.binary @ link_matrix(data.item_alignments[source], data.n_items, domain.n_items).T
    )
    matrix.sort_indices()
    return matrix


def linked_popularity(data: Training, source: int) -> tuple[F32, F32]:
    """Count the interactions of linked items in one source.

    Returns
    -------
    tuple of numpy.ndarray
        Counts (0 where not linked) and whether the item is linked (1 or 0), float32, shapes (n_items,).
    """
    domain = data.sources[source]
    links = link_matrix(data.item_alignments[source], data.n_items, domain.n_items)
    counts = np.bincount(domain.matrix.indices, minlength=domain.n_items).astype(np.float32)
    return links @ counts, (np.diff(links.indptr) > 0).astype(np.float32)


def stacked(data: Training, weights: tuple[float, ...]) -> sparse.csr_matrix:
    """Put users of the sources below those of the target: csr float32, shape (n_users * (1 + n_sources), n_items).

    A row of a source holds what its user did with linked items, in the target's columns, times the source's weight.
    """
    blocks = [data.target.binary]
    blocks += [translated(data, source) * np.float32(weight) for source, weight in enumerate(weights) if weight > 0]
    rows = sparse.csr_matrix(sparse.vstack(blocks, format="csr", dtype=np.float32))
    rows.sort_indices()
    return rows


def shared_columns(data: Training) -> tuple[I64, ...]:
    """Number the items of all domains, linked ones as the target item that they are.

    Returns
    -------
    tuple of numpy.ndarray
        One array per source: int64, shape (n_source_items,), the column of each of its items; the target's items are
        columns 0 to n_items - 1, unlinked source items follow source by source.
    """
    columns, free = [], data.n_items
    for source, links in zip(data.sources, data.item_alignments, strict=True):
        places = np.full(source.n_items, -1, dtype=np.int64)
        if links is not None:
            places[links.source_item] = links.target_item
        own = places < 0
        places[own] = np.arange(free, free + int(own.sum()))
        free += int(own.sum())
        columns.append(places)
    return tuple(columns)

"""Training -> training whose source knows nothing usable: what a transfer method must beat besides its counterpart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.methods.rewiring import rewired
from tlbench.registry import placebo
from tlbench.split.training import Domain, Training

if TYPE_CHECKING:
    from tlbench.arrays import F32, I64
    from tlbench.scenario.scenario import ItemAlignment

CLUSTERS = 50
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
    "shuffled-links",
    destroys="which source item is linked to which target item",
    reference="permutation of one side's units: Good 2005, Permutation, Parametric and Bootstrap Tests, ch. 4",
)
def shuffle_links(data: Training, rng: np.random.Generator) -> Training:
    """Give every linked target item another linked item of the same source; the scores stay with the target items."""
    return replace(data, item_alignments=tuple(links and _shuffled(links, rng) for links in data.item_alignments))


def _shuffled(links: ItemAlignment, rng: np.random.Generator) -> ItemAlignment:
    """Move every source item one place on along a random circle of links."""
    circle = rng.permutation(len(links.source_item))
    source_item = links.source_item.copy()
    source_item[circle] = links.source_item[np.roll(circle, -1)]
    return replace(links, source_item=source_item)


@placebo(
    "shuffled-text",
    destroys="which text belongs to which source item",
    reference="permutation of one side's units: Good 2005, Permutation, Parametric and Bootstrap Tests, ch. 4",
)
def shuffle_text(data: Training, rng: np.random.Generator) -> Training:
    """Give every source item the text of another item of its source; the target's texts stay."""
    return replace(data, sources=tuple(_with_shuffled_text(source, rng) for source in data.sources))


def _with_shuffled_text(domain: Domain, rng: np.random.Generator) -> Domain:
    if domain.item_text is None:
        return domain
    circle = rng.permutation(domain.n_items)
    text = domain.item_text.copy()
    text[circle] = domain.item_text[np.roll(circle, -1)]
    return replace(domain, item_text=text)


@placebo(
    "rewired-source",
    destroys="which source items go together, for all source users; how active users and how popular items are stays",
    reference="switching of edges of a bipartite graph: Gotelli and Graves 1996, Null Models in Ecology; Milo et al. "
    "2003, arXiv:cond-mat/0312028",
)
def rewire_source(data: Training, rng: np.random.Generator) -> Training:
    """Switch the ends of random pairs of interactions of each source until its pattern is random given the degrees."""
    return replace(data, sources=tuple(rewired(source, rng) for source in data.sources))


@placebo(
    "random-codebook",
    destroys="the source's rating pattern: its ratings follow a random pattern between random clusters instead",
    reference=CREMONESI_QUADRANA,
)
def random_codebook(data: Training, rng: np.random.Generator) -> Training:
    """Rate every source entry by a random codebook.

    Users and items of each source are put into `CLUSTERS` random clusters each; the rating is the codebook's entry,
    uniform on the rating scale, so that codebook transfer finds a pattern, and the pattern is noise.
    """
    return replace(data, sources=tuple(_by_random_codebook(source, rng) for source in data.sources))


def _by_random_codebook(domain: Domain, rng: np.random.Generator) -> Domain:
    scale = domain.rating_scale or (1.0, 1.0)
    codebook = rng.uniform(*scale, size=(CLUSTERS, CLUSTERS)).astype(np.float32)
    users = rng.integers(CLUSTERS, size=domain.matrix.shape[0])
    items = rng.integers(CLUSTERS, size=domain.n_items)
    row = np.repeat(np.arange(domain.matrix.shape[0]), np.diff(domain.matrix.indptr))
    return with_ratings(domain, codebook[users[row], items[domain.matrix.indices]])


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
    old = domain.matrix
    counts = np.diff(old.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    entry = np.arange(indptr[-1]) - np.repeat(indptr[:-1] - old.indptr[rows], counts)
    matrix = sparse.csr_matrix((old.data[entry], old.indices[entry], indptr), shape=old.shape)
    return replace(domain, matrix=matrix, timestamps=None if domain.timestamps is None else domain.timestamps[entry])


def with_ratings(domain: Domain, ratings: F32) -> Domain:
    """Return a domain with the same entries and other ratings (float32, aligned with ``matrix.data``)."""
    old = domain.matrix
    return replace(domain, matrix=sparse.csr_matrix((ratings, old.indices, old.indptr), shape=old.shape))

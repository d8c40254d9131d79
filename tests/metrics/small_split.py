"""A small real Split, drawn at random, for the tests of ranking and measuring."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import sparse

from tlbench.data.interactions import Interactions, Provenance
from tlbench.scenario.scenario import Bridge, Filters, Scenario
from tlbench.split.training import Domain, Split, Training


def random_rows(rng: np.random.Generator, n_users: int, n_items: int, most: int, least: int = 0) -> sparse.csr_matrix:
    """Draw `least` to `most` items per user, values 1..5."""
    counts = rng.integers(least, most + 1, n_users)
    indices = [np.sort(rng.choice(n_items, count, replace=False)) for count in counts]
    flat = np.concatenate([*indices, np.empty(0, dtype=np.int64)]).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return sparse.csr_matrix((rng.integers(1, 6, len(flat)).astype(np.float32), flat, indptr), shape=(n_users, n_items))


def parts_of(
    rng: np.random.Generator, everything: sparse.csr_matrix, shares: tuple[float, ...]
) -> list[sparse.csr_matrix]:
    """Deal the stored entries out to parts at random."""
    whose = rng.choice(len(shares), everything.nnz, p=shares)
    coo = everything.tocoo()
    return [
        sparse.csr_matrix((coo.data[whose == p], (coo.row[whose == p], coo.col[whose == p])), shape=everything.shape)
        for p in range(len(shares))
    ]


def small_split(seed: int = 0, n_users: int = 150, n_items: int = 90, n_strangers: int = 10) -> Split:
    """Split 80/10/10 at random; `n_strangers` rows belong to a source without target users."""
    rng = np.random.default_rng(seed)
    training, validation, test = parts_of(rng, random_rows(rng, n_users, n_items, 20, 3), (0.7, 0.15, 0.15))
    pad = sparse.csr_matrix((n_strangers, n_items), dtype=np.float32)
    training, validation, test = (
        sparse.csr_matrix(sparse.vstack([part, pad])) for part in (training, validation, test)
    )
    data = Interactions(
        name="small",
        users=pl.Series([f"u{i}" for i in range(n_users)]),
        items=pl.Series([f"i{i}" for i in range(n_items)]),
        user=np.empty(0, dtype=np.int32),
        item=np.empty(0, dtype=np.int32),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="small",
        item_ids="small",
        rating_scale=None,
        provenance=Provenance("made", "0", "test/1"),
    )
    rows = np.arange(n_users, n_users + n_strangers)
    bridge = Bridge(n_users + n_strangers, (rows,), np.empty(0, dtype=np.int64), (None,))
    scenario = Scenario("other->small", (data,), data, Filters(), bridge)

    def split(known: sparse.csr_matrix, held: sparse.csr_matrix, selection: Split | None = None) -> Split:
        target = Domain("small", known, None, None, None)
        return Split(
            scenario=scenario,
            protocol="ratio",
            training=Training(target, (target,), bridge.overlap, (None,)),
            test=held,
            users=np.flatnonzero(np.diff(held.indptr)),
            cut=None,
            source_may_leak=False,
            selection=selection,
        )

    both = sparse.csr_matrix(training + validation)
    both.sort_indices()
    return split(both, test, split(training, validation))

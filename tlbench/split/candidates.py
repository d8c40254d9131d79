"""Candidates: a sample of items that held-out ones are ranked among, on request only.

Metrics over sampled candidates are not those over the catalogue and can order methods the other way round (Krichene and
Rendle 2020, "On Sampled Metrics for Item Recommendation", KDD, doi:10.1145/3394486.3403226). They are here to reproduce
published figures.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.split.protocols.given import CANDIDATES, codes_of, find, read_pairs
from tlbench.split.training import Candidates

if TYPE_CHECKING:
    from pathlib import Path

    from tlbench.arrays import F64, I64
    from tlbench.split.training import Split

WARNING = (
    "held-out items are ranked among sampled candidates: such metrics can order methods the other way round than the"
    " whole catalogue does (Krichene and Rendle 2020, doi:10.1145/3394486.3403226); leave out `--candidates` for a"
    " verdict"
)
_KINDS = ("uniform", "popularity")


def parse_candidates(text: str) -> tuple[str, int]:
    """Read ``uniform:100`` or ``popularity:100``."""
    kind, _, count = text.partition(":")
    if kind not in _KINDS or not (count.isascii() and count.isdigit()) or int(count) < 1:
        raise TlbenchError(
            f"candidates `{text}` cannot be read",
            hint="write `uniform:100` or `popularity:100`, the number of negatives",
        )
    return kind, int(count)


def draw_candidates(text: str, split: Split, rng: np.random.Generator) -> Candidates:
    """Draw items that a user has not interacted with in any part, beside the user's held-out ones.

    `popularity` draws in proportion to the number of training users, without replacement one by one; items without
    any are never drawn. Where fewer items are left than asked for, all of them are candidates.
    """
    kind, count = parse_candidates(text)
    seen, n_items = split.training.target.matrix, split.training.n_items
    popularity = np.bincount(seen.indices, minlength=n_items).astype(np.float64)
    weights = np.ones(n_items) if kind == "uniform" else popularity
    negatives = [_negatives(row, seen, split.test, weights, count, rng) for row in range(seen.shape[0])]
    return Candidates(_with_held(split.test, negatives), text)


def given_candidates(split: Split, folder: Path) -> Candidates | None:
    """Take candidates from a ``candidates`` file with columns ``user`` and ``item``; None without one.

    Held-out items are candidates too.
    """
    path = find(folder, CANDIDATES)
    if path is None:
        return None
    user, item = codes_of(split.scenario.target, read_pairs(path), path)
    order = np.argsort(user, kind="stable")
    starts = np.searchsorted(user[order], np.arange(split.training.n_users + 1))
    listed = [np.unique(item[order[a:b]]) for a, b in pairwise(starts)]
    return Candidates(_with_held(split.test, listed), "given")


def _negatives(
    row: int, seen: sparse.csr_matrix, held: sparse.csr_matrix, weights: F64, count: int, rng: np.random.Generator
) -> I64:
    """Draw `count` items without replacement from those that the user has in no part."""
    if held.indptr[row] == held.indptr[row + 1]:
        return np.empty(0, dtype=np.int64)
    free = weights > 0
    for part in (seen, held):
        free[part.indices[part.indptr[row] : part.indptr[row + 1]]] = False
    able = np.flatnonzero(free)
    # The least of independent exponential times with these rates are a draw without replacement, one by one.
    times = rng.standard_exponential(len(able)) / weights[able]
    return np.sort(able[np.argpartition(times, count)[:count]]) if count < len(able) else able


def _with_held(held: sparse.csr_matrix, others: list[I64]) -> sparse.csr_matrix:
    """Join held-out items and others of every user who has something held out, sorted."""
    rows = [
        np.union1d(held.indices[held.indptr[row] : held.indptr[row + 1]], other)
        if held.indptr[row] < held.indptr[row + 1]
        else np.empty(0, dtype=np.int64)
        for row, other in enumerate(others)
    ]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    indices = np.concatenate([*rows, np.empty(0, dtype=np.int64)]).astype(np.int32)
    return sparse.csr_matrix((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=held.shape)

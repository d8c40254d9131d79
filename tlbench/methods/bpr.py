"""Pairwise ranking by stochastic gradients, the same whatever the number of threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tlbench.methods import csr
from tlbench.methods._kernels_bpr import bpr_cell, sort_into_cells
from tlbench.methods.products import in_threads
from tlbench.progress import SILENT, Progress
from tlbench.rng import branch

if TYPE_CHECKING:
    from scipy import sparse

    from tlbench.arrays import F32, I32, I64, Array

_MOST_PARTS = 16
_LEAST_ITEMS_A_PART = 64


@dataclass(frozen=True, eq=False)
class BprModel:
    """Vectors of users and items and biases of items, float32; score = product + bias."""

    users: F32
    items: F32
    bias: F32


@dataclass(frozen=True, eq=False)
class _Cells:
    """The entries sorted into cells of a user part and an item part; `parts` lists the items of each part."""

    users: I32
    items: I32
    starts: I64
    parts: tuple[I32, ...]


def bpr(
    matrix: sparse.csr_matrix,
    *,
    factors: int,
    epochs: int,
    rate: float,
    l2: float,
    rng: np.random.Generator,
    start: BprModel | None = None,
    progress: Progress = SILENT,
) -> BprModel:
    """Learn to rank what a user touched above what they did not (Rendle et al. 2009, arXiv:1205.2618).

    Users and items are dealt into parts; an epoch goes through rounds of cells (user part, item part) in which no part
    occurs twice, as in Gemulla et al. 2011, doi:10.1145/2020408.2020426. The cells of a round run at the same time.
    The item that was not touched comes from the same part as the touched one, and items are dealt anew each epoch, so
    over the epochs every item takes its turn.

    Parameters
    ----------
    matrix
        csr, shape (n_users, n_items), sorted indices; only the pattern counts.
    factors, epochs
        Length of the vectors; passes, each with as many steps as there are entries.
    rate, l2
        Learning rate and ridge penalty of a step.
    rng
        Draws start, parts and steps.
    start
        Where to begin, not written to; None draws vectors from a uniform distribution and has no biases.
    progress
        Told of every epoch.
    """
    n_users, n_items = matrix.shape
    begin = random_start(n_users, n_items, factors, rng) if start is None else start
    model = BprModel(begin.users.copy(), begin.items.copy(), begin.bias.copy())
    n_parts = max(1, min(_MOST_PARTS, n_items // _LEAST_ITEMS_A_PART, n_users))
    entries = csr.arrays(matrix)
    user_part = _deal(n_users, n_parts, branch(rng, "user parts"))
    epoch = branch(rng, "epochs")
    for _ in progress.track(range(epochs), "pairwise ranking", total=epochs):
        cells = _sort(entries, user_part, _deal(n_items, n_parts, epoch), n_parts)
        seeds = epoch.integers(2**64, size=(n_parts, n_parts), dtype=np.uint64)
        for shift in range(n_parts):
            _round(model, cells, entries, seeds[shift], shift, np.float32(rate), np.float32(l2))
    model.users[np.diff(matrix.indptr) == 0] = 0.0
    return model


def random_start(n_users: int, n_items: int, factors: int, rng: np.random.Generator) -> BprModel:
    """Draw vectors, uniform from -1/2 to 1/2 divided by the root of their length; no biases."""
    scale = np.float32(1.0 / np.sqrt(factors))
    users, items = (
        (branch(rng, side).random((n, factors), dtype=np.float32) - np.float32(0.5)) * scale
        for side, n in (("users", n_users), ("items", n_items))
    )
    return BprModel(users, items, np.zeros(n_items, dtype=np.float32))


def _deal(n: int, n_parts: int, rng: np.random.Generator) -> I32:
    """Give each of n things a part at random, parts as equal as can be."""
    return rng.permutation(np.arange(n, dtype=np.int32) % np.int32(n_parts))


def _sort(entries: csr.Csr, user_part: I32, item_part: I32, n_parts: int) -> _Cells:
    users, items = (np.empty(len(entries.indices), dtype=np.int32) for _ in range(2))
    starts = sort_into_cells(entries.indptr, entries.indices, user_part, item_part, n_parts, users, items)
    parts = tuple(np.flatnonzero(item_part == part).astype(np.int32) for part in range(n_parts))
    return _Cells(users, items, starts, parts)


def _round(
    model: BprModel, cells: _Cells, entries: csr.Csr, seeds: Array, shift: int, rate: np.float32, l2: np.float32
) -> None:
    """Run the cells in which the item part is `shift` after the user part."""
    n_parts = len(cells.parts)

    def run(part: int) -> None:
        item_part = (part + shift) % n_parts
        cell = part * n_parts + item_part
        here = slice(cells.starts[cell], cells.starts[cell + 1])
        bpr_cell(
            cells.users[here],
            cells.items[here],
            cells.parts[item_part],
            entries.indptr,
            entries.indices,
            seeds[part],
            rate,
            l2,
            model.users,
            model.items,
            model.bias,
        )

    in_threads(run, range(n_parts))

"""Strings -> integer codes: each distinct id gets the number of its first appearance, over all blocks of a file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import I32

SMALLEST = 1 << 12
SEEDS = (0x3C6EF372, 0xA54FF53A)


class Coder:
    """Numbers the ids of one column as its blocks come.

    Ids are told apart by 128 bits of hash, so that a code costs one look-up of twenty bytes and the text of each id is
    kept once: 30 million rows of 10 million ids take about one gigabyte in place of three. That two of 10 million ids
    have the same 128 bits has a probability of about 1e-25.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(SMALLEST, dtype=np.uint64)
        self._seconds = np.zeros(SMALLEST, dtype=np.uint64)
        self._codes = np.full(SMALLEST, -1, dtype=np.int32)
        self._used = 0
        self._ids: list[pl.Series] = []

    def code(self, ids: pl.Series) -> I32:
        """Return the codes of a block's ids (String, no nulls), int32, shape (n,)."""
        from tlbench.data._kernels import assign

        self._make_room(len(ids))
        out = np.empty(len(ids), dtype=np.int32)
        fresh = np.empty(len(ids), dtype=np.int64)
        first, second = (ids.hash(seed).to_numpy() for seed in SEEDS)
        before = self._used
        self._used = assign(first, second, self._keys, self._seconds, self._codes, before, out, fresh)
        self._ids.append(ids.gather(fresh[: self._used - before]))
        return out

    @property
    def ids(self) -> pl.Series:
        """The distinct ids (String) so far; position is the code."""
        import polars as pl

        return pl.concat(self._ids) if self._ids else pl.Series([], dtype=pl.String)

    def _make_room(self, rows: int) -> None:
        """Keep the table at most six tenths full, even if all of so many rows are new."""
        from tlbench.data._kernels import move

        size = len(self._codes)
        while (self._used + rows) > 0.6 * size:
            size *= 2
        if size == len(self._codes):
            return
        old = self._keys, self._seconds, self._codes
        self._keys, self._seconds = (np.zeros(size, dtype=np.uint64) for _ in range(2))
        self._codes = np.full(size, -1, dtype=np.int32)
        move(*old, self._keys, self._seconds, self._codes)


class PairCoder:
    """Replaces users and items of a file's blocks by codes, both columns at the same time."""

    def __init__(self) -> None:
        self.users, self.items = Coder(), Coder()

    def code(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Replace columns ``user`` and ``item`` (String) by int32 codes."""
        import polars as pl

        with ThreadPoolExecutor(2) as threads:
            user = threads.submit(self.users.code, frame["user"])
            item = threads.submit(self.items.code, frame["item"])
            return frame.with_columns(pl.Series("user", user.result()), pl.Series("item", item.result()))

"""Split -> how many test interactions the source would tell: the same user's event on a twin of the item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import I64, Bool
    from tlbench.split.training import Split


def exposed_test(split: Split) -> Bool:
    """Mark the test interactions whose event some source has under another id, before the source's cut.

    Returns
    -------
    numpy.ndarray
        bool, aligned with ``split.test.data``; False for users who are not judged. Twins that were dropped count as
        if they had been kept.
    """
    rows = np.repeat(np.arange(split.test.shape[0]), np.diff(split.test.indptr))
    marks = np.zeros(split.test.nnz, dtype=np.bool_)
    pairs = rows * split.test.shape[1] + split.test.indices
    for found in split.scenario.twins:
        marks |= np.isin(pairs, _told_pairs(split, found.told))
    return marks & np.isin(rows, split.users)


def _told_pairs(split: Split, told: pl.DataFrame) -> I64:
    """Number the (row, item) pairs of the target that a source tells and may tell."""
    import polars as pl

    target = split.scenario.target
    users = pl.DataFrame({"user": target.users.cast(pl.String)}).with_row_index("row")
    items = pl.DataFrame({"item": target.items.cast(pl.String)}).with_row_index("code")
    known = told.join(users, on="user", how="inner").join(items, on="item", how="inner")
    if split.cut is not None:
        known = known.filter((pl.col("timestamp") <= split.cut).fill_null(True))
    elif split.sources_cut == "user":
        first = pl.Series(_first_held_out(split))
        known = known.filter((pl.col("timestamp") < first.gather(known["row"])).fill_null(True))
    pairs: I64 = known["row"].to_numpy().astype(np.int64) * target.n_items + known["code"].to_numpy()
    return pairs


def _first_held_out(split: Split) -> I64:
    """Moment of each target user's first held-out interaction, which cuts the sources; the end of time without one."""
    target = split.scenario.target
    first = np.full(target.n_users, np.iinfo(np.int64).max)
    if target.timestamp is not None:
        rows = np.repeat(np.arange(split.test.shape[0]), np.diff(split.test.indptr))
        tested = rows * target.n_items + split.test.indices
        held = np.isin(target.user.astype(np.int64) * target.n_items + target.item, tested)
        np.minimum.at(first, target.user[held], target.timestamp[held])
    return first

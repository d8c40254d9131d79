"""Strings -> integer codes: each distinct id gets the number of its first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import I32


def encode(ids: pl.Series) -> tuple[pl.Series, I32]:
    """Number the distinct ids in the order of their first appearance.

    Parameters
    ----------
    ids
        String, no nulls, length n.

    Returns
    -------
    tuple
        The distinct ids (String) and int32 codes, shape (n,), with ``distinct[codes[k]] == ids[k]``.
    """
    import polars as pl

    # A collection of categories of our own, filled by one thread from one chunk, numbers by first appearance.
    coded = ids.rechunk().cast(pl.Categorical(pl.Categories.random()))
    codes = coded.to_physical().to_numpy().astype(np.int32)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=np.int32(-1)))
    return ids.gather(first), codes

"""Split -> files that protocol ``given`` reads back, so that a split can be published and used elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_atomic
from tlbench.split.given import CANDIDATES, FILES, RECORD

if TYPE_CHECKING:
    import polars as pl
    from scipy import sparse

    from tlbench.split.training import Candidates, Split

SCHEMA = 1


def export_split(split: Split, folder: Path) -> None:
    """Write ``train.csv``, ``validation.csv``, ``test.csv``, ``candidates.csv`` (where there are any), ``split.json``.

    The tables have columns ``user``, ``item`` and, where known, ``rating``, with the data set's ids; the record has the
    digest, the protocol and how sources were cut. Sources are not written: methods get them from the data set.

    Raises
    ------
    TlbenchError
        Where the folder cannot be written, or holds something already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise TlbenchError(f"`{folder}` is not empty", hint="name a new folder")
        parts = (split.training.target.matrix, split.training.validation, split.test)
        for name, matrix in zip(FILES, parts, strict=True):
            write_atomic(folder / f"{name}.csv", _table(split, matrix).write_csv())
        if split.candidates is not None:
            others = _table(split, _others(split.candidates, parts[1:]), rated=False)
            write_atomic(folder / f"{CANDIDATES}.csv", others.write_csv())
        write_atomic(folder / RECORD, json.dumps(_record(split), indent=2) + "\n")
    except OSError as error:
        raise TlbenchError(f"`{folder}` cannot be written: {error}", hint="name another folder") from error


def _table(split: Split, matrix: sparse.csr_matrix, *, rated: bool = True) -> pl.DataFrame:
    import polars as pl

    target = split.scenario.target
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    table = pl.DataFrame(
        {
            "user": target.users.gather(row).cast(pl.String),
            "item": target.items.gather(matrix.indices).cast(pl.String),
        }
    )
    return table.with_columns(rating=pl.Series(matrix.data)) if rated and target.rating is not None else table


def _others(candidates: Candidates, held: tuple[sparse.csr_matrix, ...]) -> sparse.csr_matrix:
    """Return the candidates that are not held out, which protocol ``given`` adds again."""
    from scipy import sparse

    others = sparse.csr_matrix(candidates.validation + candidates.test)
    others.data[:] = 1
    row = np.repeat(np.arange(others.shape[0]), np.diff(others.indptr)) * others.shape[1] + others.indices
    for part in held:
        known = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr)) * part.shape[1] + part.indices
        others.data[np.isin(row, known)] = 0
    others.eliminate_zeros()
    return others


def _record(split: Split) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "scenario": split.scenario.name,
        "protocol": split.protocol,
        "k_core": split.scenario.filters.k_core,
        "min_rating": split.scenario.filters.min_rating,
        "digest": split.digest,
        "cut": None if split.cut is None else list(split.cut),
        "sources": split.sources_cut,
        "candidates": None if split.candidates is None else split.candidates.how,
    }

"""Split -> files that protocol ``given`` reads back, so that a split can be published and used elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy import sparse

from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_atomic
from tlbench.split.protocol import Protocol
from tlbench.split.protocols.given import CANDIDATES, FILES, RECORD

if TYPE_CHECKING:
    from tlbench.split.training import Candidates, Split

SCHEMA = 1


def require_empty(folder: Path) -> None:
    """Refuse a folder that holds something already."""
    if folder.exists() and any(folder.iterdir()):
        raise TlbenchError(f"`{folder}` is not empty", hint="name a new folder")


def export_split(split: Split, folder: Path) -> None:
    """Write ``train.csv``, ``validation.csv``, ``test.csv``, ``candidates.csv`` (where there are any), ``split.json``.

    The tables have columns ``user``, ``item`` and, where known, ``rating``, with the data set's ids; the record has the
    digest, the protocol and how sources were cut. Sources are not written: methods get them from the data set.

    Raises
    ------
    TlbenchError
        If the folder cannot be written, or holds something already, or the protocol holds out interactions of
        sources, which the files cannot say.
    """
    if Protocol.parse(split.protocol).rule.holds_out_of_sources:
        raise TlbenchError(
            f"a split by `{split.protocol}` cannot be exported: it holds out interactions of sources, too",
            hint="publish the scenario and the protocol's name instead: `tlbench run SCENARIO --protocol NAME`",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        require_empty(folder)
        chosen_on = split.selection or split
        for name, matrix in zip(FILES, (chosen_on.training.target.matrix, chosen_on.test, split.test), strict=True):
            write_atomic(folder / f"{name}.csv", _table(split, matrix).write_csv())
        if split.candidates is not None:
            others = _table(split, _others(split.candidates, split.test), rated=False)
            write_atomic(folder / f"{CANDIDATES}.csv", others.write_csv())
        write_atomic(folder / RECORD, json.dumps(_record(split), indent=2) + "\n")
    except OSError as error:
        raise TlbenchError(f"`{folder}` cannot be written: {error}", hint="name another folder") from error


def _table(split: Split, matrix: sparse.csr_matrix, *, rated: bool = True) -> pl.DataFrame:
    target = split.scenario.target
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    table = pl.DataFrame(
        {
            "user": target.users.gather(row).cast(pl.String),
            "item": target.items.gather(matrix.indices).cast(pl.String),
        }
    )
    return table.with_columns(rating=pl.Series(matrix.data)) if rated and target.rating is not None else table


def _others(candidates: Candidates, held: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the candidates that are not held out, which protocol ``given`` adds again."""
    others = sparse.csr_matrix(candidates.items, copy=True)
    row = np.repeat(np.arange(others.shape[0]), np.diff(others.indptr)) * others.shape[1] + others.indices
    known = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr)) * held.shape[1] + held.indices
    others.data[np.isin(row, known)] = 0
    others.eliminate_zeros()
    return others


def _record(split: Split) -> dict[str, object]:
    chosen_on = split.selection or split
    return {
        "schema": SCHEMA,
        "scenario": split.scenario.name,
        "protocol": split.protocol,
        "k_core": split.scenario.filters.k_core,
        "filter_users": split.scenario.filters.filter_users,
        "min_rating": split.scenario.filters.min_rating,
        "digest": split.digest,
        "fold": split.fold,
        "cut": None if split.cut is None or chosen_on.cut is None else [chosen_on.cut, split.cut],
        "sources": split.sources_cut,
        "candidates": None if split.candidates is None else split.candidates.how,
    }

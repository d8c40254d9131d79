"""Tables that anybody may bring, CSV or Parquet with named columns -> Raw."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.entry import CatalogueEntry
from tlbench.data.parsers.blocks import first_line
from tlbench.data.parsers.delimited import Layout, read_delimited
from tlbench.data.raw import Raw, damaged, raw_of_blocks
from tlbench.errors import TlbenchError
from tlbench.registry import unknown

if TYPE_CHECKING:
    import polars as pl


def read_table_csv(path: Path, entry: CatalogueEntry, *, lenient: bool) -> Raw:
    """Read a CSV with the columns that the catalogue names, by name or (without header) by position."""
    names = _names(path, entry)
    positions = {_position(column, names, entry, path): role for role, column in entry.columns.items()}
    layout = Layout(
        tuple(positions.get(k, f"_{k}") for k in range(len(names))),
        separator=entry.separator,
        header=int(entry.header),
        quote='"',
        time_unit=entry.time_unit,
    )
    return read_delimited(path, layout, label=path.name, lenient=lenient)


def _names(path: Path, entry: CatalogueEntry) -> list[str]:
    """Fields of the first line."""
    try:
        return next(csv.reader([first_line(path, label=path.name)], delimiter=entry.separator), [])
    except csv.Error as error:
        raise TlbenchError(
            f"`{path.name}` line 1 cannot be read: {error}",
            hint=f"correct the file or `separator` of `{entry.name}` in the catalogue",
        ) from None


def _position(column: str | int, names: list[str], entry: CatalogueEntry, path: Path) -> int:
    if isinstance(column, int) and 0 <= column < len(names):
        return column
    if isinstance(column, str) and names.count(column) == 1:
        return names.index(column)
    raise _no_column(column, names, entry, path)


def _no_column(column: str | int, names: list[str], entry: CatalogueEntry, path: Path) -> TlbenchError:
    if isinstance(column, int):
        return TlbenchError(
            f"`{path.name}` has no column {column}: its first line has {len(names)} fields",
            hint=f"correct `columns` or `separator` of `{entry.name}` in the catalogue",
        )
    if column in names:
        return TlbenchError(f"`{path.name}` has two columns `{column}`", hint="rename one in the file's header")
    guess = (unknown("column", column, names, "").hint or "").partition("`? ")
    near = f"{guess[0]}`? " if guess[1] else ""
    return TlbenchError(
        f"`{path.name}` has no column `{column}`",
        hint=f"{near}its header has {', '.join(names[:8]) or 'nothing'}; "
        f"correct `columns` or `separator` of `{entry.name}` in the catalogue",
    )


def read_table_parquet(path: Path, entry: CatalogueEntry, *, lenient: bool) -> Raw:
    """Read a Parquet file with the columns that the catalogue names."""
    import polars as pl

    try:
        names = pl.read_parquet_schema(path)
        for column in entry.columns.values():
            if column not in names:
                raise _no_column(column, list(names), entry, path)
        table = pl.read_parquet(path, columns=[str(column) for column in entry.columns.values()])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path.name, error) from None
    frame = table.rename({str(column): role for role, column in entry.columns.items()})
    return _typed(frame, entry, path, lenient=lenient)


def _typed(frame: pl.DataFrame, entry: CatalogueEntry, path: Path, *, lenient: bool) -> Raw:
    """Cast columns; a row that cannot be cast, or lacks user or item, is refused or dropped."""
    import polars as pl

    kinds = {"user": pl.String, "item": pl.String, "rating": pl.Float32, "timestamp": pl.Int64}
    whole = frame.with_columns(
        pl.lit(None).alias(role) for role in ("rating", "timestamp") if role not in frame.columns
    ).with_columns(_moment(frame, entry))
    cast = whole.select(pl.col(role).cast(kind, strict=False) for role, kind in kinds.items())
    wrong = pl.any_horizontal(
        [cast["user"].is_null(), cast["item"].is_null()]
        + [cast[role].is_null() & whole[role].is_not_null() for role in ("rating", "timestamp")]
    )
    bad = pl.select(wrong).to_series()
    if bad.any() and not lenient:
        raise TlbenchError(
            f"`{path.name}` has {bad.sum():,} rows without user or item, or with text for a number; "
            f"the first is row {bad.arg_true()[0] + 1}",
            hint="correct the file or `columns` in the catalogue, or drop and count these rows with `--lenient`",
        )
    line = pl.int_range(1, len(cast) + 1, dtype=pl.UInt32, eager=True)
    raw = raw_of_blocks([cast.with_columns(line=line).filter(~bad)], label=path.name)
    return replace(raw, dropped=int(bad.sum()))


def _moment(frame: pl.DataFrame, entry: CatalogueEntry) -> list[pl.Expr]:
    """Timestamps in whole seconds, from a number of the entry's unit or from a date and time."""
    import polars as pl

    if "timestamp" not in frame.columns:
        return []
    kind = frame.schema["timestamp"]
    if kind.is_temporal():
        return [pl.col("timestamp").dt.epoch("s")]
    return [pl.col("timestamp") // 1000] if entry.time_unit == "ms" and kind.is_numeric() else []

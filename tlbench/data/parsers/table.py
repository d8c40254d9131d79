"""Tables that anybody may bring, CSV or Parquet with named columns -> Raw."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import polars as pl

from tlbench.data.entry import CatalogueEntry
from tlbench.data.moments import to_seconds
from tlbench.data.parsers.blocks import first_line
from tlbench.data.parsers.delimited import Layout, read_delimited
from tlbench.data.raw import Raw, damaged, raw_of_blocks
from tlbench.errors import TlbenchError
from tlbench.registry import unknown

# What exporters write where there is no value.
NOTHING = ("\\N", "NULL", "null", "NA", "NaN", "nan", "None")


def read_table_csv(path: Path, entry: CatalogueEntry, *, lenient: bool) -> Raw:
    """Read a CSV with the columns that the catalogue names, by name or (without header) by position."""
    names = _names(path, entry)
    positions = {_position(column, names, entry, path): role for role, column in entry.columns.items()}
    layout = Layout(
        tuple(positions.get(k, f"_{k}") for k in range(len(names))),
        separator=entry.separator,
        header=entry.skip + int(entry.header),
        quote='"',
        time_unit=entry.time_unit,
        decimal=entry.decimal,
        encoding=entry.encoding,
        nothing=NOTHING,
    )
    return read_delimited(path, layout, label=path.name, lenient=lenient)


def _names(path: Path, entry: CatalogueEntry) -> list[str]:
    """Fields of the table's first line."""
    try:
        line = first_line(path, label=path.name, skip=entry.skip, encoding=entry.encoding)
        return next(csv.reader([line], delimiter=entry.separator), [])
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
    raise no_column(column, names, entry, path)


def no_column(column: str | int, names: list[str], entry: CatalogueEntry, path: Path) -> TlbenchError:
    """Make the error for a column that a file lacks."""
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
    try:
        names = pl.read_parquet_schema(path)
        for column in entry.columns.values():
            if column not in names:
                raise no_column(column, list(names), entry, path)
        table = pl.read_parquet(path, columns=[str(column) for column in entry.columns.values()])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(path.name, error) from None
    frame = table.rename({str(column): role for role, column in entry.columns.items()})
    return raw_of_columns(frame, entry, path, lenient=lenient)


def raw_of_columns(frame: pl.DataFrame, entry: CatalogueEntry, path: Path, *, lenient: bool) -> Raw:
    """Make Raw of columns named by their roles; a row that has no user, no item or no number is refused or dropped.

    Parameters
    ----------
    frame
        Columns ``user`` and ``item``, perhaps ``rating`` and ``timestamp``, of any type.
    entry
        How timestamps are written.
    path
        The file, for messages.
    lenient
        Drop and count rows that cannot be used.
    """
    nested = [role for role, kind in frame.schema.items() if kind.is_nested()]
    if nested:
        raise TlbenchError(
            f"column `{entry.columns[nested[0]]}` of `{path.name}` holds lists or structures, no {nested[0]}",
            hint="write one row per interaction, or name another column with `--columns`",
        )
    absent = {"rating": pl.Float32(), "timestamp": pl.Int64()}
    whole = frame.with_columns(
        pl.lit(None, dtype=kind).alias(role) for role, kind in absent.items() if role not in frame.columns
    )
    cast = whole.select(
        *(_id(role, whole.schema[role]) for role in ("user", "item")),
        pl.col("rating").cast(pl.Float32, strict=False),
        to_seconds("timestamp", entry.time_unit, whole.schema["timestamp"]),
    )
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


def _id(role: str, kind: pl.DataType) -> pl.Expr:
    """Ids as text; a column of whole numbers that became floats because one was missing loses its ``.0`` again."""
    text = pl.col(role).cast(pl.String)
    if kind.is_float():
        text = text.str.strip_suffix(".0")
    return pl.when(text != "").then(text).alias(role)

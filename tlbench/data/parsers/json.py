"""JSON that anybody may bring, one object per line or a list of objects, nested or not -> Raw."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import polars as pl

from tlbench.data.entry import CatalogueEntry
from tlbench.data.parsers.table import no_column, raw_of_columns
from tlbench.data.raw import READ_ERRORS, Raw, damaged, open_plain
from tlbench.errors import TlbenchError


def read_json(path: Path, entry: CatalogueEntry, *, lenient: bool) -> Raw:
    """Read JSON with the fields that the catalogue names by their paths, such as ``items.item_id``.

    A list on a path makes one row of each of its elements.
    """
    wanted = [str(column) for column in entry.columns.values()]
    table = flat(read_objects(path), wanted=wanted)
    for column in wanted:
        if column not in table.columns:
            raise no_column(column, table.columns, entry, path)
    frame = table.select(pl.col(str(column)).alias(role) for role, column in entry.columns.items())
    return raw_of_columns(frame, entry, path, lenient=lenient)


def read_objects(path: Path, *, n_rows: int | None = None) -> pl.DataFrame:
    """Read objects, one row each; structures stay nested.

    Raises
    ------
    TlbenchError
        If the file is damaged, or not JSON; of lines, the first bad one is named.
    """
    try:
        if _is_list(path):
            with open_plain(path) as file:
                return pl.read_json(file.read(), infer_schema_length=None).head(n_rows or (1 << 62))
        return pl.read_ndjson(path, infer_schema_length=None, n_rows=n_rows)
    except (*READ_ERRORS, OSError) as error:
        raise damaged(path.name, error) from None
    except pl.exceptions.PolarsError as error:
        raise _not_json(path, error) from None


def flat(table: pl.DataFrame, *, wanted: Collection[str] | None = None) -> pl.DataFrame:
    """Give every field of nested objects a column named by its path; lists make rows.

    Parameters
    ----------
    table
        Objects, one per row.
    wanted
        Paths that are looked for: only what leads to them is opened. None opens all objects and the first list of
        objects, and leaves out what is still nested then: two lists side by side would pair everything with everything.
    """
    exploded = False
    while True:
        struct = [name for name, kind in table.schema.items() if isinstance(kind, pl.Struct) and _leads(name, wanted)]
        lists = [name for name, kind in table.schema.items() if _opens(name, kind, wanted) and not exploded]
        if struct:
            table = table.unnest(struct, separator=".")
        elif lists:
            table = table.explode(lists[0])
            exploded = wanted is None
        else:
            break
    nested = [name for name, kind in table.schema.items() if kind.is_nested()]
    return table.drop(nested) if wanted is None else table


def _opens(name: str, kind: pl.DataType, wanted: Collection[str] | None) -> bool:
    """Whether a column is a list that makes rows."""
    if not isinstance(kind, pl.List):
        return False
    return isinstance(kind.inner, pl.Struct) if wanted is None else name in wanted or _leads(name, wanted)


def _leads(name: str, wanted: Collection[str] | None) -> bool:
    return wanted is None or any(path.startswith(f"{name}.") for path in wanted)


def _is_list(path: Path) -> bool:
    with open_plain(path) as file:
        return file.read(1 << 12).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _not_json(path: Path, error: Exception) -> TlbenchError:
    """Name the first line that is no object; where all are, say what polars says."""
    with open_plain(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                fine = not line.strip() or isinstance(json.loads(line.decode("utf-8-sig")), dict)
            except (ValueError, RecursionError):
                fine = False
            if not fine:
                return TlbenchError(
                    f"`{path.name}` line {number} is not a JSON object", hint="correct the line, or remove it"
                )
    return damaged(path.name, error)

"""Judgements and runs of any system, in TREC form or as tables -> checked tables of user, item and value."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".parquet": ""}
_SYNONYMS = {
    "user": ("user", "userid", "uid", "query", "queryid", "qid"),
    "item": ("item", "itemid", "iid", "product", "productid", "doc", "docid", "docno"),
    "relevance": ("relevance", "rating", "label", "gain"),
    "score": ("score", "prediction"),
    "rank": ("rank",),
}
_TREC_QRELS = r"^\s*(\S+)\s+\S+\s+(\S+)\s+(\S+)\s*$"
_TREC_RUN = r"^\s*(\S+)\s+\S+\s+(\S+)\s+\S+\s+(\S+)(?:\s+\S+)?\s*$"


class Ties(StrEnum):
    """How items with equal scores are ordered.

    `RANDOM` favours no item. `TREC` reproduces figures that trec_eval made: scores are compared in single precision,
    and the greater id comes first.
    """

    RANDOM = "random"
    TREC = "trec"


@dataclass(frozen=True, eq=False)
class Judgements:
    """Who found what relevant.

    Attributes
    ----------
    table
        Columns ``user``, ``item`` (String) and ``relevance`` (Float64, above 0), each pair once, sorted.
    users
        Users with something relevant, in the order of their ids.
    digest
        SHA-256 of the table: runs measured on unlike judgements are not comparable.
    """

    table: pl.DataFrame
    users: pl.Series
    digest: str


def read_qrels(path: Path) -> Judgements:
    """Read judgements: TREC lines ``user 0 item relevance``, or a table with columns user, item and maybe relevance.

    Relevance of 0 and below is not relevant. CSV, TSV and Parquet are told by the file's ending, with or without
    ``.gz`` behind it; all else is TREC. A table without a header holds user, item and relevance in this order.

    Raises
    ------
    TlbenchError
        If the file cannot be read, lacks a column, lists a pair twice, or judges nothing relevant.
    """
    import polars as pl

    if _ending(path) in _SEPARATORS:
        table = _read_table(path, ("relevance", "score"))
        if "value" not in table.columns:
            table = table.with_columns(value=pl.lit(1.0))
        table = table.rename({"value": "relevance"})
    else:
        table = _read_trec(path, _TREC_QRELS, "relevance", "user 0 item relevance")
    table = _checked(table, "relevance", path).filter(pl.col("relevance") > 0).sort("user", "item")
    if table.is_empty():
        raise TlbenchError(f"`{path}` judges nothing relevant", hint="relevance must be above 0 somewhere")
    return judgements_of(table)


def judgements_of(table: pl.DataFrame) -> Judgements:
    """Make judgements of a table as `Judgements.table` is."""
    content = "\n".join("\x1f".join(map(str, row)) for row in table.iter_rows())
    return Judgements(table, table["user"].unique().sort(), hashlib.sha256(content.encode()).hexdigest())


def read_run(path: Path) -> pl.DataFrame:
    """Read a run: TREC lines ``user Q0 item rank score tag``, or a table with columns user, item and score or rank.

    Endings and tables without a header are read as by `read_qrels`. As in trec_eval the score decides, and the rank
    counts only where a table has no score.

    Returns
    -------
    polars.DataFrame
        Columns ``user``, ``item`` (String) and ``score`` (Float64, higher is better), each pair once.

    Raises
    ------
    TlbenchError
        If the file cannot be read, lacks a column, or lists a pair twice.
    """
    import polars as pl

    if _ending(path) not in _SEPARATORS:
        return _checked(_read_trec(path, _TREC_RUN, "score", "user Q0 item rank score tag"), "score", path)
    table = _read_table(path, ("score", "rank"))
    if "value" not in table.columns:
        raise TlbenchError(f"`{path}` has no column `score` or `rank`", hint="add one; the best item has rank 1")
    return _checked(table.rename({"value": "score"}).select("user", "item", pl.col("score")), "score", path)


# --- tables ------------------------------------------------------------------------------------------------------


def _ending(path: Path) -> str:
    """Return what the file's name ends in, without ``.gz``."""
    return Path(path.stem).suffix if path.suffix == ".gz" else path.suffix


def _read_table(path: Path, values: Sequence[str]) -> pl.DataFrame:
    """Read columns user, item and the first of `values` that is there, as ``value`` (Float64; ranks are negated)."""
    import polars as pl

    raw = _raw_table(path)
    names = {role: _column(raw.columns, role) for role in ("user", "item", *values)}
    for role in ("user", "item"):
        if names[role] is None:
            raise TlbenchError(
                f"`{path}` has no column `{role}`, only {', '.join(f'`{column}`' for column in raw.columns)}",
                hint="its columns must be named `user`, `item` and `score`, `rank` or `relevance`",
            )
    wanted = {role: pl.col(str(names[role])).cast(pl.String) for role in ("user", "item")}
    chosen = next((role for role in values if names[role] is not None), None)
    if chosen is not None:
        value = pl.col(str(names[chosen])).cast(pl.Float64, strict=False)
        wanted["value"] = -value if chosen == "rank" else value
    return raw.select(**wanted)


def _raw_table(path: Path) -> pl.DataFrame:
    """Read a table as strings, with a header made up where three columns have none."""
    import polars as pl

    ending = _ending(path)
    try:
        if ending == ".parquet":
            return pl.read_parquet(path)
        headless = pl.read_csv(
            path, separator=_SEPARATORS[ending], infer_schema=False, has_header=False, truncate_ragged_lines=False
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="check the file") from error
    first = [str(field) for field in headless.row(0)]
    if len(first) == 3 and _is_number(first[2]) and _column(first, "user") is None:
        return headless.rename(dict(zip(headless.columns, ("user", "item", "score"), strict=True)))
    return headless.slice(1).rename(dict(zip(headless.columns, first, strict=True)))


def _column(columns: Sequence[str], role: str) -> str | None:
    """Return the column whose name means a role, however it is spelt: ``userId``, ``user_id`` and ``User`` are one."""
    keys = {re.sub(r"[^a-z]", "", column.lower()): column for column in reversed(columns)}
    return next((keys[name] for name in _SYNONYMS[role] if name in keys), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# --- TREC --------------------------------------------------------------------------------------------------------


def _read_trec(path: Path, pattern: str, value: str, form: str) -> pl.DataFrame:
    """Take user, item and a value from lines whose parts are separated by blanks."""
    import polars as pl

    lines = pl.Series("line", _text(path).splitlines(), dtype=pl.String)
    numbered = lines.to_frame().with_row_index("number", offset=1)
    numbered = numbered.filter(pl.col("line").str.strip_chars() != "")
    parts = numbered.with_columns(pl.col("line").str.extract_groups(pattern).alias("parts"))
    parts = parts.with_columns(parts["parts"].struct.rename_fields(["user", "item", value]).struct.unnest())
    table = parts.with_columns(pl.col(value).cast(pl.Float64, strict=False))
    wrong = table.filter(pl.col(value).is_null())
    if not wrong.is_empty():
        raise TlbenchError(
            f"line {wrong['number'][0]} of `{path}` is not of the form `{form}`: `{wrong['line'][0]}`",
            hint="tables need the ending .csv, .tsv or .parquet",
        )
    return table.select("user", "item", value)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise TlbenchError(f"`{path}` cannot be read: {error}", hint="check the path") from error


# --- checks ------------------------------------------------------------------------------------------------------


def _checked(table: pl.DataFrame, value: str, path: Path) -> pl.DataFrame:
    """Refuse values that are not numbers and pairs that are listed twice."""
    import polars as pl

    wrong = table.filter(~pl.col(value).is_finite().fill_null(value=False))
    if not wrong.is_empty():
        user, item, _ = wrong.row(0)
        raise TlbenchError(
            f"`{path}` gives user `{user}` and item `{item}` a {value} that is not a number", hint="correct the file"
        )
    twice = table.filter(table.select("user", "item").is_duplicated())
    if not twice.is_empty():
        user, item, _ = twice.row(0)
        raise TlbenchError(f"`{path}` lists item `{item}` twice for user `{user}`", hint="list each item once per user")
    return table

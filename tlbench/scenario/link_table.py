"""Links of several sources <-> one CSV file, to be corrected by hand and fed back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.errors import TlbenchError
from tlbench.io.atomic import write_atomic

if TYPE_CHECKING:
    import polars as pl

    from tlbench.data.interactions import Interactions
    from tlbench.scenario.titles import TitleLinks

NEEDED = ("source", "source_item", "target_item")
_HINT = (
    "it needs the columns source, source_item and target_item; target (default: any), score (default: 1) and kept "
    "(true or false, default: true) may be there; `tlbench link SCENARIO --out FILE.csv` writes such a table"
)


def write_link_table(path: Path, found: Mapping[str, TitleLinks], target: str) -> None:
    """Write the links of one or more sources, by name, with a target: a row per pair, best first within a source.

    Raises
    ------
    TlbenchError
        If the file cannot be written.
    """
    import polars as pl

    names = [pl.lit(target).alias("target")]
    tables = [links.table.select(pl.lit(source).alias("source"), *names, pl.all()) for source, links in found.items()]
    try:
        write_atomic(path, pl.concat(tables).write_csv())
    except OSError as error:
        raise TlbenchError(f"`{path}` cannot be written: {error.strerror}", hint="name another file") from None


def read_link_table(path: Path) -> pl.DataFrame:
    """Read the kept pairs of a table.

    Parameters
    ----------
    path
        What `write_link_table` wrote and somebody corrected, or a table made by hand.

    Returns
    -------
    polars.DataFrame
        Columns `source` and `target` (names of data sets; null where the pair is for any target), `source_item`,
        `target_item` (ids) and `score` (float32 in (0, 1]).

    Raises
    ------
    TlbenchError
        If the file is missing or not such a table, a score is out of range, or an item is in two kept pairs of one
        source and target.
    """
    import polars as pl

    try:
        raw = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _no_table(path, str(error).splitlines()[0]) from None
    for column in NEEDED:
        if column not in raw.columns:
            raise _no_table(path, f"it has no column `{column}`")
        if raw[column].null_count():
            raise _no_table(path, f"`{column}` is empty in row {raw[column].is_null().arg_true()[0] + 1}")
    kept = raw.filter(_kept(raw, path)) if "kept" in raw.columns else raw
    target = pl.col("target") if "target" in raw.columns else pl.lit(None, dtype=pl.String).alias("target")
    pairs = kept.select("source", target, "source_item", "target_item", score=_scores(kept, path))
    _refuse_twice(pairs, path)
    return pairs


def pairs_between(table: pl.DataFrame, source: Interactions, target: Interactions) -> pl.DataFrame | None:
    """Return a table's pairs for a source and a target; None where it does not name the source with this target."""
    import polars as pl

    mine = (pl.col("source") == source.name) & (pl.col("target").is_null() | (pl.col("target") == target.name))
    found = table.filter(mine)
    return None if found.is_empty() else found.select("source_item", "target_item", "score")


def _kept(raw: pl.DataFrame, path: Path) -> pl.Series:
    words = raw["kept"].str.strip_chars().str.to_lowercase()
    wrong = ~words.is_in(["true", "false"]).fill_null(False)
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise _no_table(path, f"`kept` is `{raw['kept'][row]}` in row {row + 1}")
    return words == "true"


def _scores(kept: pl.DataFrame, path: Path) -> pl.Series:
    import polars as pl

    if "score" not in kept.columns:
        return pl.Series("score", [1.0] * len(kept), dtype=pl.Float32)
    scores = kept["score"].cast(pl.Float32, strict=False)
    wrong = ~((scores > 0) & (scores <= 1)).fill_null(False)
    if wrong.any():
        raise _no_table(path, f"`score` is `{kept['score'][int(wrong.arg_true()[0])]}`, not a number above 0 up to 1")
    return scores


def _refuse_twice(pairs: pl.DataFrame, path: Path) -> None:
    import polars as pl

    for column in ("source_item", "target_item"):
        count = pl.len().over("source", "target", column)
        twice = pairs.with_columns(count=count).filter(pl.col("count") > 1)
        if len(twice):
            raise TlbenchError(
                f"`{twice[column][0]}` in `{path}` is in {twice['count'][0]} kept pairs",
                hint="an item may be linked to one other: set kept to false in the other rows",
            )


def _no_table(path: Path, reason: str) -> TlbenchError:
    return TlbenchError(f"`{path}` is not a table of links: {reason}", hint=_HINT)

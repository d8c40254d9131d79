"""MovieLens archives -> Raw: ``u.data`` (100k), ``.dat`` (1m, 10m) and ``.csv`` (20m and later)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from tlbench.data.parsers.blocks import first_line
from tlbench.data.parsers.delimited import Layout, read_delimited
from tlbench.data.raw import Raw, damaged, unpacked
from tlbench.errors import TlbenchError

UDATA = Layout(("user", "item", "rating", "timestamp"), separator="\t")
# Fields of .dat files lie between double colons, so every second field between single ones is empty.
DAT = Layout(("user", "_1", "item", "_2", "rating", "_3", "timestamp"), separator=":")
CSV = Layout(("user", "item", "rating", "timestamp"), header=1)
CSV_HEADER = "userId,movieId,rating,timestamp"
NO_GENRE = ("", "(no genres listed)", "unknown")


def read_udata(archive: Path, *, lenient: bool, limit: int | None = None) -> Raw:
    """Read the 100k archive: ``u.data`` and ``u.item`` (Latin-1, a column of 0 or 1 a genre)."""
    with unpacked(archive, "u.data", limit=limit) as path:
        raw = read_delimited(path, UDATA, label="u.data", lenient=lenient)
    with unpacked(archive, "u.genre", limit=limit) as path:
        genres = [line.split("|")[0] for line in _text(path).splitlines() if "|" in line]
    with unpacked(archive, "u.item", limit=limit) as path:
        return replace(raw, item_table=_udata_items(_text(path), genres))


def read_dat(archive: Path, *, lenient: bool, limit: int | None = None) -> Raw:
    """Read an archive of ``ratings.dat`` and ``movies.dat`` (Latin-1 or UTF-8)."""
    with unpacked(archive, "ratings.dat", limit=limit) as path:
        raw = read_delimited(path, DAT, label="ratings.dat", lenient=lenient)
    with unpacked(archive, "movies.dat", limit=limit) as path:
        return replace(raw, item_table=_dat_items(_text(path)))


def read_csv(archive: Path, *, lenient: bool, limit: int | None = None) -> Raw:
    """Read an archive of ``ratings.csv`` and ``movies.csv``."""
    with unpacked(archive, "ratings.csv", limit=limit) as path:
        header = first_line(path, label="ratings.csv")
        if header != CSV_HEADER:
            raise TlbenchError(
                f"`ratings.csv` begins with `{header[:60]}`, not with `{CSV_HEADER}`",
                hint='the columns are in another order or have other names: use format = "csv" with `columns`',
            )
        raw = read_delimited(path, CSV, label="ratings.csv", lenient=lenient)
    with unpacked(archive, "movies.csv", limit=limit) as path:
        return replace(raw, item_table=_csv_items(path))


def _text(path: Path) -> str:
    """Decode UTF-8 where it is, else Latin-1, which older editions have."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _udata_items(text: str, genres: list[str]) -> pl.DataFrame:
    parts = pl.DataFrame(
        {"parts": [line.split("|") for line in text.splitlines() if line]}, schema={"parts": pl.List(pl.String)}
    )
    first = len(["id", "title", "date", "video date", "address"])
    named = [
        pl.when(pl.col("parts").list.get(first + k, null_on_oob=True) == "1").then(pl.lit(genre))
        for k, genre in enumerate(genres)
        if genre not in NO_GENRE
    ]
    return _items(
        parts.select(
            item=pl.col("parts").list.get(0, null_on_oob=True),
            title=pl.col("parts").list.get(1, null_on_oob=True),
            categories=pl.concat_list(named).list.drop_nulls() if named else pl.lit([], dtype=pl.List(pl.String)),
        )
    )


def _dat_items(text: str) -> pl.DataFrame:
    lines = pl.Series("line", [line for line in text.splitlines() if line], dtype=pl.String)
    parts = lines.str.extract_groups(r"^([^:]+)::(.*)::([^:]*)$").struct.unnest()
    parts.columns = ["item", "title", "genres"]
    return _items(parts.with_columns(categories=_genres(pl.col("genres"))))


def _csv_items(path: Path) -> pl.DataFrame:
    schema = {"item": pl.String, "title": pl.String, "genres": pl.String}
    try:
        table = pl.read_csv(path, has_header=False, skip_lines=1, schema=schema)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged("movies.csv", error) from None
    return _items(table.with_columns(categories=_genres(pl.col("genres"))))


def _genres(column: pl.Expr) -> pl.Expr:
    names = pl.element().filter(~pl.element().is_in(NO_GENRE))
    return column.fill_null("").str.split("|").list.eval(names)


def _items(table: pl.DataFrame) -> pl.DataFrame:
    """Keep the first row of each movie, in the columns of an item table."""
    return (
        table.filter(pl.col("item").is_not_null())
        .unique("item", keep="first", maintain_order=True)
        .select("item", "title", "categories", text=pl.lit(None, dtype=pl.String))
    )

"""Amazon metadata, one product a line, as JSON (2018, 2023) or as Python literals (2014) -> item table."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tlbench.data.parsers.blocks import first_line
from tlbench.data.raw import READ_ERRORS, damaged

TEXT_LENGTH = 600
FIELDS = (
    "parent_asin",
    "asin",
    "title",
    "category",
    "categories",
    "main_category",
    "brand",
    "store",
    "description",
)
QUOTED = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""


def read_metadata(path: Path) -> pl.DataFrame:
    """Read titles, categories and text of products in a stream, plain or gzipped; other fields are skipped.

    Parameters
    ----------
    path
        A metadata file: one product a line with ``asin`` or ``parent_asin``.

    Returns
    -------
    polars.DataFrame
        Columns item, title, categories, text as in `tlbench.data.raw.Raw.items`; text is brand (or store) and
        description, the first 600 characters.

    Raises
    ------
    TlbenchError
        If the file is damaged, or a line is not a JSON object.
    """
    try:
        loose = first_line(path, label=path.name).startswith("{'")
        table = (_from_literals(path) if loose else _from_json(path)).collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError, *READ_ERRORS) as error:
        raise damaged(path.name, error) from None
    return table.filter(pl.col("item").is_not_null()).unique("item", keep="first", maintain_order=True)


def _from_json(path: Path) -> pl.LazyFrame:
    # Read as text, a field may be a text in one line and a list in the next; a list comes as JSON.
    lines = pl.scan_ndjson(path, schema={name: pl.String() for name in FIELDS})
    return lines.select(
        item=pl.coalesce("parent_asin", "asin"),
        title=pl.col("title").replace("", None),
        categories=_categories(),
        text=_text("brand", "store", "description"),
    )


def _categories() -> pl.Expr:
    """Lists of category names, from a list (2018) or one name (2023)."""
    names = pl.coalesce("category", "categories").replace(["", "[]"], None)
    one = pl.concat_list(pl.coalesce(names, "main_category")).list.drop_nulls()
    cleaned = pl.when(names.str.starts_with("[")).then(_quoted(names)).otherwise(one)
    return cleaned.list.unique(maintain_order=True)


def _quoted(column: pl.Expr) -> pl.Expr:
    """All quoted texts of a text, without quotes and escapes."""
    inner = pl.element().str.head(-1).str.tail(-1).str.replace_all(r"\\(.)", "${1}")
    return column.str.extract_all(QUOTED).list.eval(inner)


def _text(*columns: str) -> pl.Expr:
    """Text of several columns one after the other, lists of texts without their brackets."""
    plain = [
        pl.when(pl.col(name).str.starts_with("["))
        .then(pl.col(name).str.strip_chars('[]"').str.replace_all('", "', " ", literal=True))
        .otherwise(pl.col(name))
        for name in columns
    ]
    joined = pl.concat_str(plain, separator=" ", ignore_nulls=True).str.strip_chars()
    return joined.str.slice(0, TEXT_LENGTH).replace("", None)


def _from_literals(path: Path) -> pl.LazyFrame:
    """Lines as Python prints dictionaries, which is not JSON: single quotes, escapes of its own."""
    lines = pl.scan_csv(
        path, has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String}, encoding="utf8-lossy"
    )
    found = lines.select(*(_field(name) for name in ("asin", "title", "brand", "description")), "line")
    return found.select(
        item="asin",
        title=pl.col("title").replace("", None),
        categories=_quoted(pl.col("line").str.extract(r"'categories': \[(\[.*?\])\]")).list.unique(maintain_order=True),
        text=_text("brand", "description"),
    )


def _field(name: str) -> pl.Expr:
    pattern = f"'{name}': {QUOTED}"
    line = pl.col("line")
    value = pl.coalesce(line.str.extract(pattern, 1), line.str.extract(pattern, 2))
    return value.str.replace_all(r"\\n", " ").str.replace_all(r"\\(.)", "${1}").alias(name)

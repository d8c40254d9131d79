"""Amazon review data -> Raw: ratings CSV of 2014, 2018 and 2023, and metadata as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlbench.data.parsers.delimited import Layout, first_line, read_delimited
from tlbench.data.raw import READ_ERRORS, Raw, damaged
from tlbench.errors import TlbenchError

if TYPE_CHECKING:
    import polars as pl

CSV_2014 = Layout(("user", "item", "rating", "timestamp"))
CSV_2018 = Layout(("item", "user", "rating", "timestamp"))
CSV_2023 = Layout(("user", "item", "rating", "timestamp"), header=1, time_unit="ms")
HEADER_2023 = "user_id,parent_asin,rating,timestamp"

# Reviewer ids are A and 12 to 20 (2023: 27) letters and digits; product ids have 10 characters.
REVIEWER = r"^A[A-Z0-9]{11,27}$"
TEXT_LENGTH = 600


def read_2014(path: Path, *, lenient: bool) -> Raw:
    """Read ``user,item,rating,time`` without header."""
    return _right_way_round(read_delimited(path, CSV_2014, label=path.name, lenient=lenient), "amazon-csv-2018")


def read_2018(path: Path, *, lenient: bool) -> Raw:
    """Read ``item,user,rating,time`` without header."""
    return _right_way_round(read_delimited(path, CSV_2018, label=path.name, lenient=lenient), "amazon-csv-2014")


def read_2023(path: Path, *, lenient: bool) -> Raw:
    """Read ``user_id,parent_asin,rating,timestamp`` with header, time in milliseconds."""
    header = first_line(path, label=path.name)
    if header != HEADER_2023:
        raise TlbenchError(
            f"`{path.name}` begins with `{header[:60]}`, not with `{HEADER_2023}`",
            hint="without header it is of 2014 (user first) or 2018 (item first): correct `format` in the catalogue",
        )
    return _right_way_round(read_delimited(path, CSV_2023, label=path.name, lenient=lenient), "csv")


def _right_way_round(raw: Raw, other: str) -> Raw:
    """Refuse a file whose items look like reviewers and whose users do not: the columns are swapped."""
    import polars as pl

    share = raw.frame.head(10_000).select(pl.col("user", "item").str.contains(REVIEWER).mean()).row(0)
    if (share[1] or 0) > 0.5 > (share[0] or 0):
        raise TlbenchError(
            f"`{raw.label}` has reviewers in the item column (line {raw.lines([0])[0]}: `{raw.frame['item'][0]}`): "
            "users and items are swapped, so no user would be shared with another data set",
            hint=f'the file has another column order: use format = "{other}" in the catalogue',
        )
    return raw


def read_metadata(path: Path) -> pl.DataFrame:
    """Read titles, categories and text of products from JSON lines, plain or gzipped, in a stream.

    Parameters
    ----------
    path
        A metadata file: one JSON object a line with ``asin`` or ``parent_asin``.

    Returns
    -------
    polars.DataFrame
        Columns item, title, categories, text as in `Raw.items`; text is brand (or store) and description, the first
        600 characters.
    """
    import polars as pl

    wanted = (
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
    try:
        table = (
            pl.scan_ndjson(path, schema={name: pl.String() for name in wanted})
            .select(
                item=pl.coalesce("parent_asin", "asin"),
                title=pl.col("title").replace("", None),
                categories=_categories(),
                text=_joined("brand", "store", "description").str.slice(0, TEXT_LENGTH).replace("", None),
            )
            .collect()
        )
    except (pl.exceptions.PolarsError, OSError, *READ_ERRORS) as error:
        raise damaged(path.name, error) from None
    return table.filter(pl.col("item").is_not_null()).unique("item", keep="first", maintain_order=True)


def _categories() -> pl.Expr:
    """Lists of category names, from a list (2018), a list of lists (2014) or one name (2023)."""
    import polars as pl

    names = pl.coalesce("category", "categories").replace(["", "[]"], None)
    many = names.str.extract_all(r'"((?:[^"\\]|\\.)*)"').list.eval(
        pl.element().str.head(-1).str.tail(-1).str.replace_all(r"\\(.)", "${1}")
    )
    one = pl.concat_list(pl.coalesce(names, "main_category")).list.drop_nulls()
    cleaned = pl.when(names.str.starts_with("[")).then(many).otherwise(one)
    return cleaned.list.unique(maintain_order=True)


def _joined(*columns: str) -> pl.Expr:
    """Text of several columns, lists of texts without their brackets."""
    import polars as pl

    plain = [
        pl.when(pl.col(name).str.starts_with("["))
        .then(pl.col(name).str.strip_chars('[]"').str.replace_all('", "', " ", literal=True))
        .otherwise(pl.col(name))
        for name in columns
    ]
    return pl.concat_str(plain, separator=" ", ignore_nulls=True).str.strip_chars()

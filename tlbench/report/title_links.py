"""Links between titles -> lines for the terminal: how many, the best known and the most doubtful ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.titles import TitleLinks

EXAMPLES = 5
_TITLE = 34


def title_link_lines(found: TitleLinks, source: Interactions, target: Interactions) -> Iterable[str]:
    """Say how many items of a source and the target carry a matching title, with examples; 80 columns."""
    yield f"{source.name} -> {target.name}, by title"
    for domain in (source, target):
        yield f"  {domain.name}: {_titled(domain):,} of {domain.n_items:,} items have a title"
    exact, fuzzy = found.n_kept("exact"), found.n_kept("fuzzy")
    yield f"  target items with a matching title: {found.n_matched:,}"
    yield f"  linked: {exact + fuzzy:,} ({exact:,} exact, {fuzzy:,} fuzzy)"
    yield f"  collisions, given up because an item is linked elsewhere: {found.n_collisions:,}"
    kept = found.table.filter("kept")
    if kept.is_empty():
        return
    yield f"  {'score':<6}{'title in the source':<{_TITLE + 2}}title in the target"
    if len(kept) <= EXAMPLES:
        yield from _examples("all", kept)
        return
    yield from _examples("most popular", kept.head(EXAMPLES))
    yield from _examples("most doubtful", doubtful(kept).head(EXAMPLES))


def doubtful(kept: pl.DataFrame) -> pl.DataFrame:
    """Order kept links from the most doubtful: the lowest score, then the titles that differ most in length."""
    lengths = (pl.col(f"{side}_title").str.len_chars().cast(pl.Int64) for side in ("source", "target"))
    return kept.with_columns(apart=(next(lengths) - next(lengths)).abs()).sort(
        ["score", "apart", "source_item", "target_item"], descending=[False, True, False, False]
    )


def _examples(heading: str, rows: pl.DataFrame) -> Iterable[str]:
    yield f"  {heading}"
    for score, *titles in rows.select("score", "source_title", "target_title").rows():
        left, right = (_short(title) for title in titles)
        yield f"  {score:<6.2f}{left:<{_TITLE + 2}}{right}"


def _short(title: str) -> str:
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"


def _titled(domain: Interactions) -> int:
    return 0 if domain.item_table is None else domain.n_items - domain.item_table["title"].null_count()

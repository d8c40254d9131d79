"""Two domains without shared ids -> links between items whose titles name the same work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.scenario.title_keys import same_but_for_spelling, title_keys

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import I64
    from tlbench.data.interactions import Interactions

Ambiguous = Literal["popular", "drop"]
How = Literal["exact", "fuzzy"]
THRESHOLD = 0.9
RAREST = 3
SHORTEST = 6
COLUMNS = ("source_item", "target_item", "source_title", "target_title", "score", "how", "kept")


@dataclass(frozen=True, eq=False)
class TitleLinks:
    """Pairs of items whose titles name the same work.

    Attributes
    ----------
    table
        A row per pair, best first: ids and titles of both items, `score` (1 for equal normalised titles, else the
        similarity that was found), `how` (``exact`` or ``fuzzy``) and `kept`: False where another pair of the same
        item was taken instead.
    """

    table: pl.DataFrame

    @property
    def n_matched(self) -> int:
        """Number of target items whose title matches one of the source, kept or not."""
        return self.table["target_item"].n_unique()

    @property
    def n_collisions(self) -> int:
        """Number of pairs that were given up because one of their items is in another pair."""
        return int((~self.table["kept"]).sum())

    @property
    def kept(self) -> pl.DataFrame:
        """The pairs that link: `source_item`, `target_item` and `score`, each item once."""
        return self.table.filter("kept").select("source_item", "target_item", "score")

    def n_kept(self, how: How) -> int:
        """Number of kept pairs that were found exactly or fuzzily."""
        return int((self.table["kept"] & (self.table["how"] == how)).sum())


def link_titles(
    source: Interactions, target: Interactions, *, threshold: float = THRESHOLD, ambiguous: Ambiguous = "popular"
) -> TitleLinks:
    """Find items of two domains that are the same work by their titles.

    Parameters
    ----------
    source, target
        Domains with titles.
    threshold
        Least similarity of normalised titles for a fuzzy pair: 1 - (insertions + deletions) / (both lengths); 1 takes
        equal titles only. What differs must be spelling alone (`same_but_for_spelling`), and years must not
        contradict (by more than one).
    ambiguous
        Where an item has several pairs of the same score: take the one whose items are the most popular, or drop all.

    Returns
    -------
    TitleLinks
        All pairs, exact ones first; every item is in one kept pair at most.

    Raises
    ------
    TlbenchError
        If a domain has no titles.
    """
    left, right = _titled(source), _titled(target)
    pairs = _exact(left, right)
    if threshold < 1:
        pairs = _and_fuzzy(pairs, left, right, threshold)
    return TitleLinks(_resolved(_described(pairs, source, target), ambiguous))


def has_titles(domain: Interactions) -> bool:
    """Tell whether a domain knows the title of any item."""
    return domain.item_table is not None and domain.item_table["title"].null_count() < domain.n_items


def _titled(domain: Interactions) -> pl.DataFrame:
    """Keys of a domain's items: a row per item and key, with its year and whether it is the main title's key."""
    import polars as pl

    if not has_titles(domain) or domain.item_table is None:
        raise TlbenchError(
            f"no item of `{domain.name}` has a title, so none can be linked by it",
            hint=f"`tlbench data fetch {domain.name.split('/')[0]} --items` fetches titles where there are any",
        )
    rows = [
        (code, key, keys.year, position == 0)
        for code, title in enumerate(domain.item_table["title"])
        if title
        for keys in [title_keys(title)]
        for position, key in enumerate((keys.main, *keys.others))
        if key
    ]
    schema = {"code": pl.Int32, "key": pl.String, "year": pl.Int32, "main": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _exact(source: pl.DataFrame, target: pl.DataFrame) -> pl.DataFrame:
    """Pairs with an equal key, at least one of them of a main title, whose years do not contradict."""
    import polars as pl

    both = source.join(target, on="key", how="inner", suffix="_target", maintain_order="left_right")
    apart = (pl.col("year") - pl.col("year_target")).abs() > 1
    fitting = both.filter((pl.col("main") | pl.col("main_target")) & ~apart.fill_null(False))
    pairs = fitting.select("code", "code_target", score=pl.lit(1.0), how=pl.lit("exact"))
    return pairs.unique(["code", "code_target"], keep="first", maintain_order=True)


def _and_fuzzy(exact: pl.DataFrame, source: pl.DataFrame, target: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Add similar pairs of items that have no exact one."""
    import polars as pl
    from rapidfuzz import fuzz, process

    left = source.filter("main").join(exact, on="code", how="anti")
    right = target.filter("main").join(exact.select(code="code_target"), on="code", how="anti")
    near = _candidates(left, right)
    near = near.filter(~((pl.col("year") - pl.col("year_target")).abs() > 1).fill_null(False))
    if near.is_empty():
        return exact
    keys = (near[name].to_list() for name in ("key", "key_target"))
    scores = process.cpdist(*keys, scorer=fuzz.ratio, score_cutoff=100 * threshold)
    found = near.with_columns(score=pl.Series(scores.astype(np.float64) / 100)).filter(pl.col("score") >= threshold)
    same = [same_but_for_spelling(one, other) for one, other in found.select("key", "key_target").rows()]
    pairs = found.filter(pl.Series(same, dtype=pl.Boolean))
    return pl.concat([exact, pairs.select("code", "code_target", "score", how=pl.lit("fuzzy"))])


def _candidates(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share one of the three rarest words of each title, so that not all pairs need comparing."""
    import polars as pl

    sides = [
        side.select("code", side=pl.lit(k), word=pl.col("key").str.split(" ")) for k, side in enumerate((left, right))
    ]
    words = pl.concat(sides).explode("word").unique()
    rank = pl.struct("count", "word").rank("ordinal").over("side", "code")
    rare = words.with_columns(count=pl.len().over("word")).filter(rank <= RAREST)
    shared = rare.filter(pl.col("side") == 0).join(rare.filter(pl.col("side") == 1), on="word", suffix="_target")
    pairs = shared.select("code", "code_target").unique().sort("code", "code_target")
    long = pl.col("key").str.len_chars() >= SHORTEST
    with_left = pairs.join(left.filter(long).select("code", "key", "year"), on="code")
    return with_left.join(
        right.filter(long).select(code_target="code", key_target="key", year_target="year"), on="code_target"
    ).sort("code", "code_target")


def _described(pairs: pl.DataFrame, source: Interactions, target: Interactions) -> pl.DataFrame:
    """Ids, titles and popularity of both items of each pair."""
    out = pairs
    for side, domain in (("source", source), ("target", target)):
        code = "code" if side == "source" else "code_target"
        out = out.join(_about(domain, side, code), on=code, how="left", maintain_order="left")
    return out.drop("code", "code_target")


def _about(domain: Interactions, side: str, code: str) -> pl.DataFrame:
    import polars as pl

    titles = (
        pl.Series([None] * domain.n_items, dtype=pl.String) if domain.item_table is None else domain.item_table["title"]
    )
    popularity: I64 = np.bincount(domain.item, minlength=domain.n_items)
    return pl.DataFrame(
        {
            code: np.arange(domain.n_items, dtype=np.int32),
            f"{side}_item": domain.items,
            f"{side}_title": titles,
            f"{side}_popularity": popularity,
        }
    )


def _resolved(pairs: pl.DataFrame, ambiguous: Ambiguous) -> pl.DataFrame:
    """Take pairs from the best to the worst, each item once; of equal ones the most popular, or none."""
    import polars as pl

    order = ["score", "target_popularity", "source_popularity", "target_item", "source_item"]
    ranked = pairs.sort(order, descending=[True, True, True, False, False])
    if ambiguous == "drop":
        ties = pl.any_horizontal(pl.len().over(side, "score") > 1 for side in ("source_item", "target_item"))
        free = ranked.select(~ties).to_series().to_list()
    else:
        free = [True] * len(ranked)
    taken: tuple[set[str], set[str]] = set(), set()
    kept = []
    for (source, target), possible in zip(ranked.select("source_item", "target_item").rows(), free, strict=True):
        take = possible and source not in taken[0] and target not in taken[1]
        kept.append(take)
        if take:
            taken[0].add(source)
            taken[1].add(target)
    return ranked.with_columns(kept=pl.Series(kept, dtype=pl.Boolean)).select(COLUMNS)

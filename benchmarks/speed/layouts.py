"""Files of the publishers' layouts, made of random numbers, for measuring how fast they load."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl

BLOCK = 500_000
WORDS = "the book is good and I would read it again because of story with people who live far away"


def ratings_2014(path: Path, *, rows: int = 2_450_000, n_users: int = 600_000, n_items: int = 150_000) -> None:
    """``user,item,rating,time`` without header, 41 bytes per line: 100 MB at 2.45 million rows."""
    with path.open("wb") as file:
        for block in _blocks(rows, n_users, n_items):
            block.select(_id("user", "A", 13), _id("item", "B0", 8), "rating", "time").write_csv(
                file, include_header=False
            )


def ratings_2023(path: Path, *, rows: int = 30_000_000, n_users: int = 10_000_000, n_items: int = 4_000_000) -> None:
    """``user_id,parent_asin,rating,timestamp`` in milliseconds, with header, 58 bytes per line, as Books of 2023."""
    with path.open("wb") as file:
        file.write(b"user_id,parent_asin,rating,timestamp\n")
        for block in _blocks(rows, n_users, n_items):
            block.select(_id("user", "AE", 26), _id("item", "B0", 8), "rating", pl.col("time") * 1000).write_csv(
                file, include_header=False
            )


def reviews_2018(path: Path, *, rows: int = 1_000_000) -> None:
    """Gzipped JSON lines of reviews with text, 331 bytes per line before packing."""
    words = WORDS.split()
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, 27))[:80] for _ in range(2000)]
    with gzip.open(path, "wb", compresslevel=3) as file:
        for block in _blocks(rows, 200_000, 60_000):
            lines = block.select(
                pl.format(
                    '{"overall": {}, "verified": true, "reviewTime": "09 13, 2009", "reviewerID": "{}", "asin": "{}", '
                    '"style": {"Format:": " Hardcover"}, "reviewerName": "Somebody", "reviewText": "{}", '
                    '"summary": "as expected", "unixReviewTime": {}}'.replace("{}", "\0")
                    .replace("{", "{{")
                    .replace("}", "}}")
                    .replace("\0", "{}"),
                    "rating",
                    _id("user", "A", 13),
                    _id("item", "B0", 8),
                    pl.Series(np.array(texts)[rng.integers(0, len(texts), len(block))]),
                    "time",
                )
            )
            file.write(("\n".join(lines.to_series()) + "\n").encode())


def _blocks(rows: int, n_users: int, n_items: int):
    rng = np.random.default_rng(0)
    for start in range(0, rows, BLOCK):
        n = min(BLOCK, rows - start)
        popular = np.minimum((rng.pareto(0.8, n) * n_items / 3000).astype(np.int64), n_items - 1)
        yield pl.DataFrame(
            {
                "user": (rng.integers(0, n_users, n) * 7919) % (10**12 + 39),
                "item": (popular * 104_729) % (10**8 + 7),
                "rating": rng.integers(1, 6, n).astype(np.float64),
                "time": rng.integers(1_000_000_000, 1_400_000_000, n),
            }
        )


def _id(name: str, prefix: str, width: int) -> pl.Expr:
    return pl.concat_str(pl.lit(prefix), pl.col(name).cast(pl.String).str.zfill(width)).alias(name)

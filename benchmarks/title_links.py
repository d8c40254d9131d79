"""Count the title links of MovieLens latest-small and the dense Amazon movies, and say how many are right.

Run as ``python benchmarks/title_links.py`` with the local catalogue in ``TLBENCH_CATALOGUE``. The judgements are in
``tests/fixtures/title_links_sample.csv``; the interval is Clopper and Pearson's (1934, doi:10.1093/biomet/26.4.404).
"""

from __future__ import annotations

import csv
from pathlib import Path

from scipy.stats import binomtest

from tlbench.data import load
from tlbench.scenario.titles import link_titles

SAMPLE = Path(__file__).parents[1] / "tests" / "fixtures" / "title_links_sample.csv"
SOURCE, TARGET = "movielens@latest-small", "amazon-movies-dense"


def main() -> None:
    source, target = load(SOURCE), load(TARGET)
    links = link_titles(source, target)
    print(f"{SOURCE}: {source.n_items:,} items; {TARGET}: {target.n_items:,} items")
    print(f"items of {TARGET} with a matching title: {links.n_matched:,}")
    print(f"linked: {len(links.kept):,} ({links.n_kept('exact'):,} exact, {links.n_kept('fuzzy'):,} fuzzy)")
    print(f"pairs given up because one of their items is linked elsewhere: {links.n_collisions:,}")
    kept = set(links.kept.select("source_item", "target_item").rows())
    rows = list(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines()))
    judged = [row["same_work"] for row in rows if (row["source_item"], row["target_item"]) in kept]
    right = judged.count("yes")
    low, high = binomtest(right, len(judged)).proportion_ci(0.95, method="exact")
    print(f"right of {len(judged)} judged by hand: {right} ({right / len(judged):.2f}, 95 % [{low:.2f}, {high:.2f}])")


if __name__ == "__main__":
    main()

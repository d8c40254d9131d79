"""What `tlbench evaluate --source` says of a run that was made elsewhere, on a published pair.

Run ``python benchmarks/twins_foreign.py FOLDER`` with the local catalogue in ``TLBENCH_CATALOGUE``. The run is that of
item-based neighbours (cosines of the users' histories in both domains), in a few lines of scipy; the pair is sport ->
cloth of DisenCDR with its published training and test parts. Files go to FOLDER, then the command is run on them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy import sparse
from twins import published_part

LISTED = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        "source": published_part("sport_cloth", "train"),
        "train": published_part("cloth_sport", "train"),
        "test": published_part("cloth_sport", "test"),
    }
    for name, part in parts.items():
        part.write_csv(folder / f"{name}.csv")
    neighbours(**parts).write_csv(folder / "run.csv")
    command = [sys.executable, "-m", "tlbench", "evaluate", "--metrics", "ndcg@10", "--quiet"]
    named = {"--qrels": "test", "--run": "run", "--source": "source", "--target": "train"}
    options = [text for option, name in named.items() for text in (option, str(folder / f"{name}.csv"))]
    subprocess.run([*command, *options], check=True)


def neighbours(source: pl.DataFrame, train: pl.DataFrame, test: pl.DataFrame) -> pl.DataFrame:
    """Rank, for each test user, the target's items by the cosines with all items that the user touched."""
    users = pl.concat([source["user"], train["user"], test["user"]]).unique().sort()
    items = pl.concat([train["item"], test["item"]]).unique().sort()
    target, other = matrix(train, users, items), matrix(source, users, source["item"].unique().sort())
    both = sparse.csr_matrix(sparse.hstack([target, other]))
    length = np.sqrt(np.asarray(both.sum(axis=0)).ravel())
    unit = both @ sparse.diags(1 / np.maximum(length, 1))
    cosines = sparse.csr_matrix(unit.T @ unit[:, : len(items)])
    lists = []
    for user in users.search_sorted(test["user"].unique().sort()).to_list():
        scores = np.asarray((both[user] @ cosines).todense()).ravel()
        scores[target[user].indices] = 0
        best = np.argpartition(-scores, LISTED)[:LISTED]
        lists += [(users[user], items[int(item)], float(scores[item])) for item in best if scores[item] > 0]
    return pl.DataFrame(lists, schema=["user", "item", "score"], orient="row")


def matrix(events: pl.DataFrame, users: pl.Series, items: pl.Series) -> sparse.csr_matrix:
    """Who touched what: ones, shape (n_users, n_items)."""
    row, column = users.search_sorted(events["user"]).to_numpy(), items.search_sorted(events["item"]).to_numpy()
    return sparse.csr_matrix((np.ones(len(events)), (row, column)), shape=(len(users), len(items)))


if __name__ == "__main__":
    main()

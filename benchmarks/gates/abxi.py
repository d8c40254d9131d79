"""Rank our methods on exactly the split of ABXI (WWW 2025) and print them beside its published rows.

Food and kitchen, beauty and electronics: of every user's merged history the last event tests, the one before it
validates, and the positive is ranked among 999 random unseen items of its own domain. Run as ``python
benchmarks/gates/abxi.py --out FOLDER``.

Source: Bian et al. 2025, "ABXI: Invariant Interest Adaptation for Task-Guided Cross-Domain Sequential Recommendation",
doi:10.1145/3696410.3714819; figures (five seeds, mean and standard deviation) from the README of its code.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from common import catalogue_entry, default_folder, tlbench

METRICS = ("hit@10", "ndcg@10", "mrr@1000")
NEGATIVES = 999
BASELINES = "popularity,item-knn,user-knn,rp3beta,ease,slim,ials,bpr-mf,sasrec,own-bitgcf"
METHODS = "pooled-item-knn,cmf,emcdr,knn-transfer,merged-sasrec,bitgcf"


@dataclass(frozen=True)
class Direction:
    """One target of one pair, and ABXI's published mean and standard deviation of each of `METRICS`.

    `pair` names the file, `domain` is 0 for its A and 1 for its B.
    """

    pair: str
    domain: int
    source: str
    target: str
    published: tuple[tuple[float, float], ...]

    @property
    def scenario(self) -> str:
        """How tlbench names it."""
        return f"{self.source}->{self.target}"


DIRECTIONS = (
    Direction("afk", 0, "kitchen", "food", ((0.3243, 0.0015), (0.1971, 0.0019), (0.1655, 0.0026))),
    Direction("afk", 1, "food", "kitchen", ((0.2438, 0.0037), (0.1427, 0.0023), (0.1219, 0.0017))),
    Direction("abe", 0, "electronics", "beauty", ((0.3778, 0.0027), (0.2200, 0.0035), (0.1805, 0.0026))),
    Direction("abe", 1, "beauty", "electronics", ((0.2328, 0.0059), (0.1340, 0.0017), (0.1160, 0.0014))),
)
EXPECTED = {
    "afk": {"users": 7144, "items": (11837, 16258), "events": (83663, 89885), "tested": (2419, 4725)},
    "abe": {"users": 4474, "items": (10379, 14188), "events": (50329, 63800), "tested": (1875, 2599)},
}


def read_events(folder: Path, pair: str) -> pl.DataFrame:
    """Read the merged histories.

    Returns
    -------
    polars.DataFrame
        A row per event in merged order: ``user`` and ``item`` (String), ``timestamp`` (Int64, seconds UTC), ``domain``
        (0 or 1), and ``left``: how many events of the user follow.
    """
    mapped = json.loads((folder / f"{pair}_map_item_50.txt").read_text(encoding="utf-8"))
    domain_of = {str(number): domain for number, domain in mapped.values()}
    rows = []
    with (folder / f"{pair}_50_preprocessed.txt").open(encoding="utf-8") as lines:
        for line in lines:
            user, *events = line.split()
            for place, event in enumerate(events):
                item, moment = event.split("|")
                rows.append((user, item, int(moment), domain_of[item], len(events) - 1 - place))
    return pl.DataFrame(rows, schema=["user", "item", "timestamp", "domain", "left"], orient="row")


def check_counts(events: pl.DataFrame, pair: str) -> None:
    """Stop where users, items, events or tested users are not those of the paper's files."""
    expected = EXPECTED[pair]
    found = {
        "users": events["user"].n_unique(),
        "items": tuple(events.filter(domain=d)["item"].n_unique() for d in (0, 1)),
        "events": tuple(events.filter(domain=d).height for d in (0, 1)),
        "tested": tuple(events.filter(domain=d, left=0).height for d in (0, 1)),
    }
    wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
    if wrong:
        raise SystemExit(f"{pair}: counts (found, expected) differ: {wrong}")


def prepare(events: pl.DataFrame, direction: Direction, out: Path) -> None:
    """Write both domains and a catalogue.

    The files know the day of an event. Its place in the user's history is added as seconds, so that events of one day
    keep the published order.
    """
    out.mkdir(parents=True, exist_ok=True)
    ordered = events.with_columns(timestamp=pl.col("timestamp") + pl.int_range(pl.len()).over("user"))
    for role, domain in (("source", 1 - direction.domain), ("target", direction.domain)):
        ordered.filter(domain=domain).select("user", "item", "timestamp").write_csv(out / f"{role}.csv")
    entries = [
        catalogue_entry(getattr(direction, role), f"{role}.csv", user_ids=direction.pair, item_ids=role, time=True)
        for role in ("source", "target")
    ]
    (out / "catalogue.toml").write_text("schema = 1\n" + "".join(entries), encoding="utf-8")


def run(events: pl.DataFrame, direction: Direction, *options: str, out: Path) -> dict[str, dict[str, float]]:
    """Run methods in one direction and return the mean of each metric by method."""
    with tempfile.TemporaryDirectory(prefix="tlbench-abxi-") as work:
        data = Path(work)
        prepare(events, direction, data)
        tlbench(
            "run", direction.scenario, "--catalogue", str(data / "catalogue.toml"), "--protocol", "merged-last-out",
            "--candidates", f"uniform:{NEGATIVES}", "--k-core", "1", "--twins", "keep", "--metrics", ",".join(METRICS),
            "--links", "none", "--out", str(out), "--quiet", *options, codes=(0, 1),
        )  # fmt: skip
    report = json.loads(tlbench("report", str(out), "--format", "json"))
    methods = report["scenarios"][0]["methods"]
    return {row["method"]: row["test"] for row in methods if row["placebo"] is None}


def table(direction: Direction, means: dict[str, dict[str, float]]) -> str:
    """Render one direction as a Markdown table, ABXI's row among ours by the second metric."""
    rows = [(name, [values[metric] for metric in METRICS]) for name, values in means.items()]
    ours = [(f"`{name}`", values, [f"{value:.4f}" for value in values]) for name, values in rows]
    published = [mean for mean, _ in direction.published]
    theirs = ("**ABXI, published**", published, [f"{mean:.4f} ± {error:.4f}" for mean, error in direction.published])
    lines = [f"| {direction.scenario} | " + " | ".join(METRICS) + " |", "|---|" + "--:|" * len(METRICS)]
    for name, _, cells in sorted([*ours, theirs], key=lambda row: -row[1][1]):
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_folder("abxi"), help="folder of the files")
    parser.add_argument("--methods", default=METHODS, help=f"transfer methods, by default {METHODS}")
    parser.add_argument("--baselines", default=BASELINES, help=f"target-only methods, by default {BASELINES}")
    parser.add_argument("--tune", type=int, default=0, help="trials of tuning of each method, by default 0")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, a folder per direction in it")
    arguments = parser.parse_args()
    chosen = ("--methods", arguments.methods, "--baselines", arguments.baselines, "--tune", str(arguments.tune))
    for direction in DIRECTIONS:
        events = read_events(arguments.data, direction.pair)
        check_counts(events, direction.pair)
        folder = arguments.out / f"{direction.source}--{direction.target}"
        print(table(direction, run(events, direction, *chosen, out=folder)) + "\n", flush=True)


if __name__ == "__main__":
    main()

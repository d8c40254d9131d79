"""Run our methods on the scenario of Table 2 of CD-CDR (SIGIR 2025) and print them beside the published rows.

Fetches Amazon 2014 Sports and Clothing from their publisher, takes the 5-core of each, checks the counts of the paper
line by line, deals every user's interactions 8:1:1 to training, validation and test, and ranks the whole catalogue. A
source gives its training part only. Run as ``python benchmarks/gates/cdcdr.py --out FOLDER``.

The paper's random split is not published, so that figures agree within the noise of another draw at best.
Source: SIGIR 2025, Table 2, with MF, CMF, UniCDR and CUT-LightGCN as its authors ran them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from common import catalogue_entry, tlbench

from tlbench.data import load
from tlbench.data.cleaning import k_core
from tlbench.data.interactions import Interactions
from tlbench.rng import stream

METRICS = ("recall@10", "ndcg@10")
SHARES = (0.8, 0.1)


@dataclass(frozen=True)
class Counts:
    """What a paper says of its data."""

    users: int
    items: int
    interactions: int


@dataclass(frozen=True)
class Domain:
    """One domain: its short name, the data set, its counts after the 5-core, and published `METRICS` as a target."""

    name: str
    dataset: str
    counts: Counts
    published: dict[str, tuple[float, float]] = field(hash=False)


SPORTS = Domain(
    "sports",
    "amazon-sports-and-outdoors@2014",
    Counts(35_598, 18_357, 296_337),
    {
        "MF": (0.0492, 0.0270),
        "CMF": (0.0545, 0.0293),
        "UniCDR": (0.0624, 0.0340),
        "CUT-LightGCN": (0.0653, 0.0364),
        "CD-CDR": (0.0695, 0.0384),
    },
)
CLOTHING = Domain(
    "clothing",
    "amazon-clothing-shoes-and-jewelry@2014",
    Counts(39_387, 23_033, 278_677),
    {
        "MF": (0.0243, 0.0137),
        "CMF": (0.0291, 0.0157),
        "UniCDR": (0.0433, 0.0239),
        "CUT-LightGCN": (0.0441, 0.0252),
        "CD-CDR": (0.0464, 0.0286),
    },
)
SHARED_USERS = 3_908


def mismatches(loaded: dict[Domain, Interactions], shared: int) -> list[str]:
    """Say in a line per count where the data are not the paper's; `shared` is the expected number of shared users."""
    first, second = loaded.values()
    rows = [
        (f"{domain.name}: {name}", getattr(domain.counts, name), found)
        for domain, data in loaded.items()
        for name, found in (("users", data.n_users), ("items", data.n_items), ("interactions", len(data)))
    ]
    rows.append(("shared users", shared, len(set(first.users) & set(second.users))))
    return [f"{what}: {found:,}, the paper has {expected:,}" for what, expected, found in rows if expected != found]


def dealt(data: Interactions, name: str) -> pl.DataFrame:
    """Deal every user's interactions to the parts 8:1:1 at random.

    Returns
    -------
    polars.DataFrame
        ``user``, ``item`` (String) and ``part`` (train, validation or test).
    """
    order = stream(0, "cdcdr", name).permutation(len(data))
    order = order[np.argsort(data.user[order], kind="stable")]
    counts = np.bincount(data.user, minlength=data.n_users)
    place = (np.arange(len(data)) - np.repeat(np.cumsum(counts) - counts, counts)) / np.repeat(counts, counts)
    part = np.select([place < SHARES[0], place < sum(SHARES)], ["train", "validation"], "test")
    return pl.DataFrame(
        {"user": data.users.gather(data.user[order]), "item": data.items.gather(data.item[order]), "part": part}
    )


def prepare(target: pl.DataFrame, source: pl.DataFrame, out: Path) -> None:
    """Write the target with its split, the training part of the source, and a catalogue of both."""
    (out / "given").mkdir(parents=True)
    target.select("user", "item").write_csv(out / "target.csv")
    source.filter(part="train").select("user", "item").write_csv(out / "source.csv")
    for part in ("train", "validation", "test"):
        target.filter(part=part).select("user", "item").write_csv(out / "given" / f"{part}.csv")
    entries = [catalogue_entry(role, f"{role}.csv", user_ids="amazon", item_ids=role) for role in ("source", "target")]
    (out / "catalogue.toml").write_text("schema = 1\n" + "".join(entries), encoding="utf-8")


def run(target: pl.DataFrame, source: pl.DataFrame, *, tune: int, out: Path) -> dict[str, tuple[float, ...]]:
    """Run all methods in one direction and return `METRICS` by method."""
    with tempfile.TemporaryDirectory(prefix="tlbench-cdcdr-") as work:
        prepare(target, source, Path(work))
        tlbench(
            "run", "source->target", "--catalogue", f"{work}/catalogue.toml", "--protocol", f"given:{work}/given",
            "--k-core", "1", "--metrics", ",".join(METRICS), "--links", "none", "--placebo", "--tune", str(tune),
            "--out", str(out), "--quiet", codes=(0, 1),
        )  # fmt: skip
    report = json.loads(tlbench("report", str(out), "--format", "json"))
    rows = report["scenarios"][0]["methods"]
    return {row["method"]: tuple(row["test"][name] for name in METRICS) for row in rows if row["placebo"] is None}


def table(target: Domain, means: dict[str, tuple[float, ...]]) -> str:
    """Render our rows and the published ones as a Markdown table, the best ndcg@10 first."""
    rows = [(f"`{name}`", values) for name, values in means.items()]
    rows += [(f"**{name}, published**", values) for name, values in target.published.items()]
    lines = [f"| -> {target.name} | " + " | ".join(METRICS) + " |", "|---|" + "--:|" * len(METRICS)]
    for name, values in sorted(rows, key=lambda row: -row[1][1]):
        lines.append(f"| {name} | " + " | ".join(f"{value:.4f}" for value in values) + " |")
    return "\n".join(lines)


def gate(domains: tuple[Domain, Domain], shared: int, *, catalogue: Path | None, tune: int, out: Path) -> list[str]:
    """Load both domains, check the counts, run both directions and render their tables.

    Raises
    ------
    SystemExit
        Where counts differ, with a line per count.
    """
    loaded = {domain: k_core(load(domain.dataset, catalogue=catalogue), 5) for domain in domains}
    wrong = mismatches(loaded, shared)
    if wrong:
        raise SystemExit("counts differ, so nothing was run\n" + "\n".join(wrong))
    parts = {domain: dealt(data, domain.name) for domain, data in loaded.items()}
    directions = (domains, domains[::-1])
    return [
        table(target, run(parts[target], parts[source], tune=tune, out=out / f"{source.name}--{target.name}"))
        for source, target in directions
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, help="local catalogue with the two data sets, by default none")
    parser.add_argument("--tune", type=int, default=20, help="trials of tuning of each method, by default 20")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results, a folder per direction in it")
    arguments = parser.parse_args()
    tables = gate(
        (CLOTHING, SPORTS), SHARED_USERS, catalogue=arguments.catalogue, tune=arguments.tune, out=arguments.out
    )
    print("\n\n".join(tables))


if __name__ == "__main__":
    main()

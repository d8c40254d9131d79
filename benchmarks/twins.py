"""What twins do to the verdicts on published pairs: with all items, without twins, and without as many others.

Run ``python benchmarks/twins.py [--only sport-cloth ...] [--methods ...] [--out benchmarks/results/twins.csv]`` with
the local catalogue in ``TLBENCH_CATALOGUE``; published files are looked for in ``gates/`` beside it. Every line of the
table is one transfer method against its counterpart, in one setting, on one variant of the source:

- ``all``: the source as it was published;
- ``without``: without the items that have a twin in the target;
- ``control-1``, ``control-2``, ...: without as many other items, of the same popularity.

``--rule published`` calls an item a twin where two users and half of the users of either item coincide; ``--rule
default`` takes what `tlbench` drops by default. A line that is in the table already is not computed again.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tlbench.data import load
from tlbench.data.interactions import Interactions, Provenance
from tlbench.pipeline import run_suite
from tlbench.plugins import register_all
from tlbench.registry import DATASETS, DatasetEntry
from tlbench.rng import stream
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.twins import find_twins
from tlbench.scenario.twins.common import common_pairs
from tlbench.scenario.twins.listings import make_listings
from tlbench.suite import Suite

METHODS = ("pooled-item-knn", "knn-transfer", "cmf", "emcdr")
FIELDS = (
    "pair", "setting", "rule", "variant", "method", "counterpart", "metric", "users", "value", "counterpart_value",
    "gain", "low", "high", "outcome", "source_items", "source_events", "removed_items", "removed_events",
)  # fmt: skip
SETTINGS = {"warm": "leave-n-out:1", "cold": "cold-start:0.5"}


@dataclass(frozen=True)
class Pair:
    """A published pair: folder names in ``gates/disencdr``, or data sets of the catalogue."""

    name: str
    source: str
    target: str
    published: bool


PAIRS = tuple(
    Pair(f"{source}-{target}", f"{source}_{target}", f"{target}_{source}", True)
    for one, other in (("sport", "cloth"), ("electronic", "phone"), ("sport", "phone"), ("electronic", "cloth"))
    for source, target in ((one, other), (other, one))
) + tuple(
    Pair(name, f"amazon-{source}", f"amazon-{target}", False)
    for name, source, target in (
        ("food-kitchen", "grocery-overlap", "home-overlap"),
        ("beauty-electronics", "beauty-overlap", "electronics-overlap"),
        ("arts-office", "arts-overlap", "office-overlap"),
        ("movies-books", "movies-dense", "books-dense"),
        ("books-movies", "books-dense", "movies-dense"),
    )
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=[pair.name for pair in PAIRS], help="default: all pairs")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--settings", nargs="*", default=list(SETTINGS), choices=[*SETTINGS, "given", "given-999"])
    parser.add_argument("--rule", default="published", choices=["published", "default"])
    parser.add_argument("--controls", type=int, default=3, help="draws of equally popular items")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "twins.csv")
    asked = parser.parse_args()
    register_all()
    asked.out.parent.mkdir(exist_ok=True)
    for pair in PAIRS:
        if not asked.only or pair.name in asked.only:
            audit(pair, asked)


def audit(pair: Pair, asked: argparse.Namespace) -> None:
    """Add the lines of one pair that the table lacks."""
    source, target = (read(name, pair.published) for name in (pair.source, pair.target))
    twins = twins_of(source, target, asked.rule)
    for variant, kept, removed in variants(source, twins, asked.controls):
        for setting in asked.settings:
            done = {
                (row["pair"], row["setting"], row["rule"], row["variant"], row["method"]) for row in rows(asked.out)
            }
            wanted = [name for name in asked.methods if (pair.name, setting, asked.rule, variant, name) not in done]
            if wanted and not (setting.startswith("given") and not pair.published):
                facts = {
                    "pair": pair.name, "setting": setting, "rule": asked.rule, "variant": variant,
                    "source_items": source.n_items, "source_events": len(source),
                    "removed_items": len(removed), "removed_events": len(source) - len(kept),
                }  # fmt: skip
                append(asked.out, [{**facts, **line} for line in judged(kept, target, pair, setting, wanted)])


def twins_of(source: Interactions, target: Interactions, rule: str) -> np.ndarray:
    """Codes of the source's items that are twins, int64, ascending."""
    if rule == "default":
        return np.unique(find_twins(source, target).same["left"].to_numpy())
    return np.unique(equal_users(source, target, least_jaccard=0.5, within=False)[:, 0])


def equal_users(left: Interactions, right: Interactions, *, least_jaccard: float, within: bool) -> np.ndarray:
    """Pairs of items with two common users and more and such a Jaccard index: codes and number of common users."""
    both = sorted(set(left.users) & set(right.users))
    code = {user: place for place, user in enumerate(both)}
    sides = [
        make_listings(domain, np.array([code.get(user, -1) for user in domain.users]), len(both))
        for domain in (left, right)
    ]
    return common_pairs(*sides, least_jaccard=least_jaccard, within=within)


def variants(source: Interactions, twins: np.ndarray, controls: int) -> Iterator[tuple[str, Interactions, np.ndarray]]:
    """The source as it is, without twins, and without as many items of the same popularity that are none."""
    yield "all", source, twins[:0]
    yield "without", without(source, twins), twins
    for draw in range(1, controls + 1):
        others = equally_popular(source, twins, stream(draw, "control", source.name))
        yield f"control-{draw}", without(source, others), others


def without(source: Interactions, items: np.ndarray) -> Interactions:
    return source.keep(~np.isin(source.item, items), "items removed")


def equally_popular(source: Interactions, twins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each twin, the most popular first, the unused item of the nearest popularity; a random one among equals."""
    popularity = np.bincount(source.item, minlength=source.n_items)
    free = np.setdiff1d(np.arange(source.n_items), twins)
    free = free[np.lexsort((rng.random(len(free)), popularity[free]))]
    taken = np.zeros(len(free), dtype=bool)
    for twin in twins[np.argsort(-popularity[twins], kind="stable")]:
        left = np.flatnonzero(~taken)
        taken[left[np.argmin(np.abs(popularity[free[left]] - popularity[twin]))]] = True
    return np.sort(free[taken])


def judged(
    source: Interactions, target: Interactions, pair: Pair, setting: str, methods: list[str]
) -> Iterator[dict[str, object]]:
    """Run methods and counterparts, and say what the verdict on each method is."""
    names = f"audit-source-{pair.name}", f"audit-target-{pair.name}"
    for name, domain in zip(names, (source, target), strict=True):
        DATASETS._entries[name] = DatasetEntry(name, lambda domain=domain: domain, domain.user_ids, "audit", "audit")
    with tempfile.TemporaryDirectory() as folder:
        protocol = SETTINGS.get(setting) or f"given:{publish(pair, target, Path(folder) / 'given')}"
        suite = Suite(
            name="audit",
            scenarios=(parse_scenario(f"{names[0]}->{names[1]}"),),
            methods=tuple(methods),
            baselines=("popularity",),
            metrics=("ndcg@10",),
            protocol=protocol,
            candidates="uniform:999" if setting == "given-999" else None,
            k_core=1,
            links="none",
        )
        found = run_suite(suite, Path(folder) / "out").scenarios[0]
    for judgement in found.judgements:
        comparison = judgement.counterpart.comparison
        if comparison is None:
            raise RuntimeError(judgement.counterpart.reason)
        yield {
            "method": judgement.method, "counterpart": comparison.control, "metric": comparison.metric,
            "users": comparison.n_users, "value": comparison.candidate_mean,
            "counterpart_value": comparison.control_mean, "gain": comparison.relative,
            "low": comparison.relative_low, "high": comparison.relative_high,
            "outcome": str(judgement.counterpart.outcome),
        }  # fmt: skip


def read(name: str, published: bool) -> Interactions:
    """Read a domain: all events, whichever part the publisher put them in."""
    if not published:
        return load(name)
    events = pl.concat([published_part(name, part) for part in ("train", "test")])
    users, items = (events[column].unique(maintain_order=True) for column in ("user", "item"))
    code = [dict(zip(ids.to_list(), range(len(ids)), strict=True)) for ids in (users, items)]
    return Interactions(
        name=name,
        users=users.alias("user"),
        items=items.alias("item"),
        user=np.array([code[0][user] for user in events["user"]], dtype=np.int32),
        item=np.array([code[1][item] for item in events["item"]], dtype=np.int32),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids=f"published {'-'.join(sorted(name.split('_')))}",
        item_ids=name,
        rating_scale=None,
        provenance=Provenance(origin=name, sha256=name, parser="published/1"),
    ).keep(np.ones(len(events), dtype=np.bool_), "as published")


def published_part(name: str, part: str) -> pl.DataFrame:
    """Columns `user` and `item` of a published file; items have the domain's name before their number."""
    folder = Path(os.environ["TLBENCH_CATALOGUE"]).parent / "gates" / "disencdr"
    with gzip.open(folder / name / f"{part}.txt.gz", "rt", encoding="utf-8") as file:
        pairs = [line.split()[:2] for line in file]
    return pl.DataFrame(
        {"user": [f"u{user}" for user, _ in pairs], "item": [f"{name}-{item}" for _, item in pairs]}
    ).unique(maintain_order=True)


def publish(pair: Pair, target: Interactions, folder: Path) -> Path:
    """Write the published split for protocol ``given``; a tenth of the training part, drawn per event, validates."""
    folder.mkdir()
    whole = published_part(pair.target, "train")
    held = stream(0, "validation", target.name).random(len(whole)) < 0.1
    whole.filter(~pl.Series(held)).write_csv(folder / "train.csv")
    whole.filter(pl.Series(held)).write_csv(folder / "validation.csv")
    published_part(pair.target, "test").write_csv(folder / "test.csv")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []


def append(path: Path, lines: list[dict[str, object]]) -> None:
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        for line in lines:
            shown = {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in line.items()}
            writer.writerow(shown)
            print(", ".join(str(shown[key]) for key in ("pair", "setting", "variant", "method", "gain", "outcome")))


if __name__ == "__main__":
    main()

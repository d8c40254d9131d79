"""What twins do to the verdicts on published pairs: with all items, without twins, and without as many others.

Run ``python benchmarks/twins.py [--only sport-cloth ...] [--settings k-fold ...] [--methods ...] [--out FILE]`` with
the local catalogue in ``TLBENCH_CATALOGUE``; published files are looked for in ``gates/`` beside it. Every run is one
of ``--twins keep``, which fits each transfer method on the source as it is (``all``), without the items that have a
twin in the target (``without``), and without as many others, equally popular, in three draws (``control-1`` ...); a
second one, of the default, is ``default``. Every line of the table is one method against its counterpart on one of
them. A pair and setting whose lines are all there is not run again.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from tlbench.analysis.summary import ScenarioFindings
from tlbench.data import load
from tlbench.data.interactions import Interactions, Provenance
from tlbench.pipeline import run_suite
from tlbench.plugins import register_all
from tlbench.registry import DATASETS, DatasetEntry
from tlbench.rng import stream
from tlbench.scenario.grammar import parse_scenario
from tlbench.split.protocol import Protocol
from tlbench.stats.comparison import Comparison
from tlbench.suite import Suite
from tlbench.values import Metric, TwinPolicy

METHODS = ("pooled-item-knn", "knn-transfer", "cmf", "emcdr")
FIELDS = (
    "pair", "setting", "variant", "method", "counterpart", "metric", "users", "value", "counterpart_value",
    "gain", "low", "high", "verdict", "source_items", "source_events", "twins", "twin_events", "exposed",
)  # fmt: skip
SETTINGS = {"k-fold": "k-fold:5", "cold": "cold-start:4", "given": "given", "given-999": "given"}


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
    parser.add_argument("--settings", nargs="*", default=["k-fold", "cold"], choices=list(SETTINGS))
    parser.add_argument("--k-core", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "twins.csv")
    asked = parser.parse_args()
    register_all()
    for pair in PAIRS:
        if not asked.only or pair.name in asked.only:
            source, target = (read(name, pair.published) for name in (pair.source, pair.target))
            for setting in asked.settings:
                done = {(row["pair"], row["setting"], row["method"]) for row in rows(asked.out)}
                wanted = [name for name in asked.methods if (pair.name, setting, name) not in done]
                if wanted and (pair.published or not setting.startswith("given")):
                    append(asked.out, lines(pair, setting, (source, target), wanted, k_core=asked.k_core))


def lines(
    pair: Pair, setting: str, domains: tuple[Interactions, Interactions], methods: list[str], *, k_core: int
) -> Iterator[dict[str, object]]:
    """Run a pair with its twins and by default, and say what each method gains on each variant of the source."""
    for twins in ("keep", "drop"):
        found = judged(pair, setting, domains, methods, twins=twins, k_core=k_core)
        told = found.counts.twins[0]
        facts = {
            "pair": pair.name, "setting": setting, "metric": "ndcg@10", "users": found.counts.judged_users,
            "source_items": told.of_items, "source_events": told.of_events, "twins": told.items,
            "twin_events": told.events, "exposed": found.counts.exposed_share,
        }  # fmt: skip
        for judgement in found.judgements:
            whole = judgement.counterpart.comparison
            if whole is None:
                raise RuntimeError(judgement.counterpart.reason)
            verdict = str(judgement.counterpart.outcome)
            yield {**facts, "variant": "all" if twins == "keep" else "default", **numbers(whole), "verdict": verdict}
            parts = found.twin_parts.get(judgement.method)
            if parts is not None:
                yield {**facts, "variant": "without", **numbers(parts.without), "method": judgement.method}
                for draw, gain in enumerate(parts.draws, start=1):
                    base = parts.gain.base_mean
                    values = {"value": base + gain, "counterpart_value": base, "gain": gain / base}
                    names = {"method": judgement.method, "counterpart": whole.control}
                    yield {**facts, "variant": f"control-{draw}", **names, **values}


def numbers(comparison: Comparison) -> dict[str, object]:
    """Names, means, and the gain with its interval."""
    return {
        "method": comparison.candidate, "counterpart": comparison.control, "value": comparison.candidate_mean,
        "counterpart_value": comparison.control_mean, "gain": comparison.relative, "low": comparison.relative_low,
        "high": comparison.relative_high,
    }  # fmt: skip


def judged(
    pair: Pair,
    setting: str,
    domains: tuple[Interactions, Interactions],
    methods: list[str],
    *,
    twins: TwinPolicy,
    k_core: int,
) -> ScenarioFindings:
    """Run methods and counterparts on a pair."""
    names = f"audit-source-{pair.name}", f"audit-target-{pair.name}"
    for name, domain in zip(names, domains, strict=True):
        DATASETS.replace(DatasetEntry(name, partial(as_it_is, domain), domain.user_ids, "audit", "audit"))
    with tempfile.TemporaryDirectory() as folder:
        protocol = SETTINGS[setting]
        if protocol == "given":
            protocol = f"given:{publish(pair, domains[1], Path(folder) / 'given')}"
        suite = Suite(
            name="audit",
            scenarios=(parse_scenario(f"{names[0]}->{names[1]}"),),
            methods=tuple(methods),
            baselines=("popularity",),
            metrics=(Metric("ndcg@10"),),
            protocol=Protocol.parse(protocol),
            candidates="uniform:999" if setting == "given-999" else None,
            k_core=k_core,
            links="none",
            placebo=False,
            twins=twins,
        )
        return run_suite(suite, Path(folder) / "out").scenarios[0]


def as_it_is(domain: Interactions) -> Interactions:
    return domain


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


def append(path: Path, lines: Iterable[dict[str, object]]) -> None:
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        for line in lines:
            shown = {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in line.items()}
            writer.writerow(shown)
            print(", ".join(str(shown[key]) for key in ("pair", "setting", "variant", "method", "gain")))


if __name__ == "__main__":
    main()

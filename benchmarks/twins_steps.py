"""Which step of the judging moves a gain when twins are dealt with: a ladder of rules, from a naive one to the default.

Run ``python benchmarks/twins_steps.py [--only movies-books ...] [--draws 10] [--out FILE]`` with the local catalogue in
``TLBENCH_CATALOGUE``; published files are looked for in ``gates/`` beside it. Each rung changes one thing, and runs on
the same ten draws of the split as the others, since the gain of one draw says little of the rule: one line per rung,
method and draw.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from twins import PAIRS, Pair, equal_users, read, twins_of, without

from tlbench.data.cleaning import superseded
from tlbench.data.interactions import Interactions
from tlbench.evaluation import Cell, fit_stream, measure
from tlbench.metrics.base import parse_metrics
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.scenario.twins import find_double_listings
from tlbench.scenario.twins.groups import complete_groups
from tlbench.split.split import make_split
from tlbench.split.training import Split, Training

METRICS = parse_metrics(["ndcg@10"])
FIELDS = ("pair", "rung", "protocol", "draw", "method", "counterpart", "users", "value", "counterpart_value", "gain")


@dataclass(frozen=True)
class Rung:
    """One rule.

    Attributes
    ----------
    name
        What it changes against the one before it.
    merge
        Which double listings become one item: none, those of which 80 % of the users of either and three at least
        coincide, or those that `tlbench` finds.
    merge_source
        Whether the source's become one item too.
    across
        Which twins leave the source: none, or by a rule of ``twins.py``.
    refit
        Whether judged models are fitted on training and validation parts, or on the training part alone.
    k_core
        Least number of interactions per user and item.
    """

    name: str
    merge: Literal["none", "coinciding", "found"] = "none"
    merge_source: bool = False
    across: Literal["none", "published", "default"] = "none"
    refit: bool = False
    k_core: int = 5


LADDERS: dict[str, tuple[tuple[Rung, ...], str, tuple[str, ...]]] = {
    "movies-books": (
        (
            Rung("as listed"),
            Rung("target merged, users coincide", "coinciding"),
            Rung("fitted on validation too", "coinciding", refit=True),
            Rung("target merged, as found", "found", refit=True),
            Rung("source merged", "found", merge_source=True, refit=True),
            Rung("twins across removed", "found", merge_source=True, across="default", refit=True),
            Rung("no k-core", "found", merge_source=True, across="default", refit=True, k_core=1),
        ),
        "ratio",
        ("pooled-ease", "pooled-item-knn"),
    ),
    "sport-cloth": (
        (
            Rung("as published", k_core=1),
            Rung("fitted on validation too", refit=True, k_core=1),
            Rung("twins of half the users removed", across="published", k_core=1),
            Rung("the same, fitted on validation too", across="published", refit=True, k_core=1),
            Rung("twins found removed", across="default", refit=True, k_core=1),
        ),
        "leave-n-out:1",
        ("pooled-item-knn", "knn-transfer", "cmf", "emcdr"),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=list(LADDERS), default=list(LADDERS))
    parser.add_argument("--draws", type=int, default=10, help="draws of the split")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "twins_steps.csv")
    asked = parser.parse_args()
    register_all()
    with asked.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for line in lines(asked.only, asked.draws):
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in line.items()})
            file.flush()
            print(*line.values(), sep=", ")


def lines(names: list[str], draws: int) -> Iterator[dict[str, object]]:
    """Go through the ladders of some pairs."""
    for name in names:
        rungs, protocol, methods = LADDERS[name]
        pair = next(pair for pair in PAIRS if pair.name == name)
        for rung in rungs:
            source, target = prepared(pair, rung)
            domains = {"source": source, "target": target}
            scenario = build_scenario(
                parse_scenario("source->target"), Filters(k_core=rung.k_core), domains.__getitem__, twins="keep"
            )
            for draw in range(draws):
                split = make_split(scenario, protocol, seed=draw)
                for found in judged(split, methods, refit=rung.refit):
                    yield {"pair": name, "rung": rung.name, "protocol": protocol, "draw": draw, **found}


def prepared(pair: Pair, rung: Rung) -> tuple[Interactions, Interactions]:
    """Read a pair and do with twins what the rung says."""
    source, target = (read(name, pair.published) for name in (pair.source, pair.target))
    target = merged(target, rung.merge)
    source = merged(source, rung.merge) if rung.merge_source else source
    return (source if rung.across == "none" else without(source, twins_of(source, target, rung.across))), target


def merged(domain: Interactions, how: str) -> Interactions:
    """Make each group of double listings one item, named as the most popular of them."""
    if how == "none":
        return domain
    if how == "found":
        groups = find_double_listings(domain).groups()
    else:
        pairs = equal_users(domain, domain, least_jaccard=0.8, within=True)
        pairs = pairs[pairs[:, 2] >= 3]
        groups = complete_groups(pairs[:, :2], pairs[:, 2].astype(np.float64))
    popularity = np.bincount(domain.item, minlength=domain.n_items)
    one = domain.as_one(groups, [int(group[np.argmax(popularity[group])]) for group in groups])
    twice = superseded(domain.user, one.item, domain.timestamp, n_items=domain.n_items)
    return one.keep(~twice, "merged")


def judged(split: Split, methods: tuple[str, ...], *, refit: bool) -> Iterator[dict[str, object]]:
    """Rank by each method and by its counterpart; both rank what the training and validation parts lack."""
    shown = split.training if refit or split.selection is None else split.selection.training
    values: dict[str, float] = {}
    for name in methods:
        other = str(METHODS.get(name).counterpart)
        for method in (name, other):
            if method not in values:
                values[method] = mean_of(split, shown, method)
        yield {
            "method": name, "counterpart": other, "users": len(split.users), "value": values[name],
            "counterpart_value": values[other], "gain": values[name] / values[other] - 1,
        }  # fmt: skip


def mean_of(split: Split, shown: Training, method: str) -> float:
    """Mean of the metric over the judged users, of a method with default parameters."""
    cell = Cell(split.scenario.name, method, {}, 0)
    scorer = METHODS.get(method).build().fit(shown, fit_stream(cell))
    return measure(split, scorer, cell, METRICS).means()["ndcg@10"]


if __name__ == "__main__":
    main()

"""Planted truth: does every transfer method's gain follow what is known to be transferable, and nothing else?

Synthetic domains whose shared users' tastes correlate by a known rho, with a known share of shared users and a known
length of the judged users' training history in the target (the other half of the users keeps 30 interactions, so that
the items are known). For every setting each transfer method that needs shared users is compared
with its counterpart and with its placebo.

    python benchmarks/calibration/planted.py grid --out planted.jsonl      # rho x overlap x history
    python benchmarks/calibration/planted.py null --out null.jsonl         # rho = 0, 40 repetitions

Finished settings in the output file are not computed again, so a run can be stopped and goes on. `planted_report.py`
prints the tables.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from tlbench.data.synthetic import DomainPlan, make_domain
from tlbench.evaluation import Cell, evaluate
from tlbench.plugins import register_all
from tlbench.registry import METHODS, MethodEntry
from tlbench.rng import stream
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.split import make_split
from tlbench.split.training import Split
from tlbench.stats.comparison import compare
from tlbench.stats.paired import Paired

RHO = (0.0, 0.25, 0.5, 0.75, 1.0)
OVERLAP = (0.1, 0.5, 1.0)
HISTORY = (1, 3, 10, 30)
METRIC = "ndcg@10"
USERS, ITEMS = 1400, 400
LEAST, CONTEXT, TEST, VALIDATION = 60, 30, 20, 2
NULL = {"rho": 0.0, "overlap": 1.0, "history": 10}
REPETITIONS = 40


@dataclass(frozen=True)
class Setting:
    """What is planted: taste correlation, share of shared users, target training interactions per user, repetition."""

    rho: float
    overlap: float
    history: int
    repetition: int


def planted_split(setting: Setting) -> Split:
    """Make two domains and give every second target user exactly `history` training interactions; those are judged.

    Users with fewer than `LEAST` target interactions are left out, so that the same users are judged for every length
    of history; the source has about 30 interactions per user.
    """
    shared = round(USERS * setting.overlap)
    source = make_domain(
        DomainPlan("planted-source", setting.rho, ITEMS, 30.0), np.arange(USERS), seed=setting.repetition
    )
    target = make_domain(
        DomainPlan("planted-target", 1.0, ITEMS, 150.0),
        np.arange(USERS) + USERS - shared,
        seed=setting.repetition,
    )
    enough = np.bincount(target.user, minlength=target.n_users) >= LEAST
    target = target.keep(enough[target.user], "users with a long history")
    domains = {"planted-source": source, "planted-target": target}
    scenario = build_scenario(parse_scenario("planted-source->planted-target"), Filters(k_core=1), domains.__getitem__)
    return thinned(make_split(scenario, "ratio", seed=setting.repetition), setting)


def thinned(split: Split, setting: Setting) -> Split:
    """Deal each user's target interactions anew: `history` (or `CONTEXT`) to training, some to validation and test."""
    from dataclasses import replace

    training = split.training
    whole = (training.target.matrix + training.validation + split.test).tocsr()
    rng = stream(setting.repetition, "planted", "deal")
    order = np.lexsort((rng.random(whole.nnz), np.repeat(np.arange(whole.shape[0]), np.diff(whole.indptr))))
    rank = np.empty(whole.nnz, dtype=np.int64)
    rank[order] = np.arange(whole.nnz) - np.repeat(whole.indptr[:-1], np.diff(whole.indptr))
    judged = np.arange(whole.shape[0]) % 2 == 0
    first = np.repeat(np.where(judged, setting.history, CONTEXT), np.diff(whole.indptr))
    held = np.repeat(judged, np.diff(whole.indptr)) & (rank >= first)
    parts = [
        _where(whole, rank < first),
        _where(whole, held & (rank < first + VALIDATION)),
        _where(whole, held & (rank >= first + VALIDATION) & (rank < first + VALIDATION + TEST)),
    ]
    target = replace(training.target, matrix=parts[0], timestamps=None)
    users = np.flatnonzero(np.diff(parts[2].indptr) > 0)
    return replace(
        split,
        training=replace(training, target=target, validation=parts[1]),
        test=parts[2],
        users=users,
        validation_users=users,
    )


def _where(matrix: sparse.csr_matrix, kept: np.ndarray) -> sparse.csr_matrix:
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[kept]
    return sparse.csr_matrix((matrix.data[kept], (row, matrix.indices[kept])), shape=matrix.shape, dtype=np.float32)


def overlap_methods() -> list[MethodEntry]:
    """Every transfer method that needs shared users and nothing that synthetic domains lack."""
    return [entry for entry in METHODS if entry.family != "baseline" and entry.needs == ("user-overlap",)]


def values(split: Split, entry: MethodEntry, seeds: int, placebo: str | None = None) -> np.ndarray:
    """Per-user values of one method with its default parameters, shape (users, seeds); one run if nothing is drawn."""
    runs = seeds if placebo is not None or not entry.deterministic else 1
    cells = [Cell(split.scenario.name, entry.name, asdict(entry.build()), seed, placebo) for seed in range(runs)]
    columns = [evaluate(split, cell, entry=entry, metrics=[METRIC]).values[METRIC].to_numpy() for cell in cells]
    return np.repeat(np.stack(columns, axis=1), seeds // runs, axis=1)


def measure(setting: Setting, seeds: int) -> Iterator[dict[str, object]]:
    """Compare every method and its placebo with the counterpart in one setting."""
    split = planted_split(setting)
    counterparts: dict[str, np.ndarray] = {}
    for entry in overlap_methods():
        name = str(entry.counterpart)
        if name not in counterparts:
            counterparts[name] = values(split, METHODS.get(name), seeds)
        control = counterparts[name]
        true = values(split, entry, seeds)
        fake = values(split, entry, seeds, entry.placebo)
        yield {
            **asdict(setting),
            "method": entry.name,
            "control": float(control.mean()),
            "gain": _paired(true, control),
            "placebo_gain": _paired(fake, control),
            "over_placebo": _paired(true, fake),
        }


def _paired(candidate: np.ndarray, control: np.ndarray) -> dict[str, float]:
    """Mean difference, its standard error and the two-sided p-value, users and seeds crossed."""
    both = Paired(np.arange(len(candidate)), candidate, control)
    found = compare(both, candidate="candidate", control="control", metric=METRIC)
    return {"mean": found.difference, "error": found.standard_error, "p": found.pvalue}


def run(settings: list[Setting], out: Path, seeds: int) -> None:
    """Measure what is missing and append it, one line per method."""
    done = set()
    if out.exists():
        done = {
            tuple(json.loads(line)[key] for key in ("rho", "overlap", "history", "repetition")) for line in out.open()
        }
    for number, setting in enumerate(settings):
        if (setting.rho, setting.overlap, setting.history, setting.repetition) in done:
            continue
        lines = [json.dumps(row) for row in measure(setting, seeds)]
        with out.open("a") as file:
            file.write("\n".join(lines) + "\n")
        print(f"{number + 1}/{len(settings)} {setting}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("grid", "null"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--repetitions", type=int, default=2)
    asked = parser.parse_args()
    register_all()
    if asked.what == "grid":
        grid = itertools.product(range(asked.repetitions), RHO, OVERLAP, HISTORY)
        run([Setting(rho, overlap, history, repetition) for repetition, rho, overlap, history in grid], asked.out, 1)
    else:
        run([Setting(**NULL, repetition=100 + n) for n in range(REPETITIONS)], asked.out, 2)


if __name__ == "__main__":
    main()

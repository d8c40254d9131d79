"""How long twins take to find between two domains that share a million users.

Run ``python benchmarks/speed/twins.py [--users 1000000] [--events 15000000] [--items 400000] [--threads 2]``. Activity
and popularity follow power laws; one item in a hundred of the source is planted, a copy of a target item. The kernels
are compiled before the clock starts. Printed: seconds of wall clock and of processor time, peak memory of the process
(the two domains included), and how many of the planted twins with three users and more were found.
"""

from __future__ import annotations

import argparse
import resource
import time

import numba
import numpy as np
import polars as pl

from tlbench.data.interactions import Interactions, Provenance
from tlbench.rng import stream
from tlbench.scenario.twins import find_twins


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=15_000_000, help="in each of the two domains")
    parser.add_argument("--items", type=int, default=400_000, help="of each domain")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    numba.set_num_threads(asked.threads)
    find_twins(*domains(500, 5_000, 200))
    source, target = domains(asked.users, asked.events, asked.items)
    print(f"{asked.users:,} users, {len(source):,} + {len(target):,} events, {asked.items:,} items per domain")
    wall, cpu = time.perf_counter(), time.process_time()
    twins = find_twins(source, target)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{wall:.1f} s, {cpu:.1f} s of processor time, {peak:.2f} GiB at the peak, {asked.threads} threads")
    planted = asked.items // 100
    size = np.bincount(target.item, minlength=target.n_items)[:planted]
    pairs = set(twins.same.select("left", "right").rows())
    found = sum((item, item) in pairs for item in range(planted) if size[item] >= 3)
    print(f"{len(pairs):,} pairs; planted with three users and more: {found:,} of {int((size >= 3).sum()):,} found")


def domains(users: int, events: int, items: int) -> tuple[Interactions, Interactions]:
    """Make two independent domains, but for the first items of the source, which are copies of the target's."""
    source, target = (draw(name, users, events, items) for name in ("source", "target"))
    planted = items // 100
    own, copied = source.item >= planted, target.item < planted
    both = Interactions(
        name="source",
        users=source.users,
        items=source.items,
        user=np.concatenate([source.user[own], target.user[copied]]),
        item=np.concatenate([source.item[own], target.item[copied]]),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="people",
        item_ids="source",
        rating_scale=None,
        provenance=source.provenance,
    )
    return both, target


def draw(name: str, users: int, events: int, items: int) -> Interactions:
    """Draw events by activity and popularity, both power laws, without repetition."""
    rng = stream(0, "twins", name)
    who = _codes(rng, 0.45 * rng.pareto(2.5, users) + 0.3, int(events * 1.12))
    what = _codes(rng, (rng.permutation(items) + 30.0) ** -0.8, int(events * 1.12))
    pair = np.unique(who.astype(np.int64) * items + what)
    pair = np.sort(rng.permutation(pair)[:events])
    return Interactions(
        name=name,
        users=pl.Series("user", np.arange(users)).cast(pl.String),
        items=pl.Series("item", np.arange(items)).cast(pl.String),
        user=(pair // items).astype(np.int32),
        item=(pair % items).astype(np.int32),
        rating=None,
        timestamp=None,
        item_table=None,
        user_ids="people",
        item_ids=name,
        rating_scale=None,
        provenance=Provenance(origin="made", sha256=name, parser="made/1"),
    )


def _codes(rng: np.random.Generator, weight: np.ndarray, n: int) -> np.ndarray:
    edges = np.cumsum(weight)
    return np.searchsorted(edges, rng.random(n) * edges[-1]).astype(np.int32)


if __name__ == "__main__":
    main()

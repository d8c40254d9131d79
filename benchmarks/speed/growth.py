"""How processor time and memory grow with the size of the data, method by method and for everything else.

    python benchmarks/speed/growth.py [--users 10000,30000,100000]

Every size is one `tlbench run` on a pair of made domains (`growing_plugin.py`), on one thread, from the data to the
report. Printed are the processor time of each method's cell, of all that is not a cell (loading, splitting, storing,
judging, reporting), and the peak of memory; between two sizes stands the exponent b of ``cost ~ interactions^b``. For
factor models, whose ranking is users x items by nature, the time of that matrix product alone stands beside them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import cost_of, stated_load

PLUGIN = Path(__file__).with_name("growing_plugin.py")
SCENARIO = "growing-source->growing-target"
BASELINES, METHODS = ("popularity", "item-knn", "ials"), ("pooled-item-knn", "cmf")
FACTORS = 64


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", default="10000,30000,100000", help="sizes, ascending, separated by commas")
    asked = parser.parse_args()
    sizes = [int(size) for size in asked.users.split(",")]
    found = []
    for size in sizes:
        found.append(measure(size))
        print(f"{size:,} users: {found[-1]}", flush=True)
    print_table(sizes, found)


def measure(n_users):
    """Run one size; return interactions, seconds of processor time by what used them, and MiB."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "results"
        command = [sys.executable, "-m", "tlbench", "run", SCENARIO, "--plugin", str(PLUGIN), "--protocol", "ratio"]
        command += ["--baselines", ",".join(BASELINES), "--methods", ",".join(METHODS), "--seeds", "1", "--k-core", "1"]
        command += ["--jobs", "1", "--threads", "1", "-q", "--out", str(out)]
        cost = cost_of(command, {"TLBENCH_GROWING_USERS": str(n_users)})
        notes = {path.parents[2].name: json.loads(path.read_text()) for path in out.rglob("seed-0.time.json")}
        card = json.loads(next(out.rglob("split.json")).read_text())["card"]
    seconds = {method: round(notes[method]["processor_seconds"], 2) for method in (*BASELINES, *METHODS)}
    rest = round(cost.processor - sum(seconds.values()), 2)
    product = product_seconds(card["judged_users"], card["domains"][-1]["items"])
    interactions = card["domains"][-1]["interactions"]
    return {"interactions": interactions, **seconds, "all else": rest, "a product": product, "MiB": round(cost.peak)}


def product_seconds(n_users, n_items):
    """Seconds of one thread for the scores of all users as a matrix product, measured on a part of it."""
    users = np.ones((min(n_users, 1024), FACTORS), dtype=np.float32)
    items = np.ones((min(n_items, 16384), FACTORS), dtype=np.float32)
    users @ items.T
    start = time.thread_time()
    users @ items.T
    part = time.thread_time() - start
    return round(part * (n_users / len(users)) * (n_items / len(items)), 2)


def print_table(sizes, found):
    """Print costs and, between sizes, exponents."""
    print(f"\n| | {' | '.join(f'{size:,} users | exponent' for size in sizes)} |".replace(" | exponent", "", 1))
    print("|---" * (2 * len(sizes)) + "|")
    for what in found[0]:
        cells = [f"{found[0][what]:,}"]
        for small, large in itertools.pairwise(found):
            growth = math.log(large["interactions"] / small["interactions"])
            exponent = math.log(max(large[what], 0.01) / max(small[what], 0.01)) / growth
            cells += [f"{exponent:.2f}", f"{large[what]:,}"]
        print(f"| {what} | {' | '.join(cells)} |")


if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with stated_load():
        main()

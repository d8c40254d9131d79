"""How fast files of the publishers' layouts become integer codes, beside pandas and plain polars.

Run ``python benchmarks/speed/load.py`` (about two minutes and 100 MB of disk), with ``--large`` for the 30 million rows
of Amazon Books 2023 (1.7 GB of disk). Every reading is a process of its own; libraries are imported before the clock
starts; readers take turns, and ratios of medians are printed, since other work on the machine moves all times alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import layouts

PREPARE = """
import json, sys, time
from pathlib import Path
path = Path(sys.argv[1])
"""
FINISH = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
megabytes = int(status["VmHWM"].split()[0]) / 1024  # unlike ru_maxrss, not the parent's before it became this process
print(json.dumps({"wall": wall, "cpu": cpu, "MB": megabytes}))
"""
CLOCK = """
t, c = time.perf_counter(), time.process_time()
{work}
wall, cpu = time.perf_counter() - t, time.process_time() - c
"""
OURS = """
import polars as pl
from tlbench.data.parsers import amazon, reviews
from tlbench.data.codes import Coder
Coder().code(pl.Series(["compiled kernels are read from their cache here"]))
"""
CSV = {
    "tlbench": (OURS, "amazon.read_2014(path, lenient=False)"),
    "pandas": ("import pandas as pd", "t_ = pd.read_csv(path, header=None)\nfor k in (0, 1): pd.factorize(t_[k])"),
    "polars": (
        "import polars as pl",
        "t_ = pl.read_csv(path, has_header=False, new_columns=['u', 'i', 'r', 't'])\n"
        "for k in ('u', 'i'): t_[k].cast(pl.Categorical(pl.Categories.random())).to_physical()",
    ),
}
LARGE = {"tlbench": (OURS, "amazon.read_2023(path, lenient=False)")}
JSON_LINES = {
    "tlbench": (OURS, "reviews.read_reviews(path)"),
    "polars": (
        "import polars as pl",
        "t_ = pl.scan_ndjson(path, schema={'reviewerID': pl.String, 'asin': pl.String, 'overall': pl.Float32, "
        "'unixReviewTime': pl.Int64}).collect(engine='streaming')\n"
        "for k in ('reviewerID', 'asin'): t_[k].cast(pl.Categorical(pl.Categories.random())).to_physical()",
    ),
    "json": (
        "import gzip, json as j, pandas as pd",
        "r_ = [j.loads(line) for line in gzip.open(path)]\n"
        "for k in ('reviewerID', 'asin'): pd.factorize(pd.Series([row[k] for row in r_]))",
    ),
}


def measure(prepare: str, work: str, path: Path) -> dict[str, float]:
    code = PREPARE + prepare + CLOCK.format(work=work) + FINISH
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(title: str, readers: dict[str, tuple[str, str]], path: Path, rounds: int) -> None:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name, (prepare, work) in readers.items():
            found[name].append(measure(prepare, work, path))
    print(f"\n{title} ({path.stat().st_size / 1e6:,.0f} MB), medians of {rounds}")
    ours = statistics.median(run["wall"] for run in found["tlbench"])
    for name, runs in found.items():
        wall, cpu, megabytes = (statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "MB"))
        best = min(run["wall"] for run in runs)
        print(
            f"  {name:8} {wall:7.2f} s (best {best:.2f}; cpu {cpu:.2f}) {megabytes:6,.0f} MB  {wall / ours:5.2f} x ours"
        )


SECOND = """
import time, sys
from pathlib import Path
from tlbench.data import load
import tlbench.data.cache, tlbench.data.parsers.formats
def timed():
    t = time.perf_counter()
    data = load("big", catalogue=Path(sys.argv[1]))
    return time.perf_counter() - t, data
first, _ = timed()
again = sorted(timed()[0] for _ in range(5))[2]
data = timed()[1]
print(f"  first {first:.2f} s, again {again * 1000:.1f} ms: {first / again:.0f} times faster; "
      f"mapped into memory: {not data.user.flags.owndata and not data.user.flags.writeable}")
"""


def second_load(path: Path, folder: Path) -> None:
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(
        f'schema = 1\n[datasets."big"]\nformat = "amazon-csv-2014"\nfile = "{path.name}"\nuser_ids = "big"\n'
    )
    print("\nload() of the same CSV by name, with sum, cleaning and cache")
    environment = {**os.environ, "TLBENCH_CACHE": str(folder / "cache")}
    subprocess.run([sys.executable, "-c", SECOND, str(catalogue)], env=environment, check=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--large", action="store_true", help="also 30 million rows")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layouts.ratings_2014(folder / "ratings.csv")
        compare("ratings CSV, 2.45 M rows", CSV, folder / "ratings.csv", chosen.rounds)
        second_load(folder / "ratings.csv", folder)
        layouts.reviews_2018(folder / "reviews.json.gz")
        compare("reviews as gzipped JSON lines, 1 M rows", JSON_LINES, folder / "reviews.json.gz", chosen.rounds)
        if chosen.large:
            layouts.ratings_2023(folder / "books.csv")
            compare("ratings CSV, 30 M rows", LARGE, folder / "books.csv", 1)


if __name__ == "__main__":
    main()

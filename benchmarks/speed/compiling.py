"""Seconds that a first run spends on compiling kernels, and what is left of them in the second.

    python benchmarks/speed/compiling.py

Runs every method, placebo and the default metrics on the built-in domains twice, with a cache of compiled code that is
new at first. What the first run takes longer is the compiling of all kernels that it meets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(folder: Path, number: int) -> tuple[float, float]:
    """Seconds and seconds of processor time of a run."""
    command = [sys.executable, "-m", "tlbench", "run", "demo-movies->demo-books", "--placebo", "-q"]
    command += ["--out", str(folder / str(number))]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, used


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        walls, used = zip(*(run(Path(name), number) for number in range(3)), strict=True)
    for number, (wall, processor) in enumerate(zip(walls, used, strict=True), start=1):
        print(f"run {number}: {wall:.1f} s, {processor:.1f} s of processor time")
    print(f"compiling: {used[0] - min(used[1:]):.1f} s of processor time (wanted: under 20)")


if __name__ == "__main__":
    main()

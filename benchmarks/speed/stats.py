"""Speed of the resampling tests beside scipy's and ranx's, in one run.

python benchmarks/speed/stats.py            all cases; a few minutes, most of them the peers'
python benchmarks/speed/stats.py --quick    fewer repetitions of the peers

Times are medians. Peers that would take minutes run fewer resamples; their time is then scaled to 10,000 and marked.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tlbench.rng import stream
from tlbench.stats.bootstrap import bca, percentile, studentised
from tlbench.stats.comparison import compare
from tlbench.stats.maxt import adjust_max_t
from tlbench.stats.paired import pair_values
from tlbench.stats.signflip import sign_flip

DRAWS = 10_000
USERS = {"ml-20m": 138_493, "large": 603_668}
"""Users of MovieLens 20M, and of a large Amazon category."""
SPARSE = 0.19
"""Share of users whose ndcg@10 differs between two methods on sparse data."""


def differences(n_users: int, share: float) -> np.ndarray:
    """Differences in [-1, 1] of which `share` are not zero."""
    rng = stream(0, "speed", n_users, str(share))
    values = rng.beta(0.6, 1.2, n_users) - rng.beta(0.6, 1.2, n_users)
    values[rng.random(n_users) >= share] = 0.0
    return values


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time, after one run to warm up where it is repeated; on a busy machine, of the faster half."""
    if repeats > 1:
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(sorted(times)[: (len(times) + 1) // 2])


def sign_flips(quick: bool) -> None:
    """Sign-flip test of one comparison."""
    print(f"\nsign-flip test, {DRAWS:,} flips")
    for name, n_users in USERS.items():
        for kind, share in (("81 % zeros", SPARSE), ("dense", 1.0)):
            values = differences(n_users, share)
            ours = seconds(lambda values=values: sign_flip(values, rng=stream(0, "flips"), draws=DRAWS), 7)
            report(f"{name}, {n_users:,} users, {kind}: tlbench", ours)
            if name == "ml-20m" and kind == "dense":
                peers_of_flips(values, ours, quick)


def peers_of_flips(values: np.ndarray, ours: float, quick: bool) -> None:
    from ranx.statistical_tests.fisher_randomization_test import fisher_randomization_test
    from scipy import stats

    zeros, few = np.zeros(len(values)), 20 if quick else 100
    fisher_randomization_test(zeros[:10], values[:10], 2, 0.01, 1)
    ranx = seconds(lambda: fisher_randomization_test(zeros, values, few * 5, 0.01, 1), 1) * DRAWS / (few * 5)
    report("  ranx fisher_randomization_test (scaled)", ranx, ours)
    scipy = seconds(
        lambda: stats.permutation_test(
            (values,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", n_resamples=few, vectorized=True,
            batch=10, rng=np.random.default_rng(0),
        ),
        1,
    ) * DRAWS / few  # fmt: skip
    report("  scipy permutation_test, batches of 10 (scaled)", scipy, ours)


def families() -> None:
    """Max-T over twenty candidates."""
    print(f"\nWestfall-Young max-T, 20 candidates, {DRAWS:,} flips")
    n_users = USERS["ml-20m"]
    for kind, share in (("81 % zeros", SPARSE), ("dense", 1.0)):
        shared = differences(n_users, share)
        columns = [shared * (1 + 0.3 * stream(0, "candidate", i).normal(size=n_users)) for i in range(20)]
        pairs = [pair_values(column, np.zeros(n_users)) for column in columns]
        compared = [compare(one, candidate=str(i), control="c", metric="m") for i, one in enumerate(pairs)]
        for one in pairs:
            _ = one.user_difference
        report(f"{n_users:,} users, {kind}: tlbench", seconds(
            lambda compared=compared, pairs=pairs: adjust_max_t(compared, pairs, rng=stream(0, "t"), draws=DRAWS), 3
        ))  # fmt: skip


def bootstraps(quick: bool) -> None:
    """Bootstrap intervals of one comparison."""
    from scipy import stats

    n_users, few = USERS["ml-20m"], 40 if quick else 200
    for kind, share in (("81 % zeros", SPARSE), ("dense", 1.0)):
        print(f"\nbootstrap, {DRAWS:,} resamples of {n_users:,} users, {kind}")
        values = differences(n_users, share)
        for name, make in (("percentile", percentile), ("BCa", bca), ("studentised", studentised)):
            ours = seconds(lambda make=make, values=values: make(values, rng=stream(0, "b"), draws=DRAWS), 3)
            report(f"{name}: tlbench", ours)
            if kind == "dense" and name == "percentile":
                scipy = seconds(lambda values=values, name=name: stats.bootstrap(
                    (values,), np.mean, n_resamples=few, method=name, batch=10, rng=np.random.default_rng(0)
                ), 1) * DRAWS / few  # fmt: skip
                report("  scipy bootstrap, batches of 10 (scaled)", scipy, ours)
    jackknife(quick)


def jackknife(quick: bool) -> None:
    """BCa by scipy needs a jackknife of all users, whose cost is the square of their number."""
    from scipy import stats

    n_users = 5_000 if quick else 10_000
    values = differences(n_users, 1.0)
    print(f"\nBCa, {DRAWS:,} resamples of {n_users:,} users, dense")
    ours = seconds(lambda: bca(values, rng=stream(0, "b"), draws=DRAWS), 3)
    report("tlbench", ours)
    scipy = seconds(lambda: stats.bootstrap(
        (values,), np.mean, n_resamples=DRAWS, method="BCa", batch=100, rng=np.random.default_rng(0)
    ), 1)  # fmt: skip
    report("  scipy bootstrap", scipy, ours)


def memory() -> None:
    """Peak memory of a process of its own for each case."""
    print("\npeak memory of the whole process, MiB (of it before the work)")
    for case in ("flips-large", "max-t", "bca"):
        done = subprocess.run([sys.executable, __file__, "--memory", case], capture_output=True, text=True, check=True)
        print(f"  {case}: {done.stdout.strip()}")


def memory_of(case: str) -> None:
    """Run one case and print the process's peak memory."""
    values = differences(USERS["large" if case == "flips-large" else "ml-20m"], 1.0)
    small = values[:64]
    sign_flip(small, rng=stream(0, "warm"), draws=10)
    before = peak()
    if case == "flips-large":
        sign_flip(values, rng=stream(0, "m"), draws=DRAWS)
    elif case == "bca":
        bca(values, rng=stream(0, "m"), draws=DRAWS)
    else:
        pairs = [pair_values(values * (1 + i / 10), np.zeros(len(values))) for i in range(20)]
        compared = [compare(one, candidate=str(i), control="c", metric="m") for i, one in enumerate(pairs)]
        adjust_max_t(compared, pairs, rng=stream(0, "m"), draws=DRAWS)
    print(f"{peak():.0f} ({before:.0f})")


def peak() -> float:
    """Return the largest resident size of this process so far, in MiB (Linux; elsewhere the kernel's own figure)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def report(name: str, time_s: float, ours: float | None = None) -> None:
    ratio = "" if ours is None else f"   {time_s / ours:,.0f} times tlbench's"
    print(f"  {name:<62} {time_s:9.3f} s{ratio}", flush=True)


def main() -> None:
    """Run all cases, or one for its memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--memory", choices=("flips-large", "max-t", "bca"))
    chosen = parser.parse_args()
    if chosen.memory:
        memory_of(chosen.memory)
        return
    import numba

    print(f"python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}, "
          f"{numba.get_num_threads()} threads")  # fmt: skip
    sign_flips(chosen.quick)
    families()
    bootstraps(chosen.quick)
    memory()


if __name__ == "__main__":
    main()

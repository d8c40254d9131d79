"""What it costs to divide work over threads, and from which size on that pays.

Run ``python benchmarks/speed/dispatch.py``. For pieces of work of several sizes: wall clock and processor time of a
call of `tlbench.io.threads.in_threads` with two threads, as multiples of the same work on one thread; with the threads
woken whatever the size (`always`), as the program does it (`as it is`), and with a new pool per call. Medians of paired
turns.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from machine import stated_load

from tlbench.io import threads

SIZES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1)
PARTS = 64


@numba.njit(nogil=True)
def spin(rounds):
    total = 0.0
    for i in range(rounds):
        total += np.sqrt(i + total)
    return total


def rounds_per_second():
    spin(10)
    start = time.thread_time()
    spin(20_000_000)
    return 20_000_000 / (time.thread_time() - start)


def new_pool(job, parts):
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(job, parts):
            pass


def in_turn(job, parts):
    for part in parts:
        job(part)


def always(job, parts):
    threads.in_threads(job, parts, heavy=True)


WAYS = {"always": always, "as it is": threads.in_threads, "a new pool": new_pool}


def cost(way, job, calls):
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(calls):
        way(job, range(PARTS))
    return np.array([time.perf_counter() - wall, time.process_time() - processor]) / calls


def main():
    numba.set_num_threads(2)
    speed = rounds_per_second()
    print("| work, ms | " + " | ".join(f"{way}: wall | processor" for way in WAYS) + " |")
    print("|---" * (1 + 2 * len(WAYS)) + "|")
    for seconds in SIZES:
        rounds = int(seconds * speed / PARTS)
        calls = max(1, int(0.05 / seconds))

        def job(_, rounds=rounds):
            spin(rounds)

        ratios = {way: [] for way in WAYS}
        for _ in range(7):
            for name, way in WAYS.items():
                ratios[name].append(cost(way, job, calls) / cost(in_turn, job, calls))
        middle = {name: [statistics.median(column) for column in np.transpose(found)] for name, found in ratios.items()}
        cells = " | ".join(f"{wall:.2f} | {processor:.2f}" for wall, processor in middle.values())
        print(f"| {seconds * 1000:g} | {cells} |", flush=True)


if __name__ == "__main__":
    with stated_load():
        main()

"""What the run engine costs and gains: overhead of a cell, two jobs against one, resuming, memory.

    python benchmarks/speed/engine.py [overhead] [jobs] [resume] [memory] [--catalogue FILE]

Every figure comes from `tlbench run` as a process of its own. Memory is the sum of the proportional set sizes of all
its processes (what they share counts once), looked at every 50 ms; Linux only. On a shared machine repeat it: the
fastest of the pairs is printed beside the median.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLUGIN = Path(__file__).with_name("busy_plugin.py")
SCENARIO = "busy-source->busy-target"
ROUNDS = 40_000_000  # about a second of one core
PLAIN = 200_000_000


def arguments(out, *more):
    head = [sys.executable, "-m", "tlbench", "run", SCENARIO, "--plugin", str(PLUGIN), "--k-core", "1", "-q"]
    return [*head, "--baselines", "busy", "--methods", "pooled-item-knn", "--out", str(out), *more]


def seconds(command):
    """Wall clock and processor time of a command, in seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def overhead(folder):
    """Seconds that the engine adds to a cell of about one second, by the slope from 5 to 25 cells."""
    took = {}
    for cells in (5, 25):
        out = folder / f"o{cells}"
        took[cells] = seconds(arguments(out, "--seeds", str(cells), "--set", "busy.seconds=1.0", "--threads", "1"))[0]
    each = (took[25] - took[5]) / 20
    own = statistics.mean(
        sum(json.loads(path.read_text())["seconds"].values()) for path in out.rglob("busy/*/*.time.json")
    )
    print(
        f"overhead: a cell that fits, scores and ranks for {own:.3f} s takes {each:.3f} s,"
        f" {100 * (each / own - 1):.1f} % more (wanted: under 5 %)"
    )


def plain(count):
    """Seconds that so many plain Python processes take for the same work each, at the same time."""
    code = f"t = 0\nfor i in range({PLAIN}): t += i * i"
    start = time.perf_counter()
    for process in [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]:
        process.wait()
    return time.perf_counter() - start


def jobs(folder):
    """40 equal cells on one core and on two, in pairs, beside what two plain processes gain on this machine."""
    ratios = []
    for pair in range(3):
        print(f"  two plain processes do {2 * plain(1) / plain(2):.2f} x the work of one in the same time")
        walls = []
        for count in (1, 2):
            chosen = ("--seeds", "40", "--set", f"busy.rounds={ROUNDS}", "--threads", str(count), "--jobs", str(count))
            walls.append(seconds(arguments(folder / f"j{pair}-{count}", *chosen))[0])
        ratios.append(walls[0] / walls[1])
        print(f"  pair {pair + 1}: {walls[0]:.1f} s and {walls[1]:.1f} s, {ratios[-1]:.2f} x")
    print(
        f"jobs: 2 are {statistics.median(ratios):.2f} x as fast as 1 (median), {max(ratios):.2f} x at best"
        " (wanted: 1.7 x)"
    )


def resume(folder):
    """The whole command on a finished suite of 502 cells."""
    command = arguments(folder / "r", "--seeds", "500")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took = [seconds(command) for _ in range(5)]
    wall, processor = (statistics.median(values) for values in zip(*took, strict=True))
    print(
        f"resume: {wall:.2f} s (median), {min(took)[0]:.2f} s at best, {processor:.2f} s of processor time"
        " (wanted: under 2 s)"
    )


def memory(folder, catalogue):
    """Popularity and item-knn, two cells of each kind at a time, on the largest set."""
    peaks = {}
    for count in (1, 2):
        command = [sys.executable, "-m", "tlbench", "run", "amazon-grocery-overlap->amazon-books-kgat", "-q"]
        command += ["--catalogue", catalogue, "--baselines", "popularity,item-knn", "--methods", "pooled-item-knn"]
        command += [
            "--placebo",
            "--seeds",
            "2",
            "--protocol",
            "ratio",
            "--jobs",
            str(count),
            "--out",
            str(folder / f"m{count}"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peaks[count] = 0
        while process.poll() is None:
            peaks[count] = max(peaks[count], held(process.pid))
            time.sleep(0.05)
        print(f"  {count} jobs: {peaks[count] / 2**20:,.0f} MiB, exit code {process.returncode}")
    print(f"memory: 2 jobs hold {peaks[2] / peaks[1]:.2f} x what 1 holds (wanted: under 1.4 x)")


def held(root):
    """Bytes that a process and its children hold, shared pages once."""
    total, parents = 0, dict[int, int]()
    for folder in (path.name for path in Path("/proc").iterdir()):
        try:
            if folder.isdecimal():
                status = Path("/proc", folder, "stat").read_text()
                parents[int(folder)] = int(status.rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended
    family, children = set(), {root}
    while children:
        family |= children
        children = {pid for pid, parent in parents.items() if parent in family} - family
    for pid in family:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def main():
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as on a user's machine, modules are compiled once
    subprocess.run(arguments(Path(tempfile.mkdtemp()) / "warm"), check=True, stdout=subprocess.DEVNULL)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["overhead", "jobs", "resume", "memory"])
    parser.add_argument("--catalogue", default=os.environ.get("TLBENCH_CATALOGUE", "../shared/data/datasets.toml"))
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="engine-"))
    try:
        for name in chosen.what:
            if name == "memory":
                memory(folder, chosen.catalogue)
            else:
                {"overhead": overhead, "jobs": jobs, "resume": resume}[name](folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

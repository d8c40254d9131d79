"""Kill it whenever you like: run again, and the results are those of an undisturbed run, byte for byte."""

import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from tlbench.pipeline import run_suite

sys.path.insert(0, str(Path(__file__).parent))
import dying

UNSTEADY = (".time.json", "environment.json", "report.json")  # they hold seconds and settings


def steady(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(UNSTEADY)
    }


def workers_of(pid):
    """Worker processes of a process, from what Linux tells: what the process that imports for them has forked."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    children = {child for child, parent in parents.items() if parent == pid}
    return [child for child, parent in parents.items() if parent in children]


@pytest.mark.slow
def test_a_kill_at_every_stage_of_every_write_changes_nothing(tmp_path, tiny_suite, plugin, record_property):
    suite = tiny_suite(seeds=3, placebo=True)
    run_suite(suite, tmp_path / "undisturbed")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["dying", "scipy.stats", "polars", "pandas"])
    kills = 0
    while True:
        arguments = (suite, str(tmp_path / "out"), str(plugin), str(tmp_path / "deaths"))
        process = context.Process(target=dying.run_and_die, args=arguments)
        process.start()
        process.join(120)
        if process.exitcode != -signal.SIGKILL:
            break
        kills += 1
    assert process.exitcode == 0
    assert kills >= 50
    record_property("attacks", kills)
    assert steady(tmp_path / "out") == steady(tmp_path / "undisturbed")


SLOW = ("--baselines", "tiny-noise,popularity", "--methods", "pooled-item-knn", "--placebo", "--seeds", "12")
THIRD = ("--set", "tiny-noise.seconds=0.3")
CELLS = 12  # of `tiny-noise`, the only method that keeps a log
FITS = CELLS + 1  # the first seed is also fitted without validation, for its value there
IN_FLIGHT = 2  # fits of one cell, at most, that a kill loses


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_killing_the_main_process_at_random_moments_changes_nothing(tiny_run, tmp_path, tiny_suite, jobs):
    log = tmp_path / "log"
    draw = random.Random(int(jobs))
    kills = 0
    while kills < 6:
        process = tiny_run(*SLOW, *THIRD, "--jobs", jobs, TINY_LOG=str(log))
        wait_for_a_fit(process, log)
        time.sleep(draw.uniform(0, 0.8))
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        kills += 1
        process.communicate()
    finish(tiny_run, log, jobs)
    assert kills >= 3
    assert len(log.read_text().splitlines()) <= FITS + IN_FLIGHT * kills * int(jobs)
    undisturbed(tiny_suite, tmp_path)


@pytest.mark.slow
def test_killing_workers_at_random_moments_changes_nothing(tiny_run, tmp_path, tiny_suite):
    log = tmp_path / "log"
    draw = random.Random(3)
    kills = 0
    process = tiny_run(*SLOW, *THIRD, "--jobs", "2", TINY_LOG=str(log))
    while process.poll() is None and kills < 8:
        time.sleep(draw.uniform(0.1, 0.6))
        workers = workers_of(process.pid)
        if workers:
            os.kill(draw.choice(workers), signal.SIGKILL)
            kills += 1
    _, stderr = process.communicate(timeout=300)
    assert process.returncode in (0, 1), stderr
    assert kills >= 2
    finish(tiny_run, log, "2")
    assert len(log.read_text().splitlines()) <= FITS + IN_FLIGHT * kills * 2
    undisturbed(tiny_suite, tmp_path)


def wait_for_a_fit(process, log):
    """Wait until another cell of the process is under way, or the process is at its end."""
    size = log.stat().st_size if log.exists() else 0
    while process.poll() is None and (log.stat().st_size if log.exists() else 0) == size:
        time.sleep(0.01)


def finish(tiny_run, log, jobs):
    process = tiny_run(*SLOW, *THIRD, "--jobs", jobs, TINY_LOG=str(log))
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr


def undisturbed(tiny_suite, tmp_path):
    suite = tiny_suite(
        baselines=("tiny-noise", "popularity"), placebo=True, seeds=12, parameters={"tiny-noise": {"seconds": 0.3}}
    )
    run_suite(suite, tmp_path / "undisturbed")
    found, expected = steady(tmp_path / "out"), steady(tmp_path / "undisturbed")
    for name in ("suite.toml", "report.md"):  # the suite's name differs
        found.pop(name), expected.pop(name)
    assert found == expected

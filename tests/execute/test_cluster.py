"""A real Dask scheduler with two workers on the loopback interface gives the same bytes, also where one is killed."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tlbench.pipeline import run_suite

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="`tlbench[cluster]` is not installed"),
]
CHOSEN = ("--baselines", "tiny-noise,popularity", "--methods", "pooled-item-knn", "--placebo", "--seeds", "8")


def start(code, tmp_path, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TINY_LOG": str(tmp_path / "log")}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler and its two workers' processes."""
    file = tmp_path / "scheduler.json"
    scheduler = "import sys; from distributed.cli.dask_scheduler import main; main(sys.argv[1:])"
    worker = "import sys; from distributed.cli.dask_worker import main; main(sys.argv[1:])"
    local = ("--host", "127.0.0.1")
    processes = [start(scheduler, tmp_path, *local, "--port", "0", "--no-dashboard", "--scheduler-file", str(file))]
    wait_for(file.exists)
    for number in range(2):
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--name", f"w{number}")
        folder = ("--local-directory", str(tmp_path / f"w{number}"))
        processes.append(start(worker, tmp_path, *local, "--scheduler-file", str(file), *options, *folder))
    import json

    yield json.loads(file.read_text())["address"], processes[1:]
    for process in reversed(processes):
        process.kill()
        process.wait()


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


def records(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("seed-*")
        if not path.name.endswith(".time.json")
    }


def test_a_worker_killed_in_mid_run_loses_nothing(cluster, tiny_run, tiny_suite, tmp_path):
    address, (_, victim) = cluster
    log = tmp_path / "log"
    process = tiny_run(*CHOSEN, "--set", "tiny-noise.seconds=0.7", "--cluster", address)
    wait_for(lambda: log.exists() and len(log.read_text().splitlines()) >= 4)
    os.kill(victim.pid, signal.SIGKILL)
    _, stderr = process.communicate(timeout=200)
    assert process.returncode == 0, stderr
    assert "2 workers" in stderr
    suite = tiny_suite(
        baselines=("tiny-noise", "popularity"), placebo=True, seeds=8, parameters={"tiny-noise": {"seconds": 0.7}}
    )
    run_suite(suite, tmp_path / "alone")
    assert records(tmp_path / "out") == records(tmp_path / "alone")
    assert len(log.read_text().splitlines()) <= 8 + 1 + 2  # a fit per seed, one to choose on, and what the kill lost


def test_a_scheduler_that_does_not_answer_is_named(tiny_run):
    process = tiny_run(*CHOSEN, "--cluster", "tcp://127.0.0.1:9")
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 2, stderr
    assert "no Dask scheduler answers at `tcp://127.0.0.1:9`" in stderr

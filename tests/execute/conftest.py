"""What the tests of the engine share: tiny domains, a suite on them, and the command line as a process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tlbench.pipeline import splits_of
from tlbench.plugins import register_all
from tlbench.scenario.grammar import parse_scenario
from tlbench.suite import Suite

ROOT = Path(__file__).parents[2]
PLUGIN = Path(__file__).with_name("tiny_plugin.py")
SCENARIO = "tiny-a->tiny-b"


@pytest.fixture(scope="session", autouse=True)
def plugin():
    register_all([PLUGIN])
    return PLUGIN


@pytest.fixture(scope="session")
def tiny_suite(plugin):
    def make(**changes):
        chosen = {
            "baselines": ("popularity", "tiny-noise"),
            "methods": ("pooled-item-knn",),
            "k_core": 1,
            "protocol": "ratio",
            **changes,
        }
        return Suite(name="tiny", scenarios=(parse_scenario(SCENARIO),), **chosen)

    return make


@pytest.fixture(scope="session")
def tiny_split(tiny_suite):
    return splits_of(tiny_suite(protocol="ratio"), parse_scenario(SCENARIO)).make(1)


@pytest.fixture
def command(tmp_path):
    """The command line as a process of its own, in a folder of its own: `command("run", ...)` starts it."""
    started = []

    def start(*arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "tlbench", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def tiny_run(command):
    """Arguments of a run on the tiny domains, results in `out`."""

    def start(*arguments, **environment):
        return command(
            "run",
            SCENARIO,
            "--plugin",
            str(PLUGIN),
            "--k-core",
            "1",
            "--protocol",
            "ratio",
            "--out",
            "out",
            *arguments,
            **environment,
        )

    return start

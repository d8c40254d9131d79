"""The demo suite, run once for all tests of its reports."""

from pathlib import Path

import pytest

from tlbench.pipeline import read_findings, run_suite
from tlbench.plugins import register_all
from tlbench.suite import suite_from_file

DEMO = Path(__file__).parents[2] / "benchmarks" / "suites" / "demo.toml"


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """Results of the demo suite."""
    register_all()
    folder = tmp_path_factory.mktemp("demo")
    run_suite(suite_from_file(DEMO), folder)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder):
    """Findings of the demo suite, read back from disk."""
    return read_findings(demo_folder)

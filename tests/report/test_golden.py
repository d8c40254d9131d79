"""The whole output of the demo suite, as users see it."""

import json
import math

import pytest
from typer.testing import CliRunner

from tlbench.analysis.verdict import Finding
from tlbench.cli.app import app


def printed(folder, form):
    done = CliRunner().invoke(app, ["report", str(folder), "--format", form])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_the_whole_report_is_as_it_was(demo_folder, golden, form):
    golden(f"demo.{form}.txt", printed(demo_folder, form))


def test_every_number_of_the_json_report_is_as_it_was(demo_folder, golden):
    content = json.loads(printed(demo_folder, "json"))
    golden("demo.json", json.dumps(settled(content), indent=1) + "\n")


def settled(value, key=""):
    """Leave out what is a matter of the clock; keep six digits of every number."""
    if isinstance(value, dict):
        return {name: settled(content, name) for name, content in value.items() if name != "seconds"}
    if isinstance(value, list):
        return [settled(content) for content in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.6g}")
    return value


def test_the_terminal_report_fits_80_columns(demo_folder):
    assert max(len(line) for line in printed(demo_folder, "terminal").splitlines()) <= 80


def test_transfer_helps_from_the_domain_with_the_same_tastes(demo):
    same, same_cold, noise, noise_cold = demo.scenarios
    assert [found.counts.population for found in demo.scenarios] == ["warm", "cold"] * 2
    assert same.judgement("pooled-ease").outcome is Finding.HELPS
    assert same_cold.judgement("emcdr").outcome is Finding.HELPS
    for found in (noise, noise_cold):
        assert all(judgement.outcome is not Finding.HELPS for judgement in found.judgements)


def test_the_reports_beside_the_results_are_those_printed(demo_folder):
    assert (demo_folder / "report.md").read_text() == printed(demo_folder, "markdown")
    assert (demo_folder / "report.json").read_text() == printed(demo_folder, "json")

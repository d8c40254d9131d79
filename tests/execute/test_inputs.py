"""What a finished scenario depends on: a change of any of it is noticed without loading data."""

from dataclasses import replace

import pytest

from tlbench.execute.inputs import inputs_of
from tlbench.plugins import register_installed
from tlbench.scenario.grammar import parse_scenario
from tlbench.suite import Suite

NAME = parse_scenario("demo-movies->demo-books")


@pytest.fixture
def suite(tmp_path):
    register_installed()
    for part in ("train", "validation", "test"):
        (tmp_path / f"{part}.csv").write_text("user,item\np000000,demo-books-0000\n")
    return Suite(name="s", scenarios=(NAME,), protocol=f"given:{tmp_path}")


def test_files_that_a_protocol_reads_are_summed(suite, tmp_path):
    before = inputs_of(suite, NAME, None)
    assert inputs_of(suite, NAME, None) == before
    (tmp_path / "test.csv").write_text("user,item\np000001,demo-books-0001\n")
    assert inputs_of(suite, NAME, None) != before


@pytest.mark.parametrize("change", [{"k_core": 2}, {"split_seed": 1}, {"seeds": 2}, {"metrics": ("recall@5",)}])
def test_what_moves_a_number_moves_the_sum(suite, change):
    assert inputs_of(replace(suite, **change), NAME, None) != inputs_of(suite, NAME, None)


@pytest.mark.parametrize("change", [{"margin": 0.2}, {"alpha": 0.01}, {"name": "other"}])
def test_how_it_is_judged_does_not(suite, change):
    assert inputs_of(replace(suite, **change), NAME, None) == inputs_of(suite, NAME, None)

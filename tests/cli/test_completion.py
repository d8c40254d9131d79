"""A shell completes the names that registry and catalogues know."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlbench.cli.completion import COMPLETIONS, complete_dataset, complete_scenario
from tlbench.metrics.base import parse_metric
from tlbench.plugins import register_all
from tlbench.suite.option import options_of
from tlbench.suite.settings import Settings
from tlbench.suite.suite import Suite


def test_the_last_name_of_a_list_is_completed():
    assert COMPLETIONS["methods"]("pooled-ea") == ["pooled-ease"]
    assert "cmf,pooled-ease" in COMPLETIONS["methods"]("cmf,pooled")
    assert COMPLETIONS["baselines"]("pooled") == []
    assert "ease" in COMPLETIONS["baselines"]("ea")


def test_what_is_offered_is_what_the_option_takes():
    register_all()
    offered = COMPLETIONS["metrics"]("")
    assert {"ndcg@10", "rmse"} <= set(offered)
    assert all(parse_metric(name) for name in offered)
    assert {"rolling", "k-fold", "temporal"} <= set(COMPLETIONS["protocol"](""))


def test_both_sides_of_a_scenario_are_completed():
    assert {"demo-books", "demo-movies", "demo-noise"} <= set(complete_scenario("demo"))
    assert "demo-movies->demo-books" in complete_scenario("demo-movies->demo-b")
    assert "demo-movies+demo-noise:demo-books" in complete_scenario("demo-movies+demo-noise:demo-b")
    assert "movielens@1m" in complete_dataset("MovieLens@1")


def test_every_completion_is_of_an_option():
    assert set(COMPLETIONS) <= {option.name for option in options_of(Suite, Settings)}


@pytest.mark.parametrize(
    ("words", "offered"),
    [("tlbench run --methods pooled-it", "pooled-item-knn"), ("tlbench run demo-mov", "demo-movies")],
)
def test_bash_gets_the_names(words, offered):
    command = Path(sys.executable).with_name("tlbench")
    if not command.exists():
        pytest.skip("the command is not installed beside this Python")
    environment = {"_TLBENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [str(command)], env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    assert offered in done.stdout.split(), (done.stdout, done.stderr)

"""Both directions of a pair: what helps both ways, one way, or cannot be told."""

import numpy as np
import pytest

from tlbench.analysis.directions import Flow, exchanges
from tlbench.errors import TlbenchError
from tlbench.pipeline import read_findings
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.report.sections.directions import exchange_sentence
from tlbench.scenario.grammar import directions

register_all()


def values(gains, seed, users=600):
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.1, 0.5, users)
    return {
        "ease": base[:, None],
        "item-knn": (base + rng.normal(scale=0.05, size=users))[:, None],
        **{
            f"{label}~{METHODS.get(label).placebo}": (base + rng.normal(scale=0.05, size=users))[:, None]
            for label in gains
        },
        **{label: (base + gain + rng.normal(scale=0.05, size=users))[:, None] for label, gain in gains.items()},
    }


@pytest.fixture(scope="module")
def exchange(make_results, tmp_path_factory):
    there = values({"pooled-ease": 0.03, "linked-ease": 0.03, "pooled-item-knn": 0.05}, 1)
    back = values({"pooled-ease": 0.03, "linked-ease": 0.0, "pooled-item-knn": 0.12}, 2)
    folder = make_results(tmp_path_factory.mktemp("both"), {"a->b": there, "b->a": back, "c->a": back})
    (found,) = exchanges(read_findings(folder))
    return found


def test_a_pair_is_found_once_and_a_scenario_without_its_reverse_not_at_all(exchange):
    assert (exchange.there, exchange.back) == ("a->b", "b->a")


def test_each_method_is_said_to_help_in_the_directions_in_which_it_was_planted(exchange):
    flows = {method.method: method.flow for method in exchange.methods}
    assert flows == {"pooled-ease": Flow.BOTH, "linked-ease": Flow.THERE, "pooled-item-knn": Flow.BOTH}


def test_only_gains_that_cannot_be_told_apart_are_symmetrical(exchange):
    assert exchange.symmetrical == ("pooled-ease",)
    knn = next(method for method in exchange.methods if method.method == "pooled-item-knn")
    assert knn.high < 0
    assert knn.difference == pytest.approx(knn.there.relative - knn.back.relative)


def test_the_interval_of_the_difference_is_that_of_two_independent_gains(exchange):
    for method in exchange.methods:
        error = np.hypot(method.there.relative_error, method.back.relative_error)
        assert method.high - method.low == pytest.approx(2 * 1.959964 * error)


def test_the_sentence_names_what_goes_both_ways(exchange):
    said = exchange_sentence(exchange)
    assert said.startswith("a->b and back: ")
    assert "pooled-ease" in said
    assert said.endswith("the exchange is symmetrical for pooled-ease")


@pytest.mark.parametrize("arrow", ["<->", "↔", " <-> "])
def test_a_double_arrow_is_two_scenarios(arrow):
    assert directions(f"a{arrow}b") == ("a->b", "b->a")
    assert directions("a->b") == ("a->b",)


@pytest.mark.parametrize("text", ["a+b<->c", "a<->b<->c", "<->b"])
def test_a_double_arrow_joins_two_single_domains(text):
    with pytest.raises(TlbenchError, match="one domain on each side"):
        directions(text)

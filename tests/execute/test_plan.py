"""Which cells a scenario consists of."""

from collections import Counter
from dataclasses import asdict

import pytest

from tlbench.errors import TlbenchError
from tlbench.execute.plan import make_plan
from tlbench.registry import METHODS
from tlbench.split.counts import tally


def plan_of(suite, split):
    return make_plan(suite, [tally(split)], split)


def labels(plan):
    return Counter(cell.label for cell in plan.cells)


def test_methods_that_draw_nothing_run_once_and_others_once_a_seed(tiny_suite, tiny_split):
    plan = plan_of(tiny_suite(seeds=3), tiny_split)
    assert labels(plan) == {"popularity": 1, "tiny-noise": 3, "item-knn": 1, "pooled-item-knn": 1}


def test_a_placebo_runs_once_a_seed_for_transfer_methods_only(tiny_suite, tiny_split):
    plan = plan_of(tiny_suite(seeds=2, placebo=True), tiny_split)
    assert [label for label in labels(plan) if "~" in label] == ["pooled-item-knn~shuffled-bridge"]
    assert labels(plan)["pooled-item-knn~shuffled-bridge"] == 2


def test_the_counterpart_of_a_chosen_method_always_runs(tiny_suite, tiny_split):
    assert "item-knn" in labels(plan_of(tiny_suite(baselines=("popularity",)), tiny_split))


def test_parameters_are_complete_with_the_defaults(tiny_suite, tiny_split):
    plan = plan_of(tiny_suite(parameters={"tiny-noise": {"seconds": 0.5}}), tiny_split)
    chosen = {cell.method: cell.parameters for cell in plan.cells}
    assert chosen["tiny-noise"] == {"seconds": 0.5}
    assert chosen["item-knn"] == asdict(METHODS.get("item-knn").build())


def test_a_method_whose_needs_are_not_met_is_listed_with_the_reason(tiny_suite, tiny_split):
    plan = plan_of(tiny_suite(baselines=("popularity", "content-knn")), tiny_split)
    assert "content-knn" not in labels(plan)
    assert "text" in plan.not_applicable["content-knn"]


def test_where_no_chosen_method_can_run_the_run_stops(tiny_suite, tiny_split):
    with pytest.raises(TlbenchError, match="none of `tiny-linked` can run on"):
        plan_of(tiny_suite(methods=("tiny-linked",)), tiny_split)

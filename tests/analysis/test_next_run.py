"""What would settle an open comparison is named in the order of what it costs, as commands."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.analysis.families import judge_suite
from tlbench.analysis.next_run import next_steps
from tlbench.analysis.verdict import Outcome, Questions
from tlbench.plugins import register_all
from tlbench.rng import stream
from tlbench.split.protocol import Protocol
from tlbench.stats.comparison import compare
from tlbench.stats.paired import pair_values
from tlbench.suite import Suite

register_all(())
SUITE = Suite(name="made", scenarios=())


@pytest.fixture(scope="module")
def judgement():
    """One of two methods, three seeds, inconclusive."""
    rng = stream(0, "next")
    control = np.full((300, 3), 0.2)
    noise = [rng.normal(0, 0.05, (300, 1)) + rng.normal(0, 0.01, (300, 3)) for _ in range(2)]
    pairs = [pair_values(0.2 + one - one.mean(axis=0), control) for one in noise]  # no seed differs from another
    compared = [compare(one, candidate="cmf", control="ials", metric="ndcg@10") for one in pairs]
    asked = [
        Questions("a->b", name, one, one, values=(paired, paired, None))
        for name, one, paired in zip(("cmf", "emcdr"), compared, pairs, strict=True)
    ]
    found = judge_suite(asked)[0]
    assert found.counterpart.outcome is Outcome.INCONCLUSIVE
    return found


def test_levers_come_in_the_order_of_their_cost_and_can_be_pasted(judgement):
    steps = next_steps(judgement, SUITE, windows=3)
    assert [step.command for step in steps] == [
        'tlbench run "a->b" --methods cmf --protocol rolling:8',
        'tlbench run "a->b" --methods cmf --seeds 10',
        'tlbench run "a->b" --primary cmf --split-seed 1',
        None,
    ]
    assert steps[-1].what.endswith(" users")
    assert steps[0].sight is None  # known from other pairs only
    seen = judgement.counterpart.comparison
    assert steps[2].sight.effect < seen.mde / seen.base_mean  # alone it is seen better than in its family


@pytest.mark.parametrize(
    ("protocol", "windows", "better"),
    [
        ("ratio", 0, "k-fold:5"),
        ("temporal", 1, "rolling:8"),
        ("leave-last-out", 0, "rolling:8"),
        ("rolling:4", 4, "rolling:8"),
    ],
)
def test_one_part_or_few_windows_are_widened_first(judgement, protocol, windows, better):
    steps = next_steps(judgement, replace(SUITE, protocol=Protocol.parse(protocol)), windows=windows)
    assert steps[0].command == f'tlbench run "a->b" --methods cmf --protocol {better}'


@pytest.mark.parametrize(("protocol", "windows"), [(None, 0), ("k-fold:5", 0), ("rolling:8", 8), ("cold-start:5", 5)])
def test_what_judges_all_there_is_has_no_wider_protocol(judgement, protocol, windows):
    chosen = None if protocol is None else Protocol.parse(protocol)
    steps = next_steps(judgement, replace(SUITE, protocol=chosen), windows=windows)
    assert not any("--protocol" in (step.command or "") for step in steps)


def test_what_is_settled_needs_nothing(judgement):
    settled = replace(judgement, counterpart=replace(judgement.counterpart, outcome=Outcome.HELPS))
    assert next_steps(settled, SUITE, windows=3) == ()

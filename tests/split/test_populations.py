"""Without a protocol, users known in the target and users new to it are judged apart, each by a protocol of its own."""

import numpy as np
import pytest

from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.counts import counts_by_population, tally
from tlbench.split.populations import questions_of
from tlbench.split.protocol import Protocol
from tlbench.split.split import make_split, make_splits


def make(make_interactions, shared):
    rng = np.random.default_rng(5)

    def domain(name, users):
        pairs = sorted(
            {(f"u{u}", f"{name}{i}") for u, i in zip(rng.choice(users, 1500), rng.integers(0, 60, 1500), strict=True)}
        )
        moments = map(int, rng.permutation(len(pairs)))
        return make_interactions([(*pair, t) for pair, t in zip(pairs, moments, strict=True)], name=name)

    domains = {"source": domain("source", range(80 - shared, 160 - shared)), "target": domain("target", range(80))}
    return build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)


@pytest.fixture(scope="module")
def scenario(make_interactions):
    return make(make_interactions, 50)


@pytest.fixture(scope="module")
def splits(scenario):
    return list(make_splits(scenario, questions_of(scenario, None, "both")))


def history(split):
    return np.diff(split.training.target.matrix.indptr)[split.users]


def test_warm_folds_come_first_and_each_population_is_judged_alone(splits):
    assert [split.population for split in splits] == ["warm"] * 3 + ["cold"] * 4
    assert [split.fold for split in splits] == [1, 2, 3, 4, 5, 6, 7]
    assert [split.protocol for split in splits] == ["rolling:3"] * 3 + ["cold-start:4"] * 4
    for split in splits:
        assert ((history(split) > 0) == (split.population == "warm")).all()
        chosen = np.diff(split.selection.training.target.matrix.indptr)[split.selection.users]
        assert ((chosen > 0) == (split.population == "warm")).all()
        assert len(split.users)
        assert len(split.selection.users)


def test_each_question_splits_as_its_protocol_does_alone(scenario, splits):
    for split in splits:
        alone = make_split(
            scenario, split.protocol, fold=(split.fold - 1) % 3 + 1 if split.fold < 4 else split.fold - 3
        )
        assert (alone.test != split.test).nnz == 0
        assert (alone.training.target.matrix != split.training.target.matrix).nnz == 0
        assert np.isin(split.users, alone.users).all()


def test_every_shared_user_with_a_past_in_the_source_is_judged_once_while_cold(scenario, splits):
    judged = np.concatenate([split.users for split in splits if split.population == "cold"])
    assert len(judged) == len(set(judged))
    assert np.isin(judged, scenario.bridge.overlap).all()


def test_cold_users_are_chosen_for_on_their_first_fold_alone(splits):
    assert [split.chooses for split in splits] == [True] * 4 + [False] * 3


def test_counts_are_those_of_each_population(splits):
    warm, cold = counts_by_population(list(map(tally, splits)))
    assert (warm.scenario, cold.scenario) == ("source->target", "source->target, cold users")
    assert (warm.population, cold.population) == ("warm", "cold")
    assert warm.cold_users == 0
    assert cold.cold_users == cold.judged_users
    assert [fold.fold for fold in cold.folds] == [4, 5, 6, 7]
    assert cold.test_interactions == sum(split.test[split.users].nnz for split in splits[3:])


def test_a_cold_name_is_read_back_and_has_a_folder_of_its_own():
    name = parse_scenario("a+b->c, cold users")
    assert name.cold
    assert str(name) == "a+b->c, cold users"
    assert name.slug == "a+b--c--cold"
    assert not parse_scenario("a+b->c").cold


@pytest.mark.parametrize(("shared", "who"), [(0, "nobody is"), (10, "only 10 users are")])
def test_what_cannot_be_asked_is_said(make_interactions, shared, who):
    scenario = make(make_interactions, shared)
    found = questions_of(scenario, None, "both")
    assert [one.population for one in found.asked] == ["warm"]
    assert found.unasked == f"users new to target are not judged: {who} shared with a source"
    assert counts_by_population([tally(s) for s in make_splits(scenario, found)], found.unasked)[0].unasked


def test_a_protocol_or_a_choice_of_users_asks_one_question(scenario):
    assert questions_of(scenario, Protocol.parse("ratio"), "both").asked[0].population is None
    assert [one.population for one in questions_of(scenario, None, "warm").asked] == ["warm"]
    assert [one.population for one in questions_of(scenario, None, "cold").asked] == ["cold"]
    assert questions_of(scenario, None, "cold").folds == (1, 2, 3, 4)

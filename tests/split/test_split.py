from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlbench.errors import TlbenchError
from tlbench.registry import PROTOCOLS
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.split.counts import make_counts, tally
from tlbench.split.parts import TEST, TRAINING, VALIDATION, Fractions
from tlbench.split.protocol import Protocol, default_protocol
from tlbench.split.split import make_split, make_splits
from tlbench.split.timeline import Timeline, Window


@pytest.fixture(scope="module")
def scenario(make_interactions):
    """Two timed domains of 60 users each, 40 of them shared, with many equal timestamps and ratings."""
    rng = np.random.default_rng(7)

    def domain(name, users):
        pairs = sorted(
            {(f"u{u}", f"{name}{i}") for u, i in zip(rng.choice(users, 900), rng.integers(0, 50, 900), strict=True)}
        )
        rows = [
            (user, item, int(day)) for (user, item), day in zip(pairs, rng.integers(0, 90, len(pairs)), strict=True)
        ]
        return make_interactions(rows, name=name, ratings=rng.integers(1, 6, len(rows)).tolist())

    domains = {"source": domain("source", range(20, 80)), "target": domain("target", range(60))}
    return build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)


@pytest.fixture(
    scope="module", params=[entry.name for entry in PROTOCOLS if entry.name not in ("given", "profile", "rolling")]
)
def split(request, scenario):
    return make_split(scenario, request.param)


def pairs(matrix):
    coordinates = matrix.tocoo()
    return set(zip(coordinates.row.tolist(), coordinates.col.tolist(), strict=True))


def test_parts_are_disjoint_and_together_the_target(split, scenario):
    parts = [split.selection.training.target.matrix, split.selection.test, split.test]
    together = [pairs(part) for part in parts]
    target = set(zip(scenario.target.user.tolist(), scenario.target.item.tolist(), strict=True))
    assert set.union(*together) == target
    assert sum(len(part) for part in together) == len(target)
    assert pairs(split.training.target.matrix) == together[0] | together[1]


def test_ratings_and_timestamps_stay_with_their_interaction(split, scenario):
    target = scenario.target
    known = {
        (u, i): (r, t)
        for u, i, r, t in zip(
            target.user.tolist(), target.item.tolist(), target.rating.tolist(), target.timestamp.tolist(), strict=True
        )
    }
    domain = split.training.target
    rows = domain.matrix.tocoo()
    for u, i, r, t in zip(
        rows.row.tolist(), rows.col.tolist(), rows.data.tolist(), domain.timestamps.tolist(), strict=True
    ):
        assert known[u, i] == (r, t)


def test_judged_users_have_something_held_out_and_some_history(split):
    history = np.diff(split.training.target.matrix.indptr) + np.diff(split.training.source.matrix.indptr)
    held_out = np.diff(split.test.indptr)
    assert split.users.tolist() == np.flatnonzero((held_out > 0) & (history > 0)).tolist()


def test_the_same_seed_gives_the_same_digest_and_another_seed_another(scenario):
    assert make_split(scenario, "ratio").digest == make_split(scenario, "ratio").digest
    assert make_split(scenario, "ratio", seed=1).digest != make_split(scenario, "ratio").digest


def test_one_moment_cuts_all_domains(scenario):
    whole = make_split(scenario, "temporal")
    assert whole.selection.cut < whole.cut
    for split in (whole, whole.selection):
        assert split.training.target.timestamps.max() <= split.cut
        assert split.training.source.timestamps.max() <= split.cut
        assert len(split.training.source.timestamps) == (scenario.sources[0].timestamp <= split.cut).sum()


def test_equal_timestamps_are_never_separated(scenario):
    target = scenario.target
    part = Timeline.of(target, "temporal").assign(Window.before_the_rest(Fractions())).part
    for moment in np.unique(target.timestamp):
        assert len(np.unique(part[target.timestamp == moment])) == 1


def test_a_temporal_split_comes_as_near_to_its_fractions_as_equal_moments_allow(scenario):
    target = scenario.target
    part = Timeline.of(target, "temporal").assign(Window.before_the_rest(Fractions())).part
    largest = np.unique(target.timestamp, return_counts=True)[1].max()
    assert abs((part == TRAINING).sum() - 0.8 * len(part)) <= largest / 2
    assert abs((part == TEST).sum() - 0.1 * len(part)) <= largest / 2


def test_a_source_without_time_is_marked(make_interactions):
    target = make_interactions([("u", f"i{i}", i) for i in range(10)], name="target")
    source = make_interactions([("u", "a"), ("u", "b")], name="source")
    scenario = build_scenario(
        parse_scenario("source->target"), Filters(1), {"source": source, "target": target}.__getitem__
    )
    assert make_split(scenario, "temporal").source_may_leak
    assert make_split(scenario, "leave-last-out").source_may_leak
    assert not make_split(scenario, "ratio").source_may_leak


def test_leave_last_out_holds_out_the_last_two(scenario):
    split = make_split(scenario, "leave-last-out")
    target = scenario.target
    for user in range(target.n_users):
        times = np.sort(target.timestamp[target.user == user])
        if len(times) < 3:
            continue
        assert split.test[user].nnz == split.selection.test[user].nnz == 1
        (item,) = split.test[user].indices
        mine = target.timestamp[(target.user == user) & (target.item == item)]
        assert mine == times[-1]


def test_leave_last_out_cuts_the_source_at_each_users_own_time(scenario):
    split = make_split(scenario, "leave-last-out")
    target, source = scenario.target, split.training.source
    for user in scenario.bridge.overlap:
        mine = target.timestamp[(target.user == user) & np.isin(target.item, split.test[user].indices)]
        start, end = source.matrix.indptr[user : user + 2]
        assert (source.timestamps[start:end] < mine.min(initial=np.iinfo(np.int64).max)).all()


def ratio(target, rng):
    scenario = SimpleNamespace(target=target)
    return Protocol.parse("ratio").rule.assign(scenario, Fractions(0.8, 0.1), 1, rng)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(0, 2**31))
def test_ratio_gives_every_user_its_share_within_one_interaction(make_interactions, counts, seed):
    rows = [(f"u{u}", f"i{i}") for u, n in enumerate(counts) for i in range(n)]
    target = make_interactions(rows)
    part = ratio(target, np.random.default_rng(seed)).part
    for user, n in enumerate(counts):
        mine = part[target.user == user]
        for which, share in ((TRAINING, 0.8), (VALIDATION, 0.1), (TEST, 0.1)):
            assert abs((mine == which).sum() - share * n) < 1 + 1e-9


def test_ratio_is_fair_to_users_with_few_interactions(make_interactions):
    target = make_interactions([(f"u{u}", f"i{i}") for u in range(4000) for i in range(5)])
    part = ratio(target, np.random.default_rng(0)).part
    share = (part == TEST).mean()
    assert abs(share - 0.1) < 5 * np.sqrt(0.25 / 4000) / 5


def test_time_decides_the_default_protocol(scenario, make_interactions):
    assert str(default_protocol(scenario.target)) == "rolling:3"
    assert default_protocol(make_interactions([("u", "i")])) == Protocol.parse("k-fold:5")


@pytest.mark.parametrize("protocol", ["temporal", "rolling:2", "leave-last-out"])
def test_protocols_that_need_time_say_so(make_interactions, protocol):
    domains = {"source": make_interactions([("u", "a")], name="source"), "target": make_interactions([("u", "i")])}
    scenario = build_scenario(parse_scenario("source->target"), Filters(1), domains.__getitem__)
    with pytest.raises(TlbenchError, match="has no timestamps") as caught:
        make_split(scenario, protocol)
    assert "--protocol k-fold" in caught.value.hint or "--protocol leave-n-out" in caught.value.hint


def test_an_unknown_protocol_is_answered_with_the_nearest(scenario):
    with pytest.raises(TlbenchError, match="unknown protocol `temporl`") as caught:
        make_split(scenario, "temporl")
    assert "did you mean `temporal`" in caught.value.hint


@pytest.mark.parametrize(("training", "validation"), [(1.0, 0.1), (0.9, 0.1), (0, 0.5), (0.5, 0)])
def test_fractions_leave_no_part_empty(training, validation):
    with pytest.raises(TlbenchError, match="leave a part empty"):
        Fractions(training, validation)


def test_the_card_counts_what_the_split_holds(scenario):
    split = make_split(scenario, "temporal")
    counts = make_counts([tally(split)])
    source, target = counts.domains
    assert (target.users, target.items, target.interactions) == (60, 50, len(scenario.target))
    assert source.shared_users == target.shared_users == len(scenario.bridge.overlap)
    assert source.training == split.training.source.matrix.nnz
    assert counts.judged_users == len(split.users)
    assert counts.test_interactions == split.test[split.users].nnz


def test_the_card_of_several_folds_counts_everybody_once(scenario):
    splits = list(make_splits(scenario, Protocol.parse("k-fold:3")))
    counts = make_counts(list(map(tally, splits)))
    assert counts.test_interactions == len(scenario.target)
    assert counts.judged_users == len(set(np.concatenate([split.users for split in splits])))
    assert [fold.digest for fold in counts.folds] == [split.digest for split in splits]
    assert counts.digest_of(2) == splits[1].digest
    assert len({counts.digest, *(fold.digest for fold in counts.folds)}) == 4


def test_domains_that_no_cut_touches_are_built_once(scenario):
    split = make_split(scenario, "k-fold:1/5")
    assert split.training.sources[0] is split.selection.training.sources[0]
    timed = make_split(scenario, "temporal")
    assert timed.training.sources[0] is not timed.selection.training.sources[0]


def test_a_protocol_is_printed_as_it_was_written_and_equal_where_it_is_written_alike():
    for text in ("k-fold:5", "k-fold:2/5", "cold-start:0.2", "k-shot:5/10", "profile:0,2,all/3", "ratio", "rolling:4"):
        assert str(Protocol.parse(text)) == text
        assert Protocol.parse(text) == Protocol.parse(text)
    assert Protocol.parse("k-fold:5") != Protocol.parse("k-fold:4")
    assert Protocol.parse("k-fold:5").rule.folds == (1, 2, 3, 4, 5)
    assert Protocol.parse("k-fold:2/5").rule.folds == (2,)
    assert len(Protocol.parse("cold-start").rule.folds) == 10
    assert Protocol.parse("cold-start:0.2").rule.folds == (1,)

"""What leaves the domains of a scenario, what stays, and what an absence tells."""

from dataclasses import replace

import numpy as np
import pytest

from tlbench.errors import TlbenchError
from tlbench.rng import stream
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters
from tlbench.scenario.twins import merge_double_listings
from tlbench.split.counts import tally
from tlbench.split.parts import DROPPED, TEST, TRAINING, VALIDATION, Fractions
from tlbench.split.protocols.given import given
from tlbench.split.split import make_split


def built(source, target, *, twins="drop", k_core=1):
    domains = {"source": replace(source, name="source"), "target": replace(target, name="target")}
    return build_scenario(parse_scenario("source->target"), Filters(k_core), domains.__getitem__, twins=twins)


def events(domain):
    return set(listed(domain))


@pytest.fixture
def twice(make_interactions):
    """Forty people; `a` and `b` are one thing, `b` with one event more; the rest is everybody's own."""
    rows = [(f"u{k}", name, 100 * k) for k in range(12) for name in ("a", "b")] + [("u30", "b", 5)]
    rows += [(f"u{k}", f"x{k % 7}", 7000 + k) for k in range(40)]
    return make_interactions(rows, name="twice")


def test_a_group_becomes_the_listing_with_most_events(twice):
    merged = merge_double_listings(twice)
    assert "a" not in merged.items.to_list()
    assert {user for user, item in events(merged) if item == "b"} == {*(f"u{k}" for k in range(12)), "u30"}
    assert len(merged) == len(twice) - 12
    step = merged.provenance.steps[-1]
    assert step.name == "merging 2 double listings into 1 items"
    assert (step.interactions, step.items) == (len(merged), merged.n_items)


def test_what_is_listed_once_stays_as_it_is(alike):
    assert merge_double_listings(alike[1]) is alike[1]


def test_twins_leave_the_source_for_all_users(alike, plant):
    source, target = alike
    planted, truth = plant(source, target)
    scenario = built(planted, target)
    left = set(scenario.sources[0].items.to_list())
    assert not left & {source_item for source_item, _ in truth}
    assert events(scenario.sources[0]) == events(source)
    assert events(scenario.target) == events(target)
    found = scenario.twins[0]
    assert (found.items, found.events) == (len(truth), len(planted) - len(source))
    assert any("twins of the target's items" in step.name for step in scenario.sources[0].provenance.steps)


@pytest.mark.parametrize("policy", ["keep", "report"])
def test_on_request_twins_and_double_listings_stay_and_are_counted(alike, plant, policy):
    source, target = alike
    planted, truth = plant(source, target)
    scenario = built(planted, target, twins=policy)
    assert events(scenario.sources[0]) == events(planted)
    assert scenario.twins[0].items == len(truth)
    counts = tally(make_split(scenario, "ratio")).counts
    assert counts.source_leaks
    assert counts.policy == policy


def test_the_exposed_share_is_that_of_test_events_on_twins(alike, plant, blind):
    source, target = map(blind, alike)
    planted, truth = plant(source, target)
    for policy in ("drop", "keep"):
        split = make_split(built(planted, target, twins=policy), "ratio")
        counts = tally(split).counts
        doubled = {item for _, item in truth}
        item = [split.scenario.target.items[int(code)] in doubled for code in split.test.indices]
        assert counts.exposed_interactions == sum(item) > 100
        assert counts.exposed_share == sum(item) / split.test.nnz
        assert counts.source_leaks == (policy == "keep")


def test_a_cut_hides_the_twins_of_later_events(alike, plant):
    source, target = alike
    planted, _ = plant(source, target)
    counts = tally(make_split(built(planted, target, twins="keep"), "temporal")).counts
    assert counts.exposed_interactions == 0
    assert not counts.source_leaks


def test_twins_that_were_told_before_the_cut_are_exposed(alike, plant):
    source, target = alike
    planted, _ = plant(source, target)
    of_twin = np.array([item.startswith("twin-of-") for item in planted.items])[planted.item]
    early = replace(planted, timestamp=np.where(of_twin, planted.timestamp.min(), planted.timestamp), rating=None)
    # Times that disagree make companions of twins; without times and ratings in the search they are found.
    found = built(replace(early, timestamp=None), target, twins="keep").twins
    scenario = built(early, target, twins="keep")
    told = found[0].told.with_columns(timestamp=int(planted.timestamp.min()))
    scenario = replace(scenario, twins=(replace(found[0], told=told),))
    assert tally(make_split(scenario, "temporal")).counts.exposed_interactions > 0


# --- what an absence tells ----------------------------------------------------------------------------------------


@pytest.fixture
def editions(alike, blind):
    """Two editions of one shop: the target has half of the people's events, the source all of them and more people."""
    whole = replace(blind(alike[1]), item_ids="shop")
    half = replace(whole, provenance=replace(whole.provenance, sha256="another file"))
    half = half.keep(stream(0, "edition").random(len(whole)) < 0.5, "half")
    known = half.keep(half.user < 600, "people whom the target knows")
    return whole, known


def advantage(source, target):
    """AUC of "the source lacks it" over all pairs of 150 target users and target items, for what the target has."""
    theirs, truth = events(source), events(target)
    pairs = [(user, item) for user in target.users[:150] for item in target.items]
    lacks = np.array([pair not in theirs for pair in pairs])
    has = np.array([pair in truth for pair in pairs])
    return 0.5 + (lacks[has].mean() - lacks[~has].mean()) / 2


def test_dropping_only_what_the_target_has_too_would_tell_what_it_has(editions):
    source, target = editions
    known = events(target)
    theirs = np.array([pair in known for pair in listed(source)])
    assert advantage(source.keep(~theirs, "only these"), target) > 0.515


def test_no_shared_users_event_on_a_common_item_stays_so_that_its_absence_tells_nothing(editions):
    source, target = editions
    left = built(source, target, twins="report").sources[0]
    assert len(left) > 0
    assert not {user for user, _ in events(left)} & set(target.users)
    assert advantage(left, target) == 0.5


def test_a_source_of_which_nothing_is_left_is_refused(alike, blind):
    target = replace(blind(alike[1]), item_ids="shop")
    source = replace(target, provenance=replace(target.provenance, sha256="another file"))
    with pytest.raises(TlbenchError, match="nothing of `source` is left"):
        built(source, target, twins="report")


def listed(domain):
    return zip(domain.users.gather(domain.user).to_list(), domain.items.gather(domain.item).to_list(), strict=True)


def test_published_splits_may_name_any_listing(twice, tmp_path):
    """The rows of `a` are those of `b`; what a user has in two parts belongs to the earliest."""
    merged = merge_double_listings(twice)
    (tmp_path / "train.csv").write_text("user,item\nu0,a\nu1,b\nu2,a\nu2,b\nu3,x3\n")
    (tmp_path / "validation.csv").write_text("user,item\nu4,a\n")
    (tmp_path / "test.csv").write_text("user,item\nu0,b\nu5,a\nu30,b\n")
    part = given(merged, tmp_path, Fractions(), np.random.default_rng(0)).part
    found = {pair: int(code) for pair, code in zip(listed(merged), part, strict=True) if code != DROPPED}
    assert found == {
        ("u0", "b"): TRAINING,
        ("u1", "b"): TRAINING,
        ("u2", "b"): TRAINING,
        ("u3", "x3"): TRAINING,
        ("u4", "b"): VALIDATION,
        ("u5", "b"): TEST,
        ("u30", "b"): TEST,
    }
    (tmp_path / "test.csv").write_text("user,item\nu3,x3\n")
    with pytest.raises(TlbenchError, match="row of another part"):
        given(merged, tmp_path, Fractions(), np.random.default_rng(0))

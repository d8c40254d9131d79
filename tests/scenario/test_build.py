from collections import Counter

import numpy as np
import pytest

from tlbench.data import load
from tlbench.errors import TlbenchError
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.scenario import Filters


def build(text, domains, **filters):
    by_name = {domain.name: domain for domain in domains}
    return build_scenario(parse_scenario(text), Filters(**{"k_core": 1, **filters}), by_name.__getitem__)


def test_shared_users_have_one_row_and_the_targets_rows_come_first(make_interactions):
    source = make_interactions([("x", "a"), ("u", "a"), ("y", "b"), ("v", "b")], name="source")
    target = make_interactions([("u", "p"), ("v", "q"), ("w", "p")], name="target")
    bridge = build("source->target", [source, target]).bridge
    assert bridge.rows[0].tolist() == [3, 0, 4, 1]
    assert bridge.overlap.tolist() == [0, 1]
    assert bridge.n_users == 5


def test_ids_of_other_families_are_other_users(make_interactions):
    source = make_interactions([("u", "a")], name="source", user_ids="elsewhere")
    target = make_interactions([("u", "p")], name="target")
    bridge = build("source->target", [source, target]).bridge
    assert bridge.n_users == 2
    assert not len(bridge.overlap)


def test_two_sources_share_rows_with_each_other(make_interactions):
    first = make_interactions([("x", "a"), ("u", "a")], name="first")
    second = make_interactions([("x", "b"), ("z", "b")], name="second")
    target = make_interactions([("u", "p")], name="target")
    bridge = build("first+second->target", [first, second, target]).bridge
    assert bridge.rows[0].tolist() == [1, 0]
    assert bridge.rows[1].tolist() == [1, 2]


def test_an_item_in_two_slices_of_one_file_belongs_to_the_target_only(make_interactions):
    rows = {"sha256": "same", "item_ids": "films"}
    source = make_interactions([("u", "both"), ("u", "drama"), ("x", "both")], name="f/drama", **rows)
    target = make_interactions([("u", "both"), ("v", "comedy")], name="f/comedy", **rows)
    scenario = build("f/drama->f/comedy", [source, target])
    assert scenario.sources[0].items.to_list() == ["drama"]
    assert scenario.target.items.to_list() == ["both", "comedy"]


def test_the_targets_own_events_leave_the_source(make_interactions):
    source = make_interactions([("u", "a"), ("x", "a"), ("u", "b")], name="old", item_ids="asin")
    target = make_interactions([("u", "a"), ("v", "a")], name="new", item_ids="asin")
    scenario = build("old->new", [source, target])
    kept = scenario.sources[0]
    pairs = [(kept.users[int(u)], kept.items[int(i)]) for u, i in zip(kept.user, kept.item, strict=True)]
    assert pairs == [("x", "a"), ("u", "b")]
    assert scenario.bridge.item_alignments[0].how == "id"


def test_filters_are_counted(make_interactions):
    rows = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "b"), ("w", "a")]
    source = make_interactions(rows, name="source", ratings=[5, 5, 4, 5, 1])
    target = make_interactions([(u, f"t{i}") for u, i in rows], name="target")
    scenario = build("source->target", [source, target], k_core=2, min_rating=2, filter_users="all")
    steps = scenario.sources[0].provenance.steps
    assert [step.interactions for step in steps] == [5, 4, 4]
    assert len(scenario.target) == 4


SHORT = [("u", "a"), ("u", "b"), ("v", "a"), ("v", "b"), ("w", "a"), ("x", "c")]


@pytest.mark.parametrize(("filtered", "users"), [("sources", ["u", "v", "w"]), ("all", ["u", "v"])])
def test_target_users_stay_whatever_their_history_unless_all_users_are_filtered(make_interactions, filtered, users):
    source = make_interactions(SHORT, name="source")
    target = make_interactions([(u, f"t{i}") for u, i in SHORT], name="target")
    scenario = build("source->target", [source, target], k_core=2, filter_users=filtered)
    assert scenario.sources[0].users.to_list() == ["u", "v"]
    assert scenario.target.users.to_list() == users
    assert scenario.target.items.to_list() == ["ta", "tb"]


def literal_fixed_point(pairs, k, *, users_too):
    """Count every user and item anew until nobody and nothing is below k."""
    while True:
        per_user, per_item = Counter(u for u, _ in pairs), Counter(i for _, i in pairs)
        kept = {(u, i) for u, i in pairs if per_item[i] >= k and (not users_too or per_user[u] >= k)}
        if kept == pairs:
            return kept
        pairs = kept


def as_pairs(domain):
    users, items = domain.users.to_list(), domain.items.to_list()
    return {(users[u], items[i]) for u, i in zip(domain.user, domain.item, strict=True)}


@pytest.mark.parametrize("filtered", ["sources", "all"])
def test_real_domains_are_filtered_as_a_literal_loop_filters_them(catalogue, filtered):
    def from_catalogue(text):
        return load(text, catalogue=catalogue)

    books = as_pairs(from_catalogue("amazon-books-dense"))
    name = parse_scenario("amazon-movies-dense->amazon-books-dense")
    built = {
        k: build_scenario(name, Filters(k, filter_users=filtered), from_catalogue, links="none", twins="keep")
        for k in (1, 20)
    }
    whole, core = built[1], built[20]
    assert as_pairs(whole.target) == books
    assert as_pairs(core.sources[0]) == literal_fixed_point(as_pairs(whole.sources[0]), 20, users_too=True)
    assert as_pairs(core.target) == literal_fixed_point(books, 20, users_too=filtered == "all")


def test_a_domain_that_filters_empty_is_named(make_interactions):
    source = make_interactions([("u", "a")], name="source")
    target = make_interactions([("u", "p")], name="target")
    with pytest.raises(TlbenchError, match="`source` is empty after --k-core 5") as caught:
        build("source->target", [source, target], k_core=5)
    assert "--k-core 1" in caught.value.hint


def test_two_names_of_one_data_set_are_refused(make_interactions):
    domain = make_interactions([("u", "a")], name="movielens@1m")
    with pytest.raises(TlbenchError, match="are the same data set"):
        build_scenario(parse_scenario("movielens->movielens@1m"), Filters(1), lambda _: domain)


def test_every_user_of_the_union_has_a_row(make_interactions):
    rng = np.random.default_rng(0)
    domains = [
        make_interactions(list({(f"u{u}", f"i{i}") for u, i in rng.integers(0, 40, (200, 2))}), name=name)
        for name in ("a", "b", "target")
    ]
    bridge = build("a+b->target", domains).bridge
    ids = set().union(*(domain.users.to_list() for domain in domains))
    assert bridge.n_users == len(ids)
    for domain, rows in zip(domains, bridge.rows, strict=False):
        assert len(set(rows.tolist())) == domain.n_users


def test_swapped_columns_are_found_out(make_interactions):
    source = make_interactions([("a", "u"), ("b", "v")], name="source")
    target = make_interactions([("u", "p"), ("v", "q")], name="target")
    with pytest.raises(TlbenchError, match="item ids of `source` are user ids of `target`"):
        build("source->target", [source, target])


def test_domains_of_one_family_may_share_nobody(make_interactions):
    source = make_interactions([("x", "a")], name="source")
    target = make_interactions([("u", "p")], name="target")
    assert not len(build("source->target", [source, target]).bridge.overlap)

"""What is found, what is not, and what it is called."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tlbench.scenario.twins import SAME, Grade, find_double_listings, find_twins
from tlbench.scenario.twins.groups import complete_groups


def named(table):
    return set(table.select("left_item", "right_item").rows())


def enough(twins, truth, target, *, least=3):
    """Planted pairs whose right item has that many users."""
    size = dict(zip(target.items.to_list(), np.bincount(target.item, minlength=target.n_items), strict=True))
    return {pair for pair in truth if size[pair[1]] >= least}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("knows", ["everything", "nothing but users"])
def test_planted_twins_are_found_and_nothing_else(alike, plant, blind, seed, knows):
    source, target = alike if knows == "everything" else map(blind, alike)
    planted, truth = plant(source, target, seed=seed)
    found = named(find_twins(planted, target).same)
    wanted = enough(find_twins, truth, target)
    assert len(wanted) > 50
    assert len(found & wanted) >= 0.99 * len(wanted)
    assert len(found - truth) <= 0.01 * len(found)


def test_twins_that_lost_a_tenth_of_their_events_are_found(alike, plant):
    source, target = alike
    planted, truth = plant(source, target, kept=0.9)
    found = named(find_twins(planted, target).same)
    assert len(found & truth) >= 0.95 * len(truth)
    assert found <= truth


@pytest.mark.parametrize("seed", range(20))
def test_no_twins_among_shuffled_users(alike, plant, blind, shuffled, seed):
    source, target = map(blind, alike)
    planted, _ = plant(source, target)
    assert find_twins(shuffled(planted, seed), target).same.is_empty()


def test_the_same_tastes_make_no_twins(alike, blind):
    for source, target in (alike, tuple(map(blind, alike))):
        assert find_twins(source, target).same.is_empty()
        assert find_double_listings(target).same.is_empty()


def test_items_that_everybody_has_are_no_twins(make_interactions):
    users = [f"u{k}" for k in range(50)]
    source = make_interactions([(user, f"s{k}") for user in users for k in range(3)], name="s")
    target = make_interactions([(user, f"t{k}") for user in users for k in range(3)], name="t")
    assert find_twins(source, target).table.is_empty()


def test_domains_of_other_people_have_no_twins(alike, plant):
    source, target = alike
    planted, _ = plant(source, target)
    twins = find_twins(replace(planted, user_ids="others"), target)
    assert (twins.users, twins.tested, len(twins.table)) == (0, 0, 0)


def test_the_counts_say_what_was_looked_at(alike, plant):
    source, target = alike
    twins = find_twins(source, target)
    assert twins.users == 800
    assert twins.tested == twins.items[0] * twins.items[1]
    assert [a + b for a, b in zip(twins.items, twins.skipped, strict=True)] == [source.n_items, target.n_items]
    row = find_twins(*(plant(source, target)[0], target)).same.row(0, named=True)
    assert row["jaccard"] == row["common"] / (row["left_users"] + row["right_users"] - row["common"])


# --- grades -------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(make_interactions):
    """Two domains of 60 people: item `s` and item `t` have the same ten users; the rest is their own."""

    def make(*, ratings=None, days=None, titles=(None, None)):
        domains = []
        for side, (name, item) in enumerate((("source", "s"), ("target", "t"))):
            rows = [(f"u{k}", item, 86_400 * (k + (days[side] if days else 0))) for k in range(10)]
            rows += [(f"u{k}", f"{name}-{k % (6 + side)}", 86_400 * (100 + 7 * k + side)) for k in range(60)]
            domain = make_interactions(rows, name=name)
            stars = np.array([1 + (k + (ratings[side] if ratings else 0)) % 5 for k in range(len(rows))], np.float32)
            domains.append(
                replace(
                    domain,
                    timestamp=domain.timestamp if days else None,
                    rating=stars if ratings else None,
                    rating_scale=(1.0, 5.0) if ratings else None,
                    item_table=pl.DataFrame(
                        {"title": [titles[side] if code == item else None for code in domain.items]},
                        schema={"title": pl.String},
                    ),
                )
            )
        return domains

    return make


def grade(domains):
    table = find_twins(*domains).table
    assert named(table) == {("s", "t")}
    return table["grade"][0]


def test_users_alone_make_the_same_events_where_nothing_else_is_known(pair):
    assert grade(pair()) == Grade.SAME_EVENTS


def test_other_days_make_companions_of_items_with_the_same_users(pair):
    assert grade(pair(days=(0, 3))) == Grade.COMPANIONS


def test_other_ratings_make_companions_of_items_with_the_same_users(pair):
    assert grade(pair(ratings=(0, 1))) == Grade.COMPANIONS


def test_the_same_days_make_the_same_events(pair):
    assert grade(pair(days=(0, 0))) == Grade.SAME_EVENTS


def test_the_same_ratings_make_the_same_events(pair):
    assert grade(pair(ratings=(0, 0))) == Grade.SAME_EVENTS


def test_the_same_days_with_other_ratings_are_no_proof(pair):
    assert grade(pair(days=(0, 0), ratings=(0, 1))) == Grade.COMPANIONS


def test_users_days_and_ratings_make_the_same_product(pair):
    assert grade(pair(days=(0, 0), ratings=(0, 0))) == Grade.SAME_PRODUCT


def test_titles_make_the_same_product(pair):
    assert grade(pair(days=(0, 3), titles=("Wonder Clips, 50 pack", "wonder clips 50 pack"))) == Grade.SAME_PRODUCT


def test_titles_with_other_numbers_are_other_products(pair):
    assert grade(pair(days=(0, 3), titles=("Wonder Clips, 50 pack", "Wonder Clips, 10 pack"))) == Grade.COMPANIONS


def test_ids_of_one_family_make_the_same_product(pair):
    source, target = (replace(domain, item_ids="shop") for domain in pair(days=(0, 3)))
    source = replace(source, items=source.items.replace("s", "t"))
    table = find_twins(source, target).table
    assert table.select("left_item", "right_item", "grade").rows() == [("t", "t", "same product")]


def test_ratings_on_unlike_scales_agree_where_their_places_do(pair):
    source, target = pair(ratings=(0, 0))
    ten = replace(source, rating=source.rating * 2 - 1, rating_scale=(1.0, 9.0))
    assert find_twins(ten, target).table["same_rating"].to_list() == [1.0]


def test_seconds_are_asked_for_where_both_domains_know_them(pair):
    source, target = (
        replace(domain, timestamp=domain.timestamp + 1000 * k + 17) for k, domain in enumerate(pair(days=(0, 0)))
    )
    row = find_twins(source, target).table.row(0, named=True)
    assert (row["same_second"], row["same_day"], row["grade"]) == (0.0, 1.0, Grade.COMPANIONS)


# --- groups -------------------------------------------------------------------------------------------------------


def test_a_chain_of_pairs_is_no_group():
    chain = np.array([[0, 1], [1, 2], [2, 3]], dtype=np.int32)
    groups = complete_groups(chain, np.array([0.9, 0.95, 0.9]))
    assert [group.tolist() for group in groups] == [[1, 2]]


def test_items_that_are_all_pairs_are_one_group():
    pairs = np.array([[4, 5], [5, 9], [4, 9], [1, 2]], dtype=np.int32)
    groups = complete_groups(pairs, np.ones(4))
    assert [group.tolist() for group in groups] == [[1, 2], [4, 5, 9]]
    assert all(group.dtype == np.int64 for group in groups)


def test_no_pair_is_no_group():
    assert complete_groups(np.empty((0, 2), dtype=np.int32), np.empty(0)) == []


def test_doubled_items_of_one_domain_are_found(alike, plant):
    _, target = alike
    doubled, truth = plant(target, target)
    twins = find_double_listings(doubled)
    found = {frozenset(pair) for pair in named(twins.same)}
    wanted = {frozenset(pair) for pair in enough(twins, truth, target)}
    assert found >= wanted
    groups = {frozenset(doubled.items.gather(group)) for group in twins.groups()}
    assert groups >= wanted


# --- real data ----------------------------------------------------------------------------------------------------


def test_merged_reviews_are_found_in_real_sets(catalogue):
    from tlbench.data import load

    def count(name):
        return sum(len(group) for group in find_double_listings(load(name, catalogue=catalogue)).groups())

    assert 110 <= count("amazon-books-dense") <= 140
    assert count("amazon-fashion") == 14
    assert count("movielens@1m") == 0


def test_only_the_surest_grades_are_the_same():
    assert tuple(SAME) == (Grade.SAME_PRODUCT, Grade.SAME_EVENTS)

"""Which way items are linked, and what follows from it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tlbench.data import load
from tlbench.errors import TlbenchError
from tlbench.methods.applicable import why_not
from tlbench.plugins import register_all
from tlbench.registry import METHODS
from tlbench.scenario.alignment import check_links, files_of_links
from tlbench.scenario.build import build_scenario
from tlbench.scenario.grammar import parse_scenario
from tlbench.scenario.link_table import read_link_table, write_link_table
from tlbench.scenario.scenario import Filters
from tlbench.scenario.titles import link_titles
from tlbench.split.counts import tally
from tlbench.split.split import make_split


@pytest.fixture
def shop(make_interactions):
    """A domain of items with titles; every user of it touches every item."""

    def make(name, titles, users=("u", "v"), **options):
        made = make_interactions([(user, item) for user in users for item in titles], name=name, **options)
        from dataclasses import replace

        return replace(made, item_table=pl.DataFrame({"title": [titles[item] for item in made.items]}))

    return make


@pytest.fixture
def films(shop):
    return shop("films", {"f1": "Heat (1995)", "f2": "Ali", "f3": "Duel"}, user_ids="film people")


@pytest.fixture
def tapes(shop):
    return shop("tapes", {"t1": "Duel [VHS]", "t2": "Heat (DVD)", "t3": "Ali", "t4": "Big"})


def built(text, *domains, links="titles", k_core=1):
    by_name = {domain.name: domain for domain in domains}
    return build_scenario(parse_scenario(text), Filters(k_core), by_name.__getitem__, links=links)


def pairs(scenario, source=0):
    links = scenario.bridge.item_alignments[source]
    if links is None:
        return None
    left, right = scenario.sources[source].items, scenario.target.items
    found = zip(links.source_item, links.target_item, strict=True)
    return {(left[int(one)], right[int(other)]) for one, other in found}


ALL = {("f1", "t2"), ("f2", "t3"), ("f3", "t1")}


def test_titles_link_items_of_other_families(films, tapes):
    scenario = built("films->tapes", films, tapes)
    links = scenario.bridge.item_alignments[0]
    assert pairs(scenario) == ALL
    assert links.how == "title"
    assert (links.source_item.dtype, links.target_item.dtype, links.score.dtype) == (np.int32, np.int32, np.float32)
    assert scenario.bridge.unlinked == (None,)


def test_within_a_family_ids_decide_and_titles_link_nothing(shop):
    old = shop("old", {"a": "Heat", "b": "Ali"}, user_ids="others", item_ids="asin")
    new = shop("new", {"b": "Another title", "c": "Heat"}, item_ids="asin")
    scenario = built("old->new", old, new)
    assert pairs(scenario) == {("b", "b")}
    assert scenario.bridge.item_alignments[0].how == "id"


def test_links_none_links_nothing_by_title_and_says_so(films, tapes):
    scenario = built("films->tapes", films, tapes, links="none")
    assert pairs(scenario) is None
    assert scenario.bridge.unlinked == ("`--links none` links nothing by title",)


def test_links_are_between_items_that_the_filters_left(shop, tapes):
    titles = {"f0": "Rare", "f1": "Heat", "f2": "Ali", "f3": "Duel"}
    films = shop("films", titles, users=("x", "y", "z"), user_ids="film people")
    rare = films.keep(~((films.item == 0) & (films.user > 0)), "made rare")
    scenario = built("films->tapes", rare, tapes, k_core=2)
    assert scenario.sources[0].items.to_list() == ["f1", "f2", "f3"]
    assert pairs(scenario) == ALL


def test_a_shared_users_event_on_a_linked_item_is_the_targets(shop, tapes):
    films = shop("films", {"f1": "Heat", "f2": "Else", "f3": "Duel"}, users=("u", "x"))
    kept = built("films->tapes", films, tapes).sources[0]
    events = [(kept.users[int(u)], kept.items[int(i)]) for u, i in zip(kept.user, kept.item, strict=True)]
    assert events == [("u", "f2"), ("x", "f1"), ("x", "f2"), ("x", "f3")]
    assert kept.provenance.steps[-1].name == "shared users' events on linked items"


def test_table_can_be_corrected_by_hand_and_fed_back(films, tapes, tmp_path):
    path = tmp_path / "links.csv"
    write_link_table(path, {"films": link_titles(films, tapes)}, "tapes")
    table = pl.read_csv(path)
    assert set(table.filter("kept").select("source_item", "target_item").rows()) == ALL
    wrong = table.with_columns(kept=pl.col("source_item") != "f2")
    added = wrong.with_columns(source_item=pl.lit("f2"), target_item=pl.lit("t4"), kept=pl.lit(True)).head(1)
    pl.concat([wrong, added]).write_csv(path)
    scenario = built("films->tapes", films, tapes, links=str(path))
    assert pairs(scenario) == {("f1", "t2"), ("f3", "t1"), ("f2", "t4")}
    assert scenario.bridge.item_alignments[0].how == "table"


def test_one_table_holds_several_sources_and_titles_link_those_that_it_does_not_name(shop, films, tapes, tmp_path):
    discs = shop("discs", {"d1": "Heat", "d2": "Big"}, user_ids="disc people")
    rolls = shop("rolls", {"f1": "Big"}, user_ids="roll people")
    path = tmp_path / "links.csv"
    path.write_text("source,source_item,target_item\nfilms,f1,t2\nrolls,f1,t1\n")
    scenario = built("films+discs+rolls->tapes", films, discs, rolls, tapes, links=str(path))
    assert [pairs(scenario, place) for place in range(3)] == [
        {("f1", "t2")},
        {("d1", "t2"), ("d2", "t4")},
        {("f1", "t1")},
    ]
    assert [links.how for links in scenario.bridge.item_alignments] == ["table", "title", "table"]


def test_a_table_is_for_the_target_that_it_names(shop, films, tapes, tmp_path):
    path = tmp_path / "links.csv"
    write_link_table(path, {"films": link_titles(films, tapes)}, "tapes")
    reels = shop("reels", {"t1": "Else", "t2": "Also else"})
    with pytest.raises(TlbenchError, match="has no link of `films` to `reels`, only of `films`"):
        built("films->reels", films, reels, links=str(path))


def test_a_table_wins_over_ids(shop, tmp_path):
    old = shop("old", {"a": "Heat", "b": "Ali"}, user_ids="others", item_ids="asin")
    new = shop("new", {"b": "Ali", "c": "Heat"}, item_ids="asin")
    path = tmp_path / "links.csv"
    path.write_text("source,target,source_item,target_item,score,kept\nold,new,a,c,0.5,true\nold,new,b,b,1,false\n")
    scenario = built("old->new", old, new, links=str(path))
    assert pairs(scenario) == {("a", "c")}
    assert scenario.bridge.item_alignments[0].score.tolist() == [0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "has no column `source`"),
        ("", "is not a table of links"),
        ("source,source_item,target_item\nfilms,,t1\n", "`source_item` is empty in row 1"),
        ("source,source_item,target_item,kept\nfilms,f1,t1,yes\n", "`kept` is `yes` in row 1"),
        ("source,source_item,target_item,score\nfilms,f1,t1,2\n", "`score` is `2`"),
        ("source,source_item,target_item\nfilms,f1,t1\nfilms,f1,t2\n", "`f1` in .* is in 2 kept pairs"),
        ("source,source_item,target_item\nfilms,f1,t1\nfilms,f2,t1\n", "`t1` in .* is in 2 kept pairs"),
    ],
)
def test_what_is_no_table_of_links_is_refused(text, message, tmp_path):
    path = tmp_path / "links.csv"
    path.write_text(text)
    with pytest.raises(TlbenchError, match=message):
        read_link_table(path)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(TlbenchError, match=r"lost.csv.*No such file"):
        read_link_table(tmp_path / "lost.csv")


def test_ids_that_look_like_numbers_keep_their_zeros(tmp_path):
    path = tmp_path / "links.csv"
    path.write_text("source,source_item,target_item\nfilms,007,0783239408\n")
    assert read_link_table(path).row(0)[2:4] == ("007", "0783239408")


def test_a_misspelt_way_to_link_is_answered_with_the_nearest():
    with pytest.raises(TlbenchError, match="`title`") as caught:
        check_links("title")
    assert "`titles`" in caught.value.hint
    check_links("tables/links.csv")
    assert files_of_links("titles") == files_of_links("none") == []
    assert files_of_links("tables/links.csv") == [Path("tables/links.csv")]


def test_the_reason_why_nothing_is_linked_says_how_to_get_titles(make_interactions, tapes):
    register_all()
    films = make_interactions([("x", "f1")], name="films@1/drama", user_ids="film people")
    split = make_split(built("films@1/drama->tapes", films, tapes), "ratio")
    reason = why_not(METHODS.get("link-similarity"), split.training, unlinked=split.scenario.bridge.unlinked)
    assert "`films@1` has no titles to link by" in reason
    assert "`tlbench data fetch films@1 --items`" in reason


def test_the_card_says_how_many_items_are_linked_and_how(films, tapes):
    source, target = tally(make_split(built("films->tapes", films, tapes), "ratio")).counts.domains
    assert (source.linked_items, source.linked_by) == (3, "title")
    assert (target.linked_items, target.linked_by) == (0, None)


def test_every_change_of_the_links_changes_the_digest(films, tapes, tmp_path):
    digests = []
    for number, rows in enumerate(("films,f1,t2", "films,f1,t3", "films,f2,t2", "films,f1,t2\nfilms,f2,t3")):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"source,source_item,target_item\n{rows}\n")
        digests.append(make_split(built("films->tapes", films, tapes, links=str(path)), "ratio").digest)
    digests += [
        make_split(built("films->tapes", films, tapes, links=way), "ratio").digest for way in ("titles", "none")
    ]
    assert len(set(digests)) == 6


def test_the_digest_tells_which_source_is_linked(shop, tapes, tmp_path):
    one = shop("one", {"f1": "Heat"}, user_ids="film people")
    two = shop("two", {"f1": "Heat"}, user_ids="film people")
    digests = set()
    for linked, other in (("one", "two"), ("two", "one")):
        path = tmp_path / f"{linked}.csv"
        path.write_text(f"source,source_item,target_item\n{linked},f1,t2\n{other},lost,t2\n")
        digests.add(make_split(built("one+two->tapes", one, two, tapes, links=str(path)), "ratio").digest)
    assert len(digests) == 2


def test_made_domains_are_not_linked_by_titles_that_are_equal_by_chance():
    scenario = build_scenario(parse_scenario("demo-movies->demo-books"), Filters(), load, links="titles")
    assert scenario.bridge.item_alignments == (None,)


def test_editions_of_movielens_that_number_films_otherwise_are_linked_by_title(catalogue):
    def from_catalogue(name):
        return load(name, catalogue=catalogue)

    for text in ("movielens@1m->movielens@100k", "movielens@latest-small->amazon-movies-dense"):
        scenario = build_scenario(parse_scenario(text), Filters(), from_catalogue, links="titles")
        links = scenario.bridge.item_alignments[0]
        assert links.how == "title"
        source, target = scenario.sources[0].item_table["title"], scenario.target.item_table["title"]
        assert len(links.score) > 400
    named = {
        source[int(one)]: target[int(other)] for one, other in zip(links.source_item, links.target_item, strict=True)
    }
    assert named["Dark Knight, The (2008)"] == "The Dark Knight [Theatrical Release]"


def test_equal_numbers_of_movielens_editions_are_the_same_film_but_for_the_oldest(catalogue):
    sets = [load(f"movielens@{edition}", catalogue=catalogue) for edition in ("1m", "latest-small", "100k")]
    titles = [dict(zip(one.items, one.item_table["title"], strict=True)) for one in sets]
    same = [
        np.mean([titles[0][number] == other[number] for number in titles[0].keys() & other.keys()])
        for other in titles[1:]
    ]
    assert same[0] > 0.85  # what differs is spelling
    assert same[1] < 0.01

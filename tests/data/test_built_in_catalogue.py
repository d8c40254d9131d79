"""The built-in catalogue names what the field uses."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tlbench.data import describe, list_datasets, load
from tlbench.data.catalogue import open_catalogue
from tlbench.errors import TlbenchError


def test_every_edition_and_category_of_the_publishers_is_there() -> None:
    names = list(open_catalogue().entries)
    editions = Counter(name.partition("@")[2] for name in names if name.startswith("amazon-"))
    assert editions == {"2014": 24, "2018": 29, "2023-0core": 34, "2023": 28}
    movielens = {name for name in names if name.startswith("movielens@")}
    editions_there = {"100k", "1m", "10m", "20m", "25m", "32m", "latest", "latest-small"}
    assert movielens == {f"movielens@{edition}" for edition in editions_there}
    markets = {name for name in names if name.startswith("xmrec-")}
    assert markets == {"xmrec-t1", "xmrec-s1", "xmrec-s2", "xmrec-s3"}
    assert len(names) == 24 + 29 + 34 + 28 + 8 + 4


def test_every_entry_has_terms_citation_and_an_address_of_its_own() -> None:
    entries = open_catalogue().entries.values()
    assert all(entry.terms and re.search(r"doi:10\.|arXiv:", entry.reference) for entry in entries)
    assert all((entry.url or "").startswith("https://") for entry in entries)
    assert len({entry.url for entry in entries}) == len(entries)


def test_films_of_movielens_have_one_number_in_all_editions_but_the_oldest() -> None:
    entries = [entry for name, entry in open_catalogue().entries.items() if name.startswith("movielens@")]
    assert {entry.item_ids for entry in entries if entry.name != "movielens@100k"} == {"movielens"}
    assert open_catalogue().entries["movielens@100k"].item_ids == "movielens@100k"
    assert len({entry.user_ids for entry in entries}) == len(entries)


def test_what_nobody_here_fetched_is_marked_as_not_verified() -> None:
    assert not any(info.verified for info in list_datasets() if info.origin == "built-in")


def test_sums_are_given_wherever_one_is_recorded() -> None:
    entries = open_catalogue().entries
    without = {name for name, entry in entries.items() if entry.sha256 is None}
    five_core = {name for name in entries if name.endswith("@2023")}
    assert without == (five_core - {"amazon-video-games@2023", "amazon-cds-and-vinyl@2023"}) | {
        "movielens@latest",
        "movielens@32m",
    }


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("movielens", "movielens@1m"),
        ("ml-25m", "movielens@25m"),
        ("amazon-books", "amazon-books@2023"),
        ("Amazon-Books", "amazon-books@2023"),
        ("amazon-movies-and-tv", "amazon-movies-and-tv@2023"),
        ("amazon-cds-and-vinyl@2014", "amazon-cds-and-vinyl@2014"),
        ("amazon-fashion", "amazon-fashion@2023-0core"),
        ("amazon-fashion@2018", "amazon-fashion@2018"),
        ("amazon-baby", "amazon-baby@2014"),
        ("amazon-luxury-beauty", "amazon-luxury-beauty@2018"),
    ],
)
def test_names_that_people_type_are_known(typed: str, meant: str) -> None:
    assert describe(typed).name == meant


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("amazon-book", "amazon-books"),
        ("amazon-movies-tv", "amazon-movies-and-tv"),
        ("movielens@lastest-small", "movielens@latest-small"),
        ("movielen@25M", "movielens@25m"),
        ("amazon-cds-vinyl@2014", "amazon-cds-and-vinyl@2014"),
    ],
)
def test_near_miss_is_answered_with_the_nearest_name(typed: str, near: str) -> None:
    with pytest.raises(TlbenchError) as caught:
        describe(typed)
    assert caught.value.hint is not None
    assert f"did you mean `{near}`?" in caught.value.hint


def test_editions_of_one_kind_share_ids_and_others_do_not() -> None:
    entries = open_catalogue().entries
    families = {name: entry.user_ids for name, entry in entries.items()}
    assert families["amazon-books@2014"] == families["amazon-electronics@2018"]
    assert families["amazon-books@2018"] != families["amazon-books@2023"]
    assert families["amazon-books@2023"] == families["amazon-video-games@2023-0core"]
    assert len({families[name] for name in families if name.startswith("movielens")}) == 8


def test_unfetched_set_says_offline_where_its_file_belongs() -> None:
    with pytest.raises(TlbenchError, match="`amazon-books@2023` is not on this machine"):
        load("amazon-books", offline=True)

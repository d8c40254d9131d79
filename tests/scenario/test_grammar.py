import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlbench.errors import TlbenchError
from tlbench.scenario.grammar import ScenarioName, parse_scenario


@pytest.mark.parametrize("arrow", ["->", "→", ":", " -> ", " → "])
def test_all_arrows_mean_the_same(arrow):
    assert parse_scenario(f"movielens{arrow}amazon-books") == ScenarioName(("movielens",), "amazon-books")


def test_plus_joins_sources_in_order():
    name = parse_scenario("b + a->c")
    assert name.sources == ("b", "a")
    assert str(name) == "b+a->c"


def test_editions_and_slices_belong_to_the_name():
    name = parse_scenario("movielens@1m/drama->movielens@1m/comedy")
    assert name == ScenarioName(("movielens@1m/drama",), "movielens@1m/comedy")
    assert re.fullmatch(r"movielens@1m\.drama--movielens@1m\.comedy=[0-9a-f]{10}", name.slug)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("movielens", "0 arrows"),
        ("a->b->c", "2 arrows"),
        ("->b", "not the name"),
        ("a->", "not the name"),
        ("a++b->c", "not the name"),
        ("a b->c", "not the name"),
        ("a->a", "source and as target"),
        ("a+a->b", "names a source twice"),
    ],
)
def test_what_is_no_scenario_is_refused_with_a_hint(text, fault):
    with pytest.raises(TlbenchError, match=fault) as caught:
        parse_scenario(text)
    assert caught.value.hint


names = st.from_regex(r"[a-z0-9][a-z0-9._&'-]{0,6}(@[a-z0-9.-]{1,4})?(/[^/+\n:>→]{1,6})?", fullmatch=True).filter(
    lambda name: name == name.strip().lower() and "->" not in name
)
lists_of_names = st.lists(names, min_size=2, max_size=4, unique=True)


def named(parts):
    return ScenarioName(tuple(parts[:-1]), parts[-1])


@given(lists_of_names)
def test_what_is_printed_is_read_back(parts):
    assert parse_scenario(str(named(parts))) == named(parts)


@given(lists_of_names)
def test_a_slug_is_a_portable_file_name(parts):
    slug = named(parts).slug
    assert re.fullmatch(r"[a-z0-9][a-z0-9@+._=-]*[a-z0-9_]", slug)
    assert len(slug) < 140


near = st.from_regex(r"[xy]([-.+/_@]{0,2}[xy]){0,2}", fullmatch=True)


@given(st.lists(st.lists(near, min_size=2, max_size=3, unique=True), min_size=2, max_size=6, unique_by=tuple))
def test_two_scenarios_never_share_a_folder(several):
    read = set()
    for parts in several:
        with suppress(TlbenchError):
            read.add(parse_scenario(str(named(parts))))
    assert len({name.slug for name in read}) == len(read)


def test_dashes_at_the_ends_of_names_do_not_make_two_scenarios_one():
    assert parse_scenario("x--y->z").slug != parse_scenario("x->y--z").slug
    assert parse_scenario("x->y").slug == "x--y"


def test_letters_of_either_case_are_the_same():
    assert parse_scenario("MovieLens@1M/Drama->Books") == parse_scenario("movielens@1m/drama->books")

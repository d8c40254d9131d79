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
    assert name.slug == "movielens@1m.drama--movielens@1m.comedy"


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


names = st.from_regex(r"[a-z][a-z0-9-]{0,6}(@[a-z0-9]{1,4})?(/[a-z]{1,6})?", fullmatch=True)


@given(st.lists(names, min_size=2, max_size=4, unique=True))
def test_what_is_printed_is_read_back(parts):
    name = ScenarioName(tuple(parts[:-1]), parts[-1])
    assert parse_scenario(str(name)) == name


@given(st.lists(names, min_size=2, max_size=4, unique=True))
def test_a_slug_is_a_portable_file_name(parts):
    assert not set(ScenarioName(tuple(parts[:-1]), parts[-1]).slug) & set('<>:"/\\|?* ')

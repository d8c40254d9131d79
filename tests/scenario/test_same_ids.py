"""Two domains that share no user are doubted where their raw ids coincide."""

import pytest

from tlbench.scenario.alignment import find_links
from tlbench.scenario.bridge import make_bridge
from tlbench.scenario.same_ids import notices_of_ids
from tlbench.scenario.scenario import Filters, Scenario


@pytest.fixture
def made(make_interactions):
    def make(source_users, target_users, families):
        rows = [[(user, f"i{k}") for user in users for k in range(2)] for users in (source_users, target_users)]
        source, target = (
            make_interactions(r, name=name, user_ids=family)
            for r, name, family in zip(rows, ("clicks", "orders"), families, strict=True)
        )
        return Scenario(
            "clicks->orders",
            (source,),
            target,
            Filters(),
            make_bridge((source,), target, find_links((source,), target, "none")),
        )

    return make


IDS = [str(k) for k in range(10)]


def test_same_ids_of_two_families_of_their_own_are_pointed_out(made):
    (notice,) = notices_of_ids(made(IDS, IDS[2:], ("clicks", "orders")))
    assert "share no user, though 8 ids" in notice
    assert "--user-ids FAMILY" in notice


@pytest.mark.parametrize("families", [("shop", "shop"), ("movielens", "amazon")])
def test_declared_families_are_believed(made, families):
    assert notices_of_ids(made(IDS, IDS, families)) == []


def test_few_common_ids_are_chance(made):
    assert notices_of_ids(made(IDS, ["9", *(f"x{k}" for k in range(9))], ("clicks", "orders"))) == []

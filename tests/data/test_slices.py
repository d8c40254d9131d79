"""Slices hold what their condition says and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tlbench.data import load
from tlbench.errors import TlbenchError

WHOLE = load("demo-books")


def kept(part: str) -> set[tuple[str, str]]:
    data = load(f"demo-books/{part}")
    return set(zip(data.users.gather(data.user), data.items.gather(data.item), strict=True))


def wanted(mask: np.ndarray) -> set[tuple[str, str]]:
    return set(zip(WHOLE.users.gather(WHOLE.user[mask]), WHOLE.items.gather(WHOLE.item[mask]), strict=True))


def of_items(marks: list[bool]) -> np.ndarray:
    return np.array(marks)[WHOLE.item]


assert WHOLE.rating is not None
assert WHOLE.timestamp is not None
assert WHOLE.item_table is not None
TITLES = WHOLE.item_table["title"].to_list()
CATEGORIES = WHOLE.item_table["categories"].to_list()
CASES = {
    "fantasy": of_items(["Fantasy" in names for names in CATEGORIES]),
    "category=Fantasy": of_items(["Fantasy" in names for names in CATEGORIES]),
    "category!=Fantasy": of_items(["Fantasy" not in names for names in CATEGORIES]),
    "rating>=4": WHOLE.rating >= 4,
    "rating = 3": WHOLE.rating == 3,
    "time<2021-01-01": WHOLE.timestamp < 1_609_459_200,
    "time>=1609459200": WHOLE.timestamp >= 1_609_459_200,
    "year<1990": of_items([int(title[-5:-1]) < 1990 for title in TITLES]),
    "title~golden": of_items(["Golden" in title for title in TITLES]),
    "rating>=4&year>=1990": (WHOLE.rating >= 4) & of_items([int(title[-5:-1]) >= 1990 for title in TITLES]),
}


@pytest.mark.parametrize("part", CASES)
def test_slice_holds_exactly_what_its_condition_says(part: str) -> None:
    mask = CASES[part]
    assert 0 < mask.sum() < len(WHOLE)
    assert kept(part) == wanted(mask)


@pytest.mark.parametrize(
    "part", ["rating>=good", "title>=x", "rating~4", "rating>=4&nonsense", "time<soon-ish", "year~9", "rating>9"]
)
def test_condition_that_makes_no_sense_is_refused(part: str) -> None:
    with pytest.raises(TlbenchError) as caught:
        load(f"demo-books/{part}")
    assert caught.value.hint

"""Cleaning keeps exactly what a slow, literal computation keeps."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tlbench.data import Interactions, Provenance, k_core, min_rating
from tlbench.data.cleaning import k_core_mask, superseded, well_known_items
from tlbench.data.codes import Coder


def make(pairs: list[tuple[int, int]], rating: list[float] | None = None) -> Interactions:
    user, item = (np.array([pair[k] for pair in pairs], dtype=np.int32) for k in (0, 1))
    return Interactions(
        name="toy",
        users=pl.Series([f"u{k}" for k in range(int(user.max()) + 1)]),
        items=pl.Series([f"i{k}" for k in range(int(item.max()) + 1)]),
        user=user,
        item=item,
        rating=None if rating is None else np.array(rating, dtype=np.float32),
        timestamp=None,
        item_table=None,
        user_ids="toy",
        item_ids="toy",
        rating_scale=None if rating is None else (1.0, 5.0),
        provenance=Provenance("", "", ""),
    )


def naive_k_core(pairs: set[tuple[int, int]], k: int) -> set[tuple[int, int]]:
    while True:
        users = [u for u, _ in pairs]
        items = [i for _, i in pairs]
        kept = {(u, i) for u, i in pairs if users.count(u) >= k and items.count(i) >= k}
        if kept == pairs:
            return kept
        pairs = kept


PAIRS = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1)


@given(pairs=PAIRS, k=st.integers(1, 5))
@settings(deadline=None)
def test_k_core_is_that_of_the_naive_loop(pairs: set[tuple[int, int]], k: int) -> None:
    listed = sorted(pairs)
    user, item = (np.array([pair[axis] for pair in listed], dtype=np.int32) for axis in (0, 1))
    mask = k_core_mask(user, item, k, n_users=9, n_items=9)
    assert {pair for pair, kept in zip(listed, mask, strict=True) if kept} == naive_k_core(pairs, k)


def naive_item_core(pairs: set[tuple[int, int]], k: int) -> set[tuple[int, int]]:
    """Filter items and let users stay, again and again until nothing changes."""
    while True:
        items = [i for _, i in pairs]
        kept = {(u, i) for u, i in pairs if items.count(i) >= k}
        if kept == pairs:
            return kept
        pairs = kept


@given(pairs=PAIRS, k=st.integers(1, 5))
@settings(deadline=None)
def test_one_pass_over_the_items_is_the_fixed_point_of_the_naive_loop(pairs: set[tuple[int, int]], k: int) -> None:
    kept = well_known_items(make(sorted(pairs)), k)
    found = zip((kept.users[int(u)] for u in kept.user), (kept.items[int(i)] for i in kept.item), strict=True)
    assert set(found) == {(f"u{u}", f"i{i}") for u, i in naive_item_core(pairs, k)}


def test_filtering_items_keeps_users_with_a_short_history_and_counts_its_step() -> None:
    kept = well_known_items(make([(0, 0), (1, 0), (1, 1), (2, 2)]), 2)
    assert kept.users.to_list() == ["u0", "u1"]
    assert kept.items.to_list() == ["i0"]
    assert (kept.provenance.steps[-1].name, kept.provenance.steps[-1].interactions) == ("items with at least 2", 2)


def test_k_core_takes_its_own_effects_into_account() -> None:
    # u0-u1 on i0-i1 is a 2-core; the chain u2-i2-u3-i3 falls apart link by link.
    data = make([(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)])
    core = k_core(data, 2)
    assert core.users.to_list() == ["u0", "u1"]
    assert core.items.to_list() == ["i0", "i1"]
    assert core.provenance.steps[-1].name == "2-core"
    assert core.provenance.steps[-1].interactions == 4


def test_one_core_changes_nothing() -> None:
    data = make([(0, 0), (1, 1)])
    assert k_core(data, 1) is data


def test_k_core_may_be_empty() -> None:
    core = k_core(make([(0, 0), (1, 1)]), 2)
    assert (len(core), core.n_users, core.n_items) == (0, 0, 0)


def test_min_rating_keeps_the_threshold_itself_and_implicit_data() -> None:
    assert min_rating(make([(0, 0), (0, 1), (1, 1)], [3.5, 4.0, 5.0]), 4.0).rating.tolist() == [4.0, 5.0]  # type: ignore[union-attr]
    implicit = make([(0, 0)])
    assert min_rating(implicit, 4.0) is implicit


EVENTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 5)), min_size=1)


@given(events=EVENTS, timed=st.booleans())
@settings(deadline=None)
def test_duplicates_leave_the_latest_or_without_time_the_first(events: list[tuple[int, int, int]], timed: bool) -> None:
    best: dict[tuple[int, int], int] = {}
    for row, (u, i, t) in enumerate(events):
        if (u, i) not in best or (timed and t > events[best[u, i]][2]):
            best[u, i] = row
    user, item, time = (np.array([event[k] for event in events]) for k in range(3))
    gone = superseded(user.astype(np.int32), item.astype(np.int32), time.astype(np.int64) if timed else None, n_items=4)
    assert set(np.flatnonzero(~gone)) == set(best.values())


@given(blocks=st.lists(st.lists(st.text(max_size=2), min_size=1), min_size=1))
@settings(deadline=None)
def test_codes_number_ids_by_first_appearance_over_all_blocks(blocks: list[list[str]]) -> None:
    coder = Coder()
    codes = np.concatenate([coder.code(pl.Series(block, dtype=pl.String)) for block in blocks])
    ids = [text for block in blocks for text in block]
    assert coder.ids.to_list() == list(dict.fromkeys(ids))
    assert [coder.ids[int(code)] for code in codes] == ids


def test_table_of_codes_grows() -> None:
    coder = Coder()
    for start in (0, 50_000, 25_000):
        ids = pl.Series(np.arange(start, start + 100_000)).cast(pl.String)
        assert np.array_equal(coder.code(ids), np.arange(start, start + 100_000))
    assert coder.ids.to_list() == [str(k) for k in range(150_000)]

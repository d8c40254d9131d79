"""Interactions of a scenario -> matrices with the rows that all its domains share."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from tlbench.split.training import Domain, Training
from tlbench.values import DROP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from tlbench.arrays import I64, Array, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario


def matrix_of(scenario: Scenario, mask: Bool) -> sparse.csr_matrix:
    """Return the target's interactions under the mask as csr float32, shape (n_users, n_target_items)."""
    return _matrix(scenario.target, scenario.target.user.astype(np.int64), mask, scenario.bridge.n_users)[0]


class Builder:
    """Builds what methods see of a scenario; a domain whose mask was asked for before is the same object again."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._built: dict[tuple[int, bytes], Domain] = {}

    def training(self, known: Sequence[Bool]) -> Training:
        """Return the interactions under the masks, the target's first: bool, shape (n,) each."""
        target, *sources = (self._domain(place, mask) for place, mask in enumerate(known))
        bridge = self.scenario.bridge
        return Training(target, tuple(sources), bridge.overlap, bridge.item_alignments)

    def _domain(self, place: int, mask: Bool) -> Domain:
        key = (place, hashlib.sha256(np.packbits(mask).tobytes()).digest())
        if key not in self._built:
            self._built[key] = self._build(place, mask)
        return self._built[key]

    def _build(self, place: int, mask: Bool) -> Domain:
        scenario = self.scenario
        if place == 0:
            return _domain(scenario.target, scenario.target.user.astype(np.int64), mask, scenario.bridge.n_users)
        source = scenario.sources[place - 1]
        domain = _domain(source, scenario.bridge.rows[place - 1][source.user], mask, scenario.bridge.n_users)
        return replace(domain, twins=_kept_twins(scenario, place - 1))


def _kept_twins(scenario: Scenario, index: int) -> I64 | None:
    """Codes of a source's items that are twins of the target's and were kept; None without any."""
    if scenario.policy == DROP or not scenario.twins:
        return None
    ids = scenario.twins[index].twins.same["left_item"].unique()
    codes: I64 = np.flatnonzero(scenario.sources[index].items.is_in(ids.implode()).to_numpy())
    return codes if len(codes) else None


def _domain(interactions: Interactions, rows: I64, mask: Bool, n_users: int) -> Domain:
    matrix, order = _matrix(interactions, rows, mask, n_users)
    time = interactions.timestamp
    return Domain(
        name=interactions.name,
        matrix=matrix,
        timestamps=None if time is None else time[mask][order],
        item_text=item_text(interactions.item_table),
        rating_scale=interactions.rating_scale,
    )


def _matrix(interactions: Interactions, rows: I64, mask: Bool, n_users: int) -> tuple[sparse.csr_matrix, I64]:
    """Return the matrix and the order in which it holds the masked interactions.

    Built from its parts, because a conversion from coordinates would add up or drop what it should keep (ratings of 0).
    """
    row, column = rows[mask], interactions.item[mask]
    order = np.lexsort((column, row))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_users))])
    rating = np.ones(len(row), dtype=np.float32) if interactions.rating is None else interactions.rating[mask][order]
    shape = (n_users, interactions.n_items)
    matrix = sparse.csr_matrix((rating, column[order].astype(np.int32), indptr.astype(np.int32)), shape=shape)
    matrix.has_canonical_format = True
    return matrix, order


def item_text(table: pl.DataFrame | None) -> Array | None:
    """Join what is known of each item into one string, object, shape (n_items,); None where nothing is known."""
    import polars as pl

    if table is None:
        return None
    columns = [column for column in ("title", "categories", "text") if column in table.columns]
    texts = [pl.col(c).list.join(" ") if table[c].dtype == pl.List else pl.col(c) for c in columns]
    joined = table.select(pl.concat_str([text.fill_null("") for text in texts], separator=" ").str.strip_chars())
    text = joined.to_series()
    return text.to_numpy().astype(object) if bool((text != "").any()) else None

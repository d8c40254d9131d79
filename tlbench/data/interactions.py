"""Interactions: one data set in memory, ids beside integer codes, with the record of where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from tlbench.arrays import F32, I32, I64, Array, Bool


@dataclass(frozen=True)
class CleaningStep:
    """What was left after one step: ``name`` says what the step did, the counts are those after it."""

    name: str
    interactions: int
    users: int
    items: int


@dataclass(frozen=True)
class Provenance:
    """Where interactions came from.

    Attributes
    ----------
    origin
        The publisher's address, or the file's path as the catalogue has it.
    sha256
        Sum of the raw file (several: of their sums), hexadecimal; of the content for made data.
    parser
        Name and version of what read it, as ``amazon-csv-2018/1``.
    steps
        Counts after reading and after each cleaning step, in order.
    terms, reference
        Terms of use and citation, as the catalogue has them.
    """

    origin: str
    sha256: str
    parser: str
    steps: tuple[CleaningStep, ...] = ()
    terms: str = ""
    reference: str = ""


@dataclass(frozen=True, eq=False)
class Interactions:
    """A data set: who touched what, how much they liked it, and when.

    Attributes
    ----------
    name
        Full name, ``family@edition/slice``.
    users, items
        Ids as strings; position is the code. Every code occurs in at least one interaction.
    user, item
        Codes, int32, shape (n,), in the order of the file; a (user, item) pair occurs once.
    rating
        float32, shape (n,), finite and within `rating_scale`; None where the data are implicit.
    timestamp
        int64, shape (n,), seconds since 1970 UTC; None where time is not known.
    item_table
        One row per item in the order of `items`; columns ``title`` (String), ``categories`` (List of String)
        and ``text`` (String), null where unknown; None where nothing is known.
    user_ids, item_ids
        Name of the family that the ids belong to: equal ids mean the same user (item) within one family only.
    rating_scale
        Lowest and highest rating possible; None where implicit.
    provenance
        Where it came from and what cleaning removed.
    listings
        Ids that items had which are now another: the other listings of a thing, by the id that it has now.
    """

    name: str
    users: pl.Series
    items: pl.Series
    user: I32
    item: I32
    rating: F32 | None
    timestamp: I64 | None
    item_table: pl.DataFrame | None
    user_ids: str
    item_ids: str
    rating_scale: tuple[float, float] | None
    provenance: Provenance
    listings: Mapping[str, str] = field(default_factory=dict)

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.items)

    def __len__(self) -> int:
        """Return the number of interactions."""
        return len(self.user)

    def keep(self, mask: Bool, step: str) -> Interactions:
        """Return the interactions where `mask` (bool, shape (n,)) holds, codes made dense again.

        Users and items left without interactions disappear; the rest keep their order. The step is recorded in the
        provenance.
        """
        users, user = _compact(self.user[mask], self.n_users)
        items, item = _compact(self.item[mask], self.n_items)
        record = CleaningStep(step, len(user), len(users), len(items))
        return replace(
            self,
            users=self.users[users],
            items=self.items[items],
            user=user,
            item=item,
            rating=None if self.rating is None else self.rating[mask],
            timestamp=None if self.timestamp is None else self.timestamp[mask],
            item_table=None if self.item_table is None else self.item_table[items],
            provenance=replace(self.provenance, steps=(*self.provenance.steps, record)),
        )

    def as_one(self, groups: Sequence[I64], names: Sequence[int]) -> Interactions:
        """Make the items of each group (codes) one, under the code in `names`.

        A pair may then occur twice, and a code never; `keep` mends both.
        """
        code = np.arange(self.n_items, dtype=np.int32)
        ids, renamed = [str(name) for name in self.items], dict(self.listings)
        for group, name in zip(groups, names, strict=True):
            code[group] = name
            renamed |= {ids[item]: ids[name] for item in group if item != name}
        return replace(self, item=code[self.item], listings=renamed)


def _compact(codes: I32, size: int) -> tuple[Array, I32]:
    """Return the codes that occur, ascending, and the codes renumbered to positions among them (int32)."""
    present = np.bincount(codes, minlength=size) > 0
    renumber = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(present), renumber[codes]

"""Who and what the domains share: ids of one family -> one row space for all users, links between items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.errors import TlbenchError
from tlbench.scenario.alignment import coded
from tlbench.scenario.scenario import Bridge

if TYPE_CHECKING:
    from tlbench.arrays import I64
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.alignment import Alignment


def make_bridge(sources: tuple[Interactions, ...], target: Interactions, found: tuple[Alignment, ...]) -> Bridge:
    """Give every user of the union a row (the target's users first) and link the items that sources share with it.

    Parameters
    ----------
    sources, target
        Domains after all filters.
    found
        The items that each source shares with the target, by their ids.

    Raises
    ------
    TlbenchError
        If the columns of a domain are evidently swapped.
    """
    rows = _rows((target, *sources))
    for source in sources:
        _refuse_swapped(source, target)
    overlap = np.unique(np.concatenate([r[r < target.n_users] for r in rows[1:]]))
    return Bridge(
        n_users=int(max(r.max() for r in rows)) + 1,
        rows=rows[1:],
        overlap=overlap,
        item_alignments=tuple(coded(one, source, target) for one, source in zip(found, sources, strict=True)),
        unlinked=tuple(one.why_none for one in found),
    )


def _rows(domains: tuple[Interactions, ...]) -> tuple[I64, ...]:
    """Number the distinct (family, id) pairs by first appearance, domain after domain."""
    import polars as pl

    everyone = pl.concat(
        [
            pl.DataFrame({"domain": i, "family": domain.user_ids, "id": domain.users}, strict=False)
            for i, domain in enumerate(domains)
        ]
    )
    distinct = everyone.select("family", "id").unique(maintain_order=True).with_row_index("row")
    found = everyone.join(distinct, on=["family", "id"], how="left", maintain_order="left")
    domain, row = found["domain"].to_numpy(), found["row"].to_numpy().astype(np.int64)
    return tuple(row[domain == i] for i in range(len(domains)))


def _refuse_swapped(source: Interactions, target: Interactions) -> None:
    """Refuse two domains of one family that share no user where the items of one are the users of the other."""
    if source.user_ids != target.user_ids or bool(source.users.is_in(target.users.implode()).any()):
        return
    for domain, other in ((source, target), (target, source)):
        if bool(domain.items.is_in(other.users.implode()).any()):
            raise TlbenchError(
                f"`{source.name}` and `{target.name}` share no user, but item ids of `{domain.name}` are user ids of "
                f"`{other.name}`: its user and item columns are swapped",
                hint="give it the format with the other column order in the catalogue "
                "(`amazon-csv-2014` has the user first, `amazon-csv-2018` the item)",
            )


def shared_codes(source: Interactions, target: Interactions) -> I64:
    """Return the codes of items with the same id in both, int64, shape (n_shared, 2): source code, target code."""
    import polars as pl

    left = pl.DataFrame({"id": source.items}).with_row_index("source")
    right = pl.DataFrame({"id": target.items}).with_row_index("target")
    both = left.join(right, on="id", how="inner", maintain_order="left")
    return both.select("source", "target").to_numpy().astype(np.int64)

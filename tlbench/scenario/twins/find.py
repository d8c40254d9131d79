"""The main flow: two domains, or one -> Twins: listings, common users, chance, other evidence, grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tlbench.scenario.twins.chance import significance
from tlbench.scenario.twins.common import common_pairs
from tlbench.scenario.twins.evidence import Side, gather_evidence
from tlbench.scenario.twins.grades import FLOOR, SAME, Grade, agreed_share, grade_pairs
from tlbench.scenario.twins.groups import complete_groups
from tlbench.scenario.twins.listings import make_listings

if TYPE_CHECKING:
    import polars as pl

    from tlbench.arrays import F64, I32, I64, Array
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.twins.chance import Significance
    from tlbench.scenario.twins.evidence import Evidence


@dataclass(frozen=True, eq=False)
class Twins:
    """Pairs of items whose users coincide beyond chance.

    Attributes
    ----------
    left, right
        Names of the domains, equal for pairs within one.
    users
        Number of users whom both know.
    items
        Numbers of items of each domain that two shared users and more have; others can have no twin.
    skipped
        Numbers of items of each domain with one shared user or none.
    tested
        Number of pairs of items tested, those without a common user included.
    table
        A row per pair, the surest grade and the highest Jaccard index first: ``left``, ``right`` (codes),
        ``left_item``, ``right_item`` (ids), ``left_users``, ``right_users``, ``common`` (numbers of shared users),
        ``jaccard``, ``log10_p``, ``q``, ``same_second``, ``same_day``, ``same_rating`` (shares of common events, null
        where unknown), ``title`` (similarity from 0 to 1, null where unknown) and ``grade``.
    """

    left: str
    right: str
    users: int
    items: tuple[int, int]
    skipped: tuple[int, int]
    tested: int
    table: pl.DataFrame

    def of(self, *grades: Grade) -> pl.DataFrame:
        """Return the pairs of some grades."""
        return self.table.filter(self.table["grade"].is_in(list(grades)))

    @property
    def same(self) -> pl.DataFrame:
        """The pairs that are the same product or the same events."""
        return self.of(*SAME)

    def groups(self) -> list[I64]:
        """Join the same items within one domain to groups; see `tlbench.scenario.twins.groups.complete_groups`."""
        same = self.same
        return complete_groups(same.select("left", "right").to_numpy(), same["jaccard"].to_numpy())


def find_twins(source: Interactions, target: Interactions) -> Twins:
    """Find the items of two domains that the same users touched, far beyond chance.

    Domains whose user ids are of different families share no users and have no twins.
    """
    if source.user_ids != target.user_ids:
        nobody = np.full(source.n_users, -1), np.full(target.n_users, -1)
        return _find((source, target), nobody, 0, within=False)
    rows = _shared_rows(source, target)
    return _find((source, target), rows, int(max(rows[0].max(initial=-1), -1)) + 1, within=False)


def find_double_listings(domain: Interactions) -> Twins:
    """Find the items of one domain that the same users touched, far beyond chance."""
    row = np.arange(domain.n_users)
    return _find((domain, domain), (row, row), domain.n_users, within=True)


def find_all_twins(domains: Sequence[Interactions]) -> list[Twins]:
    """Find the double listings of each domain, then the twins of each two that share user ids, the first one left."""
    within = [find_double_listings(domain) for domain in domains]
    return within + [find_twins(*pair) for pair in combinations(domains, 2) if pair[0].user_ids == pair[1].user_ids]


def _shared_rows(source: Interactions, target: Interactions) -> tuple[I64, I64]:
    """Number the users whom both domains know; -1 for others."""
    import polars as pl

    here = pl.DataFrame({"id": source.users}).with_row_index("source")
    there = pl.DataFrame({"id": target.users}).with_row_index("target")
    both = here.join(there, on="id", how="inner", maintain_order="left")
    rows = np.full(source.n_users, -1), np.full(target.n_users, -1)
    for row, name in zip(rows, ("source", "target"), strict=True):
        row[both[name].to_numpy()] = np.arange(len(both))
    return rows


def _find(domains: tuple[Interactions, Interactions], rows: tuple[I64, I64], n_users: int, *, within: bool) -> Twins:
    left = Side(domains[0], make_listings(domains[0], rows[0], n_users))
    right = left if within else Side(domains[1], make_listings(domains[1], rows[1], n_users))
    pairs = common_pairs(left.listings, right.listings, least_jaccard=FLOOR, within=within)
    tested = significance(pairs, left.listings, right.listings, least_jaccard=FLOOR, within=within)
    items = int((left.listings.degree > 1).sum()), int((right.listings.degree > 1).sum())
    return Twins(
        left=domains[0].name,
        right=domains[1].name,
        users=n_users,
        items=items,
        skipped=(domains[0].n_items - items[0], domains[1].n_items - items[1]),
        tested=tested.tested,
        table=_table(pairs, (left, right), tested, gather_evidence(pairs, left, right), within),
    )


def _table(
    pairs: I32, sides: tuple[Side, Side], tested: Significance, evidence: Evidence, within: bool
) -> pl.DataFrame:
    import polars as pl

    degrees = [side.listings.degree[pairs[:, k]] for k, side in enumerate(sides)]
    common = pairs[:, 2]
    jaccard: F64 = common / (degrees[0] + degrees[1] - common)
    grade = grade_pairs(common, jaccard, tested.qvalue, evidence, within=within)
    agreed = {"same_second": evidence.second, "same_day": evidence.day, "same_rating": evidence.rating}
    table = pl.DataFrame(
        {
            "left": pairs[:, 0],
            "right": pairs[:, 1],
            "left_item": _ids(sides[0], pairs[:, 0]),
            "right_item": _ids(sides[1], pairs[:, 1]),
            "left_users": degrees[0],
            "right_users": degrees[1],
            "common": common,
            "jaccard": jaccard,
            "log10_p": tested.log_pvalue / np.log(10),
            "q": tested.qvalue,
            **{name: agreed_share(agreement, common) for name, agreement in agreed.items()},
            "title": evidence.title.astype(np.float64),
            "grade": pl.Series(grade.tolist(), dtype=pl.Enum([str(name) for name in Grade])),
        }
    )
    return (
        table.filter(pl.col("grade").is_not_null())
        .fill_nan(None)
        .sort("grade", "jaccard", "common", "left", "right", descending=[False, True, True, False, False])
    )


def _ids(side: Side, codes: Array) -> pl.Series:
    return side.domain.items.gather(codes)

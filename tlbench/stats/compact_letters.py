"""All pairs of methods -> corrected comparisons, and letters for groups that cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tlbench.arrays import Array
from tlbench.errors import TlbenchError
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.corrections import Correction, adjust
from tlbench.stats.paired import pair_values


@dataclass(frozen=True)
class AllPairs:
    """Every method against every other.

    Attributes
    ----------
    comparisons
        All pairs, corrected together; the one with the higher mean is the candidate.
    letters
        Letters of each method, best mean first: two methods share a letter exactly when they cannot be told apart.
    means
        Mean of each method in the same order.
    """

    comparisons: tuple[Comparison, ...]
    letters: Mapping[str, str]
    means: Mapping[str, float]


def all_pairs(
    values: Mapping[str, Array], *, metric: str, correction: Correction = "holm", alpha: float = 0.05
) -> AllPairs:
    """Compare all methods with each other on the same users and seeds.

    Parameters
    ----------
    values
        Per-user values of each method, shape (U,) or (U, S), users in one order.
    """
    if len(values) < 2:
        raise TlbenchError(f"{len(values)} methods", hint="give two methods or more")
    means = {name: float(table.mean()) for name, table in values.items()}
    order = sorted(means, key=lambda name: -means[name])
    found = adjust(
        [
            compare(pair_values(values[one], values[two]), candidate=one, control=two, metric=metric, alpha=alpha)
            for one, two in combinations(order, 2)
        ],
        correction,
    )
    differ = [(c.candidate, c.control) for c in found if c.adjusted < alpha]
    return AllPairs(tuple(found), compact_letters(order, differ), {name: means[name] for name in order})


def compact_letters(names: Sequence[str], differ: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Give letters so that two names share one exactly when the pair is not in `differ`.

    Insert-and-absorb (Piepho 2004, doi:10.1198/1061860043515): start with one group of all, split each group that holds
    a differing pair into two that lack one of them, and drop groups that lie inside another. Letters go by the first
    member in the order of `names`.
    """
    groups = [frozenset(names)]
    for one, two in differ:
        split = [
            part for group in groups for part in ([group - {one}, group - {two}] if {one, two} <= group else [group])
        ]
        unique = list(dict.fromkeys(split))
        groups = [group for group in unique if not any(group < other for other in unique)]
    place = {name: number for number, name in enumerate(names)}
    groups.sort(key=lambda group: sorted(place[name] for name in group))
    return {name: "".join(_letter(number) for number, group in enumerate(groups) if name in group) for name in names}


def _letter(number: int) -> str:
    """The letters a to z, then a1 to z1 and so on."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number >= 26 else "")

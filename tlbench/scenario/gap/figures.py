"""Gap: the figures of a domain-gap card, and the table that JSON holds of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

DIGITS = 6


@dataclass(frozen=True)
class DomainShape:
    """What one domain is like.

    Attributes
    ----------
    name, role
        Data set, and whether it is a source or the target.
    users, items, interactions
        After filters.
    density
        Interactions by users x items.
    history
        Median number of interactions of a user.
    gini
        Gini coefficient of the items' numbers of interactions: 0 where all are equally popular, near 1 where few items
        have nearly all.
    popularity
        Share of the interactions that each tenth of the items has, the most popular tenth first.
    ratings
        Share of the ratings in each fifth of the rating scale, lowest first; None without ratings.
    mean_rating
        On the scale from 0 (lowest possible) to 1; None without ratings.
    first, last
        Moments of the first and the last interaction, seconds UTC; None without time.
    """

    name: str
    role: Literal["source", "target"]
    users: int
    items: int
    interactions: int
    density: float
    history: float
    gini: float
    popularity: tuple[float, ...]
    ratings: tuple[float, ...] | None
    mean_rating: float | None
    first: int | None
    last: int | None


@dataclass(frozen=True)
class Tie:
    """Spearman's rank correlation of linked items' popularity, with its two-sided p-value and the number of items."""

    correlation: float
    pvalue: float
    items: int


@dataclass(frozen=True)
class TextGap:
    """How well a linear classifier tells a source's texts from the target's.

    Attributes
    ----------
    distance
        Proxy A-distance, 2 (1 - 2 error), 0 where it can only guess to 2 where it never errs; below 0 is 0.
    accuracy
        1 - error, cross-validated; half of the texts are the target's.
    texts
        Number of texts of each domain.
    """

    distance: float
    accuracy: float
    texts: int


@dataclass(frozen=True)
class Taste:
    """How far the tastes of shared users go together.

    Attributes
    ----------
    correlations
        Canonical correlations of their singular vectors in both domains, the largest first.
    by_chance
        95 % quantile of each of them when users are paired at random.
    strength, strength_by_chance
        Mean squared canonical correlation, and its mean when users are paired at random.
    pvalue
        Share of random pairings, the real one counted, that are at least as strong.
    users
        Number of shared users that were looked at.
    """

    correlations: tuple[float, ...]
    by_chance: tuple[float, ...]
    strength: float
    strength_by_chance: float
    pvalue: float
    users: int


@dataclass(frozen=True)
class SourceGap:
    """What lies between one source and the target.

    Attributes
    ----------
    source
        Name of the source.
    shared_users, shared_of_source, shared_of_target
        Number of users known in both, and as shares of each domain's users.
    linked_items, linked_of_source, linked_of_target, linked_by
        The same for items; ``id``, ``title`` or ``table``, None where there are none.
    rating_distance
        Jensen-Shannon distance (base 2, 0 to 1) of both domains' shares of ratings.
    after_cut
        Share of the source's interactions after the moment to which the target trains, which no method sees.
    popularity
        Whether what is popular here is popular there.
    text
        How unlike the words are.
    taste
        Whether shared users like alike things.
    missing
        Why a figure is None, by its name.
    """

    source: str
    shared_users: int
    shared_of_source: float
    shared_of_target: float
    linked_items: int
    linked_of_source: float
    linked_of_target: float
    linked_by: str | None
    rating_distance: float | None
    after_cut: float | None
    popularity: Tie | None
    text: TextGap | None
    taste: Taste | None
    missing: Mapping[str, str]


@dataclass(frozen=True)
class Gap:
    """How unlike the domains of a scenario are, computed from all interactions that its filters left.

    Attributes
    ----------
    scenario
        Its name.
    cut
        Moment to which the target trains, seconds UTC; None where no one moment cuts all domains.
    domains
        Sources in the order given, then the target.
    sources
        One entry per source.
    """

    scenario: str
    cut: int | None
    domains: tuple[DomainShape, ...]
    sources: tuple[SourceGap, ...]


def gap_table(gap: Gap) -> dict[str, Any]:
    """Return a gap as JSON holds it, numbers rounded to 6 decimals."""
    table: dict[str, Any] = _plain(asdict(gap))
    return table


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(content) for key, content in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(content) for content in value]
    return round(value, DIGITS) if isinstance(value, float) else value

"""Domains that share no user -> a word on whether their raw ids say that they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import Scenario

# Of the smaller domain's users; fewer common ids are what numbers from 1 give by chance of two small shops.
LEAST_SHARE = 0.2


def notices_of_ids(scenario: Scenario) -> list[str]:
    """Name the sources whose users have the target's ids but belong, as far as anybody said, to other people.

    Only a family that one data set has for itself is doubted: those of a catalogue are known to differ.
    """
    pairs = ((source, scenario.target) for source in scenario.sources)
    return [_notice(*pair, count) for pair in pairs if (count := _common(*pair)) is not None]


def _common(source: Interactions, target: Interactions) -> int | None:
    """Count the users with one id in both; None where nothing is doubtful."""
    alone = any(domain.user_ids == domain.name for domain in (source, target))
    if source.user_ids == target.user_ids or not alone:
        return None
    count = int(target.users.is_in(source.users.implode()).sum())
    return count if count >= LEAST_SHARE * min(source.n_users, target.n_users) else None


def _notice(source: Interactions, target: Interactions, count: int) -> str:
    return (
        f"`{source.name}` and `{target.name}` share no user, though {count:,} ids of users are in both; where they are "
        "the same people, say so: `tlbench data import FILE --user-ids FAMILY` with one family for both"
    )

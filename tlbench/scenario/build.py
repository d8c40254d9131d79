"""Names and filters -> Scenario: load the domains, keep the target's events out of the sources, filter, bridge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.cleaning import k_core, min_rating, well_known_items
from tlbench.errors import TlbenchError
from tlbench.scenario.alignment import NONE, check_links, coded, find_links
from tlbench.scenario.bridge import make_bridge, shared_codes
from tlbench.scenario.grammar import ScenarioName
from tlbench.scenario.scenario import Filters, Scenario
from tlbench.scenario.twins import merge_double_listings, twins_of_target, without_twins
from tlbench.values import DROP

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.alignment import Alignment
    from tlbench.values import TwinPolicy


def build_scenario(
    name: ScenarioName,
    filters: Filters,
    load: Callable[[str], Interactions],
    *,
    links: str = NONE,
    twins: TwinPolicy = DROP,
) -> Scenario:
    """Make the scenario of that name.

    Parameters
    ----------
    name
        Which domains in which role.
    filters
        What to remove from each domain.
    load
        Returns the interactions of a data set's name.
    links
        How items without common ids are linked, see `tlbench.scenario.alignment`: ``titles``, ``none``, or the path of
        a table.
    twins
        ``drop`` merges what a domain lists twice and takes the target's twins out of the sources; ``keep`` and
        ``report`` leave both as they are and count them.

    Raises
    ------
    TlbenchError
        If two names mean the same data set, filters leave a domain empty, or a table of links cannot be used.

    Examples
    --------
    >>> from tlbench.data import load
    >>> from tlbench.scenario.build import build_scenario
    >>> from tlbench.scenario.grammar import parse_scenario
    >>> from tlbench.scenario.scenario import Filters
    >>> scenario = build_scenario(parse_scenario("demo-movies->demo-books"), Filters(), load)
    >>> [source.name for source in scenario.sources], scenario.target.name
    (['demo-movies'], 'demo-books')
    """
    check_links(links)
    loaded = tuple(load(text) for text in (*name.sources, name.target))
    _refuse_same(name, loaded)
    *sources, target = _listed_once(loaded, twins)
    apart = tuple(_without_items_of(target, source) for source in sources)
    told = tuple(twins_of_target(source, target) for source in apart)
    if twins == DROP:
        apart = tuple(without_twins(*pair) for pair in zip(apart, told, strict=True))
    apart = tuple(_something_left(_without_events_of(target, source)) for source in apart)
    kept = tuple(_filtered(source, filters, k_core) for source in apart)
    target = _filtered(target, filters, k_core if filters.filter_users == "all" else well_known_items)
    found = find_links(kept, target, links)
    final = tuple(_without_linked_events(target, *pair) for pair in zip(kept, found, strict=True))
    return Scenario(str(name), final, target, filters, make_bridge(final, target, found), twins, told)


def _listed_once(domains: tuple[Interactions, ...], twins: TwinPolicy) -> tuple[Interactions, ...]:
    """Merge what each domain lists twice, unless the user wants everything as it is."""
    return tuple(merge_double_listings(domain) for domain in domains) if twins == DROP else domains


def _refuse_same(name: ScenarioName, domains: tuple[Interactions, ...]) -> None:
    typed = dict[str, str]()
    for text, domain in zip((*name.sources, name.target), domains, strict=True):
        if domain.name in typed:
            raise TlbenchError(
                f"`{typed[domain.name]}` and `{text}` in `{name}` are the same data set, `{domain.name}`",
                hint="a domain cannot teach itself; choose another source or slices of it",
            )
        typed[domain.name] = text


def _without_items_of(target: Interactions, source: Interactions) -> Interactions:
    """Give an item in two slices of one file to the target only: else a source would hold the answers of the test."""
    if source.user_ids != target.user_ids or source.provenance.sha256 != target.provenance.sha256:
        return source
    return source.keep(_target_items(target, source)[source.item] < 0, "items that are the target's")


def _without_events_of(target: Interactions, source: Interactions) -> Interactions:
    """Drop from a source what is the target's by its id.

    Where ids of items mean the same in both, no shared user's event on a common item stays (`_without_shared_events`).
    Where nobody says so they may be mere numbers: then the event of the same user under the same id goes.
    """
    if source.user_ids != target.user_ids:
        return source
    target_item = _target_items(target, source)
    if source.item_ids == target.item_ids:
        step = "shared users' events on items that are the target's"
        return _without_shared_events(target, source, target_item >= 0, step)
    theirs = _events_of(target, source, target_item)
    return source.keep(~theirs, "events that are the target's") if theirs.any() else source


def _something_left(source: Interactions) -> Interactions:
    if not len(source):
        raise TlbenchError(
            f"nothing of `{source.name}` is left without what is the target's",
            hint="it holds the target's own items under the same users; choose a source of other items",
        )
    return source


def _target_items(target: Interactions, source: Interactions) -> I64:
    """Return the target's code of each source item with the same id, -1 where it has none."""
    codes = shared_codes(source, target)
    target_item = np.full(source.n_items, -1, dtype=np.int64)
    target_item[codes[:, 0]] = codes[:, 1]
    return target_item


def _events_of(target: Interactions, source: Interactions, target_item: I64) -> Bool:
    """Tell which of a source's events the target has too, given the target's code of each source item (-1 for none)."""
    of_event, users = target_item[source.item], _codes_in(target, source)
    pair = users[source.user] * target.n_items + of_event
    theirs: Bool = (of_event >= 0) & (users[source.user] >= 0)
    theirs[theirs] = np.isin(pair[theirs], target.user.astype(np.int64) * target.n_items + target.item)
    return theirs


def _without_linked_events(target: Interactions, source: Interactions, found: Alignment) -> Interactions:
    """Drop the shared users' events on items that are linked to the target's.

    Shops list one thing under several ids: what the same user says of the same work is the target's, whatever its id.
    """
    links = coded(found, source, target)
    if links is None or source.user_ids != target.user_ids:
        return source
    linked = np.zeros(source.n_items, dtype=np.bool_)
    linked[links.source_item] = True
    return _without_shared_events(target, source, linked, "shared users' events on linked items")


def _without_shared_events(target: Interactions, source: Interactions, items: Bool, step: str) -> Interactions:
    """Drop the events of all users whom the target knows on some items (bool, shape (n_source_items,)).

    Were only the events dropped that the target has too, an event that stays would say that the target lacks it, and
    one that is missing that it may be in the test. Users whom the target does not know keep theirs.
    """
    theirs = items[source.item] & (_codes_in(target, source) >= 0)[source.user]
    return source.keep(~theirs, step) if theirs.any() else source


def _codes_in(target: Interactions, source: Interactions) -> I64:
    """Return the target's code of each of the source's users, -1 where it has none."""
    import polars as pl

    right = pl.DataFrame({"id": target.users}).with_row_index("code")
    found = pl.DataFrame({"id": source.users}).join(right, on="id", how="left", maintain_order="left")
    return found["code"].cast(pl.Int64).fill_null(-1).to_numpy()


def _filtered(
    domain: Interactions, filters: Filters, core: Callable[[Interactions, int], Interactions]
) -> Interactions:
    if filters.min_rating is not None and domain.rating is not None:
        domain = _not_empty(min_rating(domain, filters.min_rating), f"--min-rating {filters.min_rating:g}")
    return _not_empty(core(domain, filters.k_core), f"--k-core {filters.k_core}")


def _not_empty(domain: Interactions, option: str) -> Interactions:
    if not len(domain):
        before = domain.provenance.steps[-2]
        raise TlbenchError(
            f"`{domain.name}` is empty after {option}; before it had {before.interactions:,} interactions "
            f"of {before.users:,} users on {before.items:,} items",
            hint="loosen the filter, for instance `--k-core 1` turns the k-core off",
        )
    return domain

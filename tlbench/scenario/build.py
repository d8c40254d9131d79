"""Names and filters -> Scenario: load the domains, keep the target's events out of the sources, filter, bridge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tlbench.data.cleaning import k_core, min_rating
from tlbench.errors import TlbenchError
from tlbench.scenario.alignment import NONE, check_links, coded, find_links
from tlbench.scenario.bridge import make_bridge, shared_codes
from tlbench.scenario.grammar import ScenarioName
from tlbench.scenario.scenario import Filters, Scenario

if TYPE_CHECKING:
    from tlbench.arrays import I64, Bool
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.alignment import Alignment


def build_scenario(
    name: ScenarioName, filters: Filters, load: Callable[[str], Interactions], *, links: str = NONE
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

    Raises
    ------
    TlbenchError
        Where two names mean the same data set, filters leave a domain empty, or a table of links cannot be used.
    """
    check_links(links)
    target = load(name.target)
    sources = tuple(load(source) for source in name.sources)
    _refuse_same(name, (*sources, target))
    apart = tuple(_without_events_of(target, source) for source in sources)
    *kept, target = (_filtered(domain, filters) for domain in (*apart, target))
    found = find_links(tuple(kept), target, links)
    sources = tuple(_without_linked_events(target, *pair) for pair in zip(kept, found, strict=True))
    return Scenario(str(name), sources, target, filters, make_bridge(sources, target, found))


def _refuse_same(name: ScenarioName, domains: tuple[Interactions, ...]) -> None:
    typed = dict[str, str]()
    for text, domain in zip((*name.sources, name.target), domains, strict=True):
        if domain.name in typed:
            raise TlbenchError(
                f"`{typed[domain.name]}` and `{text}` in `{name}` are the same data set, `{domain.name}`",
                hint="a domain cannot teach itself; choose another source or slices of it",
            )
        typed[domain.name] = text


def _without_events_of(target: Interactions, source: Interactions) -> Interactions:
    """Drop from a source what is the target's: else a source would hold the answers of the test.

    Slices of one file: an item in both belongs to the target only. Other sets of one family of users: an event of the
    same user on the same item is the target's.
    """
    if source.user_ids != target.user_ids:
        return source
    codes = shared_codes(source, target)
    target_item = np.full(source.n_items, -1, dtype=np.int64)
    target_item[codes[:, 0]] = codes[:, 1]
    if source.provenance.sha256 == target.provenance.sha256:
        return source.keep(target_item[source.item] < 0, "items that are the target's")
    theirs = _events_of(target, source, target_item)
    return source.keep(~theirs, "events that are the target's") if theirs.any() else source


def _without_linked_events(target: Interactions, source: Interactions, found: Alignment) -> Interactions:
    """Drop a shared user's event on an item that is linked to one on which the target has an event of the same user.

    Shops list one thing under several ids: what the same user says of the same work is the target's, whatever its id.
    """
    links = coded(found, source, target)
    if links is None or source.user_ids != target.user_ids:
        return source
    target_item = np.full(source.n_items, -1, dtype=np.int64)
    target_item[links.source_item] = links.target_item
    theirs = _events_of(target, source, target_item)
    return source.keep(~theirs, "events on linked items that are the target's") if theirs.any() else source


def _events_of(target: Interactions, source: Interactions, target_item: I64) -> Bool:
    """Tell which of a source's events the target has too, given the target's code of each source item (-1 for none)."""
    of_event, users = target_item[source.item], _codes_in(target, source)
    pair = users[source.user] * target.n_items + of_event
    theirs: Bool = (of_event >= 0) & (users[source.user] >= 0)
    theirs[theirs] = np.isin(pair[theirs], target.user.astype(np.int64) * target.n_items + target.item)
    return theirs


def _codes_in(target: Interactions, source: Interactions) -> I64:
    """Return the target's code of each of the source's users, -1 where it has none."""
    import polars as pl

    right = pl.DataFrame({"id": target.users}).with_row_index("code")
    found = pl.DataFrame({"id": source.users}).join(right, on="id", how="left", maintain_order="left")
    return found["code"].cast(pl.Int64).fill_null(-1).to_numpy()


def _filtered(domain: Interactions, filters: Filters) -> Interactions:
    if filters.min_rating is not None and domain.rating is not None:
        domain = _not_empty(min_rating(domain, filters.min_rating), f"--min-rating {filters.min_rating:g}")
    return _not_empty(k_core(domain, filters.k_core), f"--k-core {filters.k_core}")


def _not_empty(domain: Interactions, option: str) -> Interactions:
    if not len(domain):
        before = domain.provenance.steps[-2]
        raise TlbenchError(
            f"`{domain.name}` is empty after {option}; before it had {before.interactions:,} interactions "
            f"of {before.users:,} users on {before.items:,} items",
            hint="loosen the filter, for instance `--k-core 1` turns the k-core off",
        )
    return domain

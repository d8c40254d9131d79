"""The main flow: scenario -> shapes of its domains, then what lies between each source and the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tlbench.io.threads import one_blas_thread
from tlbench.rng import stream
from tlbench.scenario.gap import taste as tastes
from tlbench.scenario.gap import text as texts
from tlbench.scenario.gap.figures import Gap, SourceGap, Taste, TextGap, Tie
from tlbench.scenario.gap.shape import popularity, rating_shares, shape_of

if TYPE_CHECKING:
    from tlbench.data.interactions import Interactions
    from tlbench.scenario.scenario import ItemAlignment, Scenario

LEAST_LINKED = 10


def make_gap(scenario: Scenario, *, cut: int | None = None, seed: int = 0) -> Gap:
    """Compare the domains of a scenario.

    Parameters
    ----------
    scenario
        Filtered, with its bridge.
    cut
        Last moment of the target's training part, seconds UTC, where one moment cuts all domains.
    seed
        Of samples (texts, shared users) and of random pairings.
    """
    sources = tuple(shape_of(source, "source") for source in scenario.sources)
    with one_blas_thread():
        between = tuple(_between(scenario, place, cut, seed) for place in range(len(sources)))
    return Gap(scenario.name, cut, (*sources, shape_of(scenario.target, "target")), between)


def _between(scenario: Scenario, place: int, cut: int | None, seed: int) -> SourceGap:
    source, target = scenario.sources[place], scenario.target
    links = scenario.bridge.item_alignments[place]
    linked = 0 if links is None else len(links.score)
    shared = int((scenario.bridge.rows[place] < target.n_users).sum())
    missing: dict[str, str] = {}
    return SourceGap(
        source=source.name,
        shared_users=shared,
        shared_of_source=shared / source.n_users,
        shared_of_target=shared / target.n_users,
        linked_items=linked,
        linked_of_source=linked / source.n_items,
        linked_of_target=linked / target.n_items,
        linked_by=None if links is None else links.how,
        rating_distance=_rating_distance(source, target, missing),
        after_cut=_after_cut(source, cut, missing),
        popularity=_tie(source, target, links, missing),
        text=_text(source, target, stream(seed, "gap", "text", place), missing),
        taste=_taste(scenario, place, stream(seed, "gap", "taste", place), missing),
        missing=missing,
    )


def _rating_distance(source: Interactions, target: Interactions, missing: dict[str, str]) -> float | None:
    from scipy.spatial.distance import jensenshannon

    here, there = rating_shares(source), rating_shares(target)
    if here is None or there is None:
        without = [domain.name for domain in (source, target) if rating_shares(domain) is None]
        missing["rating_distance"] = f"no ratings in {' and '.join(without)}"
        return None
    return float(jensenshannon(here, there, base=2))


def _after_cut(source: Interactions, cut: int | None, missing: dict[str, str]) -> float | None:
    if cut is None:
        missing["after_cut"] = "no one moment cuts the domains under this protocol"
    elif source.timestamp is None:
        missing["after_cut"] = f"no time in {source.name}: it cannot be cut and may leak"
    else:
        return float((source.timestamp > cut).mean())
    return None


def _tie(
    source: Interactions, target: Interactions, links: ItemAlignment | None, missing: dict[str, str]
) -> Tie | None:
    from scipy.stats import spearmanr

    count = 0 if links is None else len(links.score)
    if links is None or count < LEAST_LINKED:
        missing["popularity"] = f"{count} linked items, {LEAST_LINKED} are needed"
        return None
    sides = popularity(source)[links.source_item], popularity(target)[links.target_item]
    if any(len(np.unique(side)) == 1 for side in sides):
        missing["popularity"] = "all linked items of a domain are equally popular"
        return None
    found = spearmanr(*sides)
    return Tie(float(found.statistic), float(found.pvalue), count)


def _text(
    source: Interactions, target: Interactions, rng: np.random.Generator, missing: dict[str, str]
) -> TextGap | None:
    found = [texts.texts_of(domain) for domain in (source, target)]
    few = [
        f"{0 if text is None else len(text)} in {domain.name}"
        for domain, text in zip((source, target), found, strict=True)
        if text is None or len(text) < texts.LEAST
    ]
    if few or found[0] is None or found[1] is None:
        missing["text"] = f"too few items with titles or texts: {', '.join(few)} ({texts.LEAST} are needed)"
        return None
    return texts.text_gap(found[0], found[1], rng)


def _taste(scenario: Scenario, place: int, rng: np.random.Generator, missing: dict[str, str]) -> Taste | None:
    source, target, rows = scenario.sources[place], scenario.target, scenario.bridge.rows[place]
    shared = np.flatnonzero(rows < target.n_users)
    if len(shared) < tastes.LEAST or min(source.n_items, target.n_items) < 3:
        missing["taste"] = f"{len(shared):,} shared users, {tastes.LEAST} are needed"
        return None
    if len(shared) > tastes.MOST:
        shared = np.sort(rng.choice(shared, tastes.MOST, replace=False))
    return tastes.taste(tastes.rows_of(source, shared), tastes.rows_of(target, rows[shared]), rng)

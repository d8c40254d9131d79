"""Counts of a scenario in words: protocol, domains, what was removed, linked and judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlbench.analysis.wording import per_cent
from tlbench.values import COLD, DROP, WARM

if TYPE_CHECKING:
    from tlbench.data.interactions import CleaningStep
    from tlbench.split.counts import DomainCounts, ScenarioCounts, TwinCounts
    from tlbench.suite import Suite


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _core(suite: Suite) -> str:
    """Whom and what the k-core filtered."""
    if suite.k_core <= 1:
        return "no k-core"
    return f"{suite.k_core}-core" + (" of items and source users" if suite.filter_users == "sources" else "")


def protocol_line(counts: ScenarioCounts, suite: Suite) -> str:
    """How the data were filtered and split."""
    parts = [f"protocol {counts.protocol}", _core(suite)]
    if suite.min_rating is not None:
        parts.append(f"ratings from {suite.min_rating:g}")
    if counts.cuts:
        ends = [_day(end) for _, end in counts.cuts]
        moments = f"{ends[0]}" if len(ends) == 1 else f"{', '.join(ends[:-1])} and {ends[-1]}"
        parts.append(f"all domains cut at {moments}")
    for role, fraction in (("target's training part", suite.target_fraction), ("sources", suite.source_fraction)):
        if fraction is not None and fraction < 1:
            parts.append(f"{100 * fraction:g} % of the {role}")
    if suite.candidates is not None:
        parts.append(f"RANKED AMONG SAMPLED CANDIDATES ({suite.candidates}), not the catalogue")
    if counts.source_may_leak:
        parts.append("SOURCE MAY LEAK: a source without time cannot be cut")
    return ", ".join(parts)


def headlines(counts: ScenarioCounts) -> list[str]:
    """What to know before anything else: that a source tells the test, where it does."""
    if not counts.source_leaks:
        return []
    share = per_cent(counts.exposed_share, 1)
    return [
        f"SOURCE LEAKS THE TEST: {share} % of the test interactions stand in a source under another id "
        f"(`--twins {counts.policy}`), so no verdict reads helps"
    ]


def twin_lines(counts: ScenarioCounts) -> list[str]:
    """What each source holds of the target under other ids, and how much of the test that exposed."""
    if not counts.twins:
        return ["twins were not looked for when this ran: run it again before you believe a gain"]
    there = [found for found in counts.twins if found.items]
    lines = [
        f"{found.source}: no twins among {found.of_items:,} items"
        for found in counts.twins
        if found.pairs_tested and not found.items
    ]
    if there:
        were, done = ("were", "removed") if counts.policy == DROP else ("are", "kept")
        exposed = f"{per_cent(counts.exposed_share, 1)} % of test events {were} exposed"
        lines.append(f"{'; '.join(map(_twin_text, there))}, {done}; {exposed}")
    companions = sum(found.companions for found in counts.twins)
    return [*lines, f"{companions:,} pairs of companions stay"] if companions else lines


def _twin_text(found: TwinCounts) -> str:
    share = per_cent(found.events / found.of_events, 1)
    return f"{found.items:,} of {found.of_items:,} {found.source} items are twins ({share} % of its events)"


def domain_rows(counts: ScenarioCounts) -> list[tuple[str, ...]]:
    """Role, name and counts of each domain."""
    return [
        (
            domain.role,
            domain.name,
            f"{domain.users:,}",
            f"{domain.items:,}",
            f"{domain.interactions:,}",
            f"{domain.training:,}",
            f"{domain.shared_users:,}",
        )
        for domain in counts.domains
    ]


DOMAIN_HEADINGS = ("role", "domain", "users", "items", "interactions", "training", "shared users")


def link_lines(counts: ScenarioCounts) -> list[str]:
    """How many items of each source are items of the target, and how that is known; nothing where there are none."""
    found = {"id": "by id", "title": "by title", "table": "by a table"}
    return [
        f"{domain.name}: {domain.linked_items:,} of {domain.items:,} items linked {found[domain.linked_by]} "
        f"to the {counts.target.items:,} of {counts.target.name}"
        for domain in counts.domains
        if domain.linked_by is not None
    ]


def cleaning_lines(counts: ScenarioCounts) -> list[str]:
    """What each cleaning step removed from each domain, and what was found of twins."""
    return [*(line for domain in counts.domains if (line := _cleaning(domain))), *twin_lines(counts)]


def _cleaning(domain: DomainCounts) -> str:
    removed = [
        f"{after.name} removed {_loss(before, after)}"
        for before, after in zip(domain.steps, domain.steps[1:], strict=False)
        if after != before and after.interactions < before.interactions
    ]
    if not removed:
        return f"{domain.name}: nothing removed from {domain.interactions:,} interactions"
    return f"{domain.name}: {domain.steps[0].interactions:,} interactions; {'; '.join(removed)}"


def _loss(before: CleaningStep, after: CleaningStep) -> str:
    lost = {
        "interaction": before.interactions - after.interactions,
        "user": before.users - after.users,
        "item": before.items - after.items,
    }
    counts = [f"{count:,} {noun if count == 1 else f'{noun}s'}" for noun, count in lost.items() if count]
    return ", ".join(counts) or "nothing"


def judged_line(counts: ScenarioCounts) -> str:
    """Who is judged on what."""
    drawn = "" if counts.sampled_from is None else f" drawn from {counts.sampled_from:,}"
    without = {None: f" ({counts.cold_users:,} without target history)", WARM: "", COLD: " without target history"}
    return (
        f"judged: {counts.judged_users:,} users{drawn}{without[counts.population]} on {counts.test_interactions:,}"
        f" test interactions ({counts.new_item_interactions:,} on items new to training)"
    )

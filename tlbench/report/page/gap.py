"""Gap -> what the page's domain-gap card is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.report.gap import HEADINGS, LEGEND, domain_rows
from tlbench.report.gap_words import figures, sentences

if TYPE_CHECKING:
    from tlbench.scenario.gap import Gap


def gap_content(gap: Gap | None) -> dict[str, Any] | None:
    """Return the content of ``gap.html.jinja``; None where older results have no gap."""
    if gap is None:
        return None
    return {
        "sentences": sentences(gap),
        "headings": HEADINGS,
        "domains": domain_rows(gap),
        "sources": [{"name": source.source, "figures": figures(source, gap)} for source in gap.sources],
        "legend": LEGEND,
    }

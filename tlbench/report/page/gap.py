"""Gap -> the domain-gap card of a scenario, as a part of the page."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tlbench.report.gap import HEADINGS, LEGEND, domain_rows
from tlbench.report.gap_words import figures, sentences

if TYPE_CHECKING:
    from tlbench.scenario.gap import Gap


def gap_card(gap: Gap | None) -> Any:
    """Return the card as markup that a template takes as it is; empty where older results have no gap."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    if gap is None:
        return Markup()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (files("tlbench.report.page") / "gap.html.jinja").read_text(encoding="utf-8")
    card = environment.from_string(text).render(
        name=gap.scenario,
        sentences=sentences(gap),
        headings=HEADINGS,
        domains=domain_rows(gap),
        sources=[{"name": source.source, "figures": figures(source, gap)} for source in gap.sources],
        legend=LEGEND,
    )
    return Markup(card)

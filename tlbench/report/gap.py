"""Gap -> a card of 80 columns, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from tlbench.report.bars import histogram, meter
from tlbench.report.gap_words import day, figures, sentences
from tlbench.report.markdown import table
from tlbench.scenario.gap import gap_table

if TYPE_CHECKING:
    from tlbench.report.gap_words import Figure
    from tlbench.scenario.gap import DomainShape, Gap

SCHEMA, WIDTH, LABEL, BAR = 1, 80, 15, 10
HEADINGS = ("role", "domain", "users", "items", "interactions", "density", "history", "Gini")
SHAPES = ("domain", "popularity", "ratings", "time")
LEGEND = (
    "history: median interactions of a user; Gini: 0 where all items are equally popular; popularity: interactions by "
    "tenths of the items; ratings: by fifths of the scale, low to high"
)


def gap_as_text(gap: Gap) -> str:
    """Lay the card out for a terminal of 80 columns."""
    lines = [gap.scenario, "", *_columns([HEADINGS, *domain_rows(gap)], text=2), ""]
    lines += [*_columns([SHAPES, *shape_rows(gap)], text=4), "", *textwrap.wrap(LEGEND, WIDTH)]
    for source in gap.sources:
        lines += ["", f"{source.source} -> {gap.domains[-1].name}"]
        lines += [line for figure in figures(source, gap) for line in _figure(figure)]
    lines += ["", *textwrap.wrap(" ".join(sentences(gap)), WIDTH, break_on_hyphens=False)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def gap_as_markdown(gap: Gap) -> str:
    """Lay the card out as GitHub-flavoured Markdown."""
    parts = [f"# {gap.scenario}", f"**{' '.join(sentences(gap))}**", table(HEADINGS, domain_rows(gap), left=(0, 1))]
    parts += [table(SHAPES, shape_rows(gap), left=range(4)), f"{LEGEND}."]
    for source in gap.sources:
        rows = [(figure.name, figure.text) for figure in figures(source, gap)]
        parts += [f"## {source.source} -> {gap.domains[-1].name}", table(("figure", "value"), rows, left=(0, 1))]
    return "\n\n".join(parts) + "\n"


def gap_as_json(gap: Gap) -> str:
    """Return the card as JSON text: the fields of `tlbench.scenario.gap.Gap`, and the sentences."""
    content = {"schema": SCHEMA, **gap_table(gap), "sentences": sentences(gap)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def domain_rows(gap: Gap) -> list[tuple[str, ...]]:
    """Sizes of each domain, under `HEADINGS`."""
    return [
        (
            domain.role,
            domain.name,
            f"{domain.users:,}",
            f"{domain.items:,}",
            f"{domain.interactions:,}",
            f"{100 * domain.density:.2g} %",
            f"{domain.history:g}",
            f"{domain.gini:.2f}",
        )
        for domain in gap.domains
    ]


def shape_rows(gap: Gap) -> list[tuple[str, ...]]:
    """Small pictures of each domain, under `SHAPES`."""
    return [(domain.name, _bars(domain.popularity), _bars(domain.ratings), _time(domain)) for domain in gap.domains]


def _bars(shares: tuple[float, ...] | None) -> str:
    return "none" if shares is None else f"[{histogram([round(1e6 * share) for share in shares])}]"


def _time(domain: DomainShape) -> str:
    return "none" if domain.first is None or domain.last is None else f"{day(domain.first)} to {day(domain.last)}"


def _figure(figure: Figure) -> list[str]:
    bar = " " * BAR if figure.share is None else meter(figure.share, BAR)
    head = f"  {figure.name:<{LABEL}}{bar}  "
    indent = " " * len(head)
    return textwrap.wrap(figure.text, WIDTH, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False)


def _columns(rows: list[tuple[str, ...]], *, text: int) -> list[str]:
    """Align columns, the first `text` of them left; names of domains that do not fit into 80 columns are cut."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    name = rows[0].index("domain")
    widths[name] -= max(0, sum(widths) + 2 * (len(widths) - 1) - WIDTH)
    return ["  ".join(_aligned(row, widths, text=text)) for row in rows]


def _aligned(row: tuple[str, ...], widths: list[int], *, text: int) -> list[str]:
    cut = [cell if len(cell) <= width else f"{cell[: width - 1]}…" for cell, width in zip(row, widths, strict=True)]
    return [
        cell.ljust(width) if place < text else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cut, widths, strict=True))
    ]

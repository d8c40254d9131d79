"""The page: what the template is given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

from tlbench.analysis.verdict import Finding
from tlbench.report import words
from tlbench.report.as_json import as_json
from tlbench.report.blocks import Table, Text
from tlbench.report.charts.gallery import pictures
from tlbench.report.charts.library import has_chart_library
from tlbench.report.document import sections_of
from tlbench.report.page.gap import gap_content
from tlbench.report.page.render import render
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings, MethodSummary, ScenarioFindings
    from tlbench.analysis.verdict import Judgement, Verdict
    from tlbench.report.document import InScenario, Report, Section
    from tlbench.suite import Suite

KINDS: Mapping[Finding, str] = {
    Finding.HELPS: "good",
    Finding.HURTS: "bad",
    Finding.NOT_THE_SOURCE: "doubt",
    Finding.UNATTRIBUTED: "doubt",
}


@dataclass(frozen=True)
class TableCell:
    """One cell of the verdict table; `value` is what it is sorted by, None for text and for what is not there."""

    title: str
    text: str
    kind: str
    value: float | None = None


LEFT_OUT = {"verdict": "it heads the page"}
"""Sections that are not repeated in the part of a scenario, and where they are instead."""
_TABLED = {"methods": "one table of all scenarios shows them, to sort and to filter"}
"""Sections of which the part of a scenario keeps what is no table, and where the tables are."""
_ELSEWHERE = ("gains", "provenance")


def as_html(report: Report) -> str:
    """Return the whole report as one HTML page that needs no network."""
    made = pictures(report)
    return render(
        "page.html.jinja",
        name=report.suite.name,
        question="Does knowledge from a source domain make recommendations in a target domain better?",
        report=json.loads(as_json(report)),
        pictures={picture.name: picture for picture in made},
        **_content(report),
    )


def _content(report: Report) -> dict[str, Any]:
    findings, suite = report.findings, report.suite
    rows = [
        _row(summary, found, suite, several=len(findings.scenarios) > 1)
        for found in findings.scenarios
        for summary in words.ordered(found, suite.primary)
    ]
    of_suite = [_section(section) for section in sections_of(report, without=_ELSEWHERE)]
    provenance = [_section(section) for section in sections_of(report) if section.key == "provenance"]
    return {
        "suite_file": tomli_w.dumps(suite.as_table()),
        "scenarios": [_scenario(place) for place in report.scenarios],
        "of_suite": of_suite,
        "sections": [
            ("verdict", "Verdict"),
            ("table", "All methods"),
            *([("charts", "Gains")] if has_chart_library() else []),
            *((section["key"], section["heading"]) for section in of_suite),
            ("provenance", "Provenance"),
        ],
        "legend": words.LEGEND,
        "tiles": _tiles(findings),
        "rows": rows,
        "columns": [{"title": cell.title, "kind": cell.kind} for cell in rows[0]["cells"]] if rows else [],
        "verdict_words": list(dict.fromkeys(row["verdict"] for row in rows)),
        "provenance": provenance[0]["blocks"] if provenance else [],
    }


def _tiles(findings: Findings) -> list[dict[str, Any]]:
    outcomes = [judgement.outcome for found in findings.scenarios for judgement in found.judgements]
    return [
        {
            "mark": words.MARKS[outcome][0],
            "count": outcomes.count(outcome),
            "word": outcome.value,
            "kind": KINDS.get(outcome, ""),
        }
        for outcome in Finding
        if outcome in outcomes
    ]


def _scenario(place: InScenario) -> dict[str, Any]:
    return {
        "name": place.name,
        "anchor": f"scenario-{parse_scenario(place.name).slug}",
        "story": words.headline(place.found),
        "sections": [part for section in sections_of(place, without=LEFT_OUT) if (part := _section(section))["blocks"]],
        "gap": gap_content(place.seen.gap),
    }


def _section(section: Section) -> dict[str, Any]:
    """Name every block's kind for the template; text that is laid out already has its table or facts beside it."""
    elsewhere = (Text, Table) if section.key in _TABLED else (Text,)
    blocks = [(type(block).__name__, block) for block in section.blocks if not isinstance(block, elsewhere)]
    return {"key": section.key, "heading": section.heading, "blocks": blocks}


def kind_of(judgement: Judgement) -> str:
    """The colour of a judgement; its mark says the same."""
    return "doubt" if words.is_behind(judgement) else KINDS.get(judgement.outcome, "")


def _row(summary: MethodSummary, found: ScenarioFindings, suite: Suite, *, several: bool) -> dict[str, Any]:
    judgement = found.judgement(summary.method)
    word = words.verdict_word(summary, found)
    cells = [
        *([TableCell("scenario", found.counts.scenario, "scenario")] if several else []),
        TableCell("method", summary.method, "name"),
        TableCell("verdict", word, "verdict"),
        TableCell("family", summary.family, "text"),
        *(TableCell(name, f"{summary.test[name]:.4f}", "number", summary.test[name]) for name in suite.user_metrics),
        *_effects(judgement),
        *_users(judgement),
    ]
    kind = kind_of(judgement) if judgement else "baseline"
    return {"scenario": found.counts.scenario, "verdict": word, "kind": kind, "cells": cells}


def _effects(judgement: Judgement | None) -> list[TableCell]:
    verdicts: Sequence[tuple[str, Verdict | None]] = (
        ("over counterpart", judgement.counterpart if judgement else None),
        ("over best baseline", judgement.best_baseline if judgement else None),
        ("over placebo", judgement.placebo if judgement else None),
    )
    return [
        TableCell(
            title,
            words.effect(verdict) if verdict is not None and verdict.comparison is not None else "",
            "number",
            None if verdict is None or verdict.comparison is None else verdict.comparison.relative,
        )
        for title, verdict in verdicts
    ]


def _users(judgement: Judgement | None) -> list[TableCell]:
    comparison = judgement.counterpart.comparison if judgement else None
    if comparison is None:
        return [TableCell("p, corrected", "", "number"), TableCell("users better / worse", "", "number")]
    shares = f"{100 * comparison.better:.0f} % / {100 * comparison.worse:.0f} %"
    return [
        TableCell("p, corrected", words.p_value(comparison.adjusted), "number", comparison.adjusted),
        TableCell("users better / worse", shares, "number", comparison.better - comparison.worse),
    ]

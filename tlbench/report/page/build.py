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
from tlbench.report.charts.gallery import pictures
from tlbench.report.page.gap import gap_content
from tlbench.report.page.render import render
from tlbench.report.tuning import HEADINGS, ON_EDGE, tuning_lines, tuning_rows
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.analysis.evidence import ScenarioEvidence, SuiteEvidence
    from tlbench.analysis.summary import Findings, MethodSummary, ScenarioFindings
    from tlbench.analysis.verdict import Judgement, Verdict
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


def as_html(findings: Findings, evidence: SuiteEvidence) -> str:
    """Return the whole report as one HTML page that needs no network."""
    return render(
        "page.html.jinja",
        name=findings.suite.name,
        question="Does knowledge from a source domain make recommendations in a target domain better?",
        report=json.loads(as_json(findings)),
        pictures=pictures(findings, evidence),
        **_content(findings, evidence),
    )


def _content(findings: Findings, evidence: SuiteEvidence) -> dict[str, Any]:
    suite = findings.suite
    pairs = list(zip(findings.scenarios, evidence.scenarios, strict=True))
    scenarios = [_scenario(found, seen, suite) for found, seen in pairs]
    rows = [
        _row(summary, found, suite) for found in findings.scenarios for summary in words.ordered(found, suite.primary)
    ]
    return {
        "suite_file": tomli_w.dumps(suite.as_table()),
        "scenarios": scenarios,
        "sections": [
            ("verdict", "Verdict"),
            ("table", "All methods"),
            ("charts", "Gains"),
            ("provenance", "Provenance"),
        ],
        "legend": words.LEGEND,
        "tiles": _tiles(findings),
        "rows": rows,
        "columns": [{"title": cell.title, "kind": cell.kind} for cell in rows[0]["cells"]] if rows else [],
        "verdict_words": list(dict.fromkeys(row["verdict"] for row in rows)),
        "domain_headings": words.DOMAIN_HEADINGS,
        "tuning_headings": HEADINGS,
        "on_edge": ON_EDGE,
        "provenance": provenance(findings, evidence.environment),
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


def _scenario(found: ScenarioFindings, seen: ScenarioEvidence, suite: Suite) -> dict[str, Any]:
    counts = found.counts
    facts = [
        *words.headlines(counts),
        words.protocol_line(counts, suite),
        *words.cleaning_lines(counts),
        *words.link_lines(counts),
    ]
    facts += [words.judged_line(counts), *words.sight_line(found), *words.next_step_lines(found, suite.primary)]
    facts += tuning_lines(found, suite)
    facts += [f"not applicable: {name} ({reason})" for name, reason in found.not_applicable.items()]
    facts += [f"failed: {name}: {reason}" for name, reason in found.failed.items()]
    facts += [f"not run yet: {name}" for name in found.missing]
    return {
        "name": counts.scenario,
        "anchor": f"scenario-{parse_scenario(counts.scenario).slug}",
        "story": words.story(found, suite.primary),
        "domains": words.domain_rows(counts),
        "facts": facts,
        "gap": gap_content(seen.gap),
        "tuning": tuning_rows(found),
        "sentences": [f"{judgement.sentence}." for judgement in found.judgements],
        "cases": [
            {
                "method": one.method,
                "user": case.user,
                "control": f"{case.control:.4f}",
                "candidate": f"{case.candidate:.4f}",
                "difference": f"{case.difference:+.4f}",
            }
            for one in seen.methods
            for case in (*one.gaining, *one.losing)
        ],
    }


def _row(summary: MethodSummary, found: ScenarioFindings, suite: Suite) -> dict[str, Any]:
    judgement = found.judgement(summary.method)
    word = words.verdict_word(summary, found)
    cells = [
        *([TableCell("scenario", found.counts.scenario, "scenario")] if len(suite.scenarios) > 1 else []),
        TableCell("method", summary.method, "name"),
        TableCell("verdict", word, "verdict"),
        TableCell("family", summary.family, "text"),
        *(TableCell(name, f"{summary.test[name]:.4f}", "number", summary.test[name]) for name in suite.user_metrics),
        *_effects(judgement),
        *_users(judgement),
    ]
    kind = KINDS.get(judgement.outcome, "") if judgement else "baseline"
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


def provenance(findings: Findings, known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return terms and texts: versions, splits and data; `known` is what the results' environment says."""
    made = list(known.get("environments", {}).values())
    found = [row for one in made for row in _environment(one)]
    if len(made) > 1:
        found = [("made by", f"{len(made)} environments, which follow"), *found]
    found += [
        (f"split of {one.counts.scenario}", f"{one.counts.protocol}, digest {one.counts.digest[:16]}")
        for one in findings.scenarios
    ]
    for name, domain in {domain.name: domain for one in findings.scenarios for domain in one.counts.domains}.items():
        parts = [f"sha256 {domain.sha256[:16]}" if domain.sha256 else "", domain.reference, domain.terms]
        found.append((name, "; ".join(part for part in parts if part)))
    return found


def _environment(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    code = one.get("code") or {}
    commit = f", commit {code['commit'][:12]}" if code.get("commit") else ""
    algebra = [f"{lib.get('internal_api')} {lib.get('version')}" for lib in one.get("linear_algebra", [])]
    parts = {
        "tlbench": f"{one.get('tlbench', '')}{commit}{' with changes' if code.get('dirty') else ''}",
        "Python": f"{one.get('python', '')} on {one.get('platform', '')}",
        "processor": f"{one.get('processor', '')}, {one.get('cores', '?')} cores, {one.get('jobs', 1)} at a time",
        "libraries": ", ".join(f"{name} {version}" for name, version in one.get("packages", {}).items() if version),
        "linear algebra": ", ".join(dict.fromkeys(algebra)),
    }
    return [(term, text) for term, text in parts.items() if text]

"""Sweeps -> the page of a learning curve: where transfer pays, a chart per method, the verdict at each share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import tomli_w

from tlbench.analysis.learning_curve import Course
from tlbench.report import words
from tlbench.report.charts.learning import learning_curves, overviews
from tlbench.report.curve_text import HEADINGS, curve_rows, curve_sentence, curves_as_json
from tlbench.report.page.build import KINDS
from tlbench.report.page.render import render
from tlbench.report.sections.provenance import provenance_terms
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.analysis.learning_curve import Curve, Sweep
    from tlbench.analysis.summary import ScenarioFindings

COURSE_KINDS: Mapping[Course, str] = {
    Course.ALWAYS: "good",
    Course.STARTS: "good",
    Course.STOPS: "doubt",
    Course.NEVER: "bad",
}
LEGEND = (
    "A gain is a method's mean less its counterpart's, at that share of the data; intervals are 95 % for each point, "
    "not corrected for their number. A curve crosses zero where the line between two points does, on a logarithmic "
    "scale."
)


def curves_as_html(sweeps: Sequence[Sweep], environment: Mapping[str, Any]) -> str:
    """Return the learning curves as one HTML page that needs no network.

    `environment` is what the results say that they were made with.
    """
    curves = [curve for sweep in sweeps for curve in sweep.curves]
    parts = [part for sweep in sweeps for part in _parts(sweep)]
    whole = sweeps[0].findings[max(sweeps[0].findings)]
    axes = " and of the ".join({"target": "target", "source": "sources"}[sweep.axis] for sweep in sweeps)
    return render(
        "curve.html.jinja",
        name=whole.suite.name,
        question=f"How does the gain of transfer change with the size of the {axes}?",
        report=json.loads(curves_as_json(curves)),
        sections=[
            ("verdict", "Where transfer pays"),
            *((part["anchor"], part["name"]) for part in parts),
            ("provenance", "Provenance"),
        ],
        tiles=_tiles(curves),
        legend=LEGEND,
        parts=parts,
        headings=HEADINGS,
        provenance=provenance_terms(whole, environment),
        suite_file=tomli_w.dumps(whole.suite.as_table()),
    )


def _tiles(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    courses = [curve.crossing.course for curve in curves]
    return [
        {"count": courses.count(course), "word": course.value, "kind": COURSE_KINDS.get(course, "")}
        for course in Course
        if course in courses
    ]


def _parts(sweep: Sweep) -> Iterator[dict[str, Any]]:
    """One part a scenario."""
    for scenario, group in groupby(sweep.curves, key=lambda curve: curve.scenario):
        curves = list(group)
        slug = parse_scenario(scenario).slug
        found = {
            fraction: next(one for one in findings.scenarios if one.counts.scenario == scenario)
            for fraction, findings in sweep.findings.items()
        }
        yield {
            "name": scenario,
            "axis": "sources" if sweep.axis == "source" else "target",
            "metric": curves[0].metric,
            "anchor": f"{sweep.axis}-{slug}",
            "sentences": [f"{curve_sentence(curve)}." for curve in curves],
            "overview": next(iter(overviews(curves)), None),
            "shares": [f"{100 * fraction:g} %" for fraction in found],
            "verdicts": [_verdicts(curve.method, found) for curve in curves],
            "curves": [
                {"picture": picture, "rows": curve_rows(curve)}
                for curve, picture in zip(curves, learning_curves(curves), strict=True)
            ],
        }


def _verdicts(method: str, found: Mapping[float, ScenarioFindings]) -> dict[str, Any]:
    """A method's row: its verdict and gain at each fraction."""
    cells = []
    for one in found.values():
        judgement = one.judgement(method)
        if judgement is None:
            cells.append({"text": "-", "title": "did not run", "kind": ""})
            continue
        text = f"{words.effect(judgement.counterpart)} {words.MARKS[judgement.outcome]}"
        cells.append({"text": text, "title": judgement.sentence, "kind": KINDS.get(judgement.outcome, "")})
    return {"method": method, "cells": cells}

"""Curves -> words, a text chart, Markdown, CSV and JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from tlbench.analysis.learning_curve import Course, Crossing, Curve, CurvePoint
from tlbench.report.markdown import table
from tlbench.report.rows import as_csv
from tlbench.scenario.grammar import parse_scenario

SCHEMA = 1
WIDTH = 80
_CHART = 40
HEADINGS = ("fraction", "interactions per user", "control", "candidate", "gain", "95 % interval")


def curve_sentence(curve: Curve) -> str:
    """Say where transfer stops (or starts) to pay, in one sentence without a full stop."""
    return f"{curve_title(curve)}: {curve_finding(curve)}"


def curve_title(curve: Curve) -> str:
    """The two sides: ``pooled-ease over ease``."""
    return f"{curve.method} over {curve.control}"


def curve_finding(curve: Curve) -> str:
    """What the curve says of the two sides."""
    found = curve.crossing
    what = f"{curve.axis} interactions per user"
    if found.at is None:
        reach = f"from {amount(curve.points[0].per_user)} to {amount(curve.points[-1].per_user)} {what}"
        words = {
            Course.ALWAYS: "transfer pays throughout,",
            Course.NEVER: "transfer never pays,",
            Course.UNCLEAR: "it is unclear whether transfer pays,",
        }
        return f"{words[found.course]} {reach}"
    if found.course is Course.UNCLEAR:
        return f"the gain changes its sign at about {amount(found.at)} {what}, but no point is clearly on one side"
    return f"transfer {found.course} at about {amount(found.at)} {what} ({_bounds(found)})"


def amount(per_user: float) -> str:
    """Interactions a user with two digits, or as a whole number: ``0.58``, ``5.8``, ``115``."""
    return f"{per_user:.2g}" if per_user < 10 else f"{per_user:.0f}"


def _bounds(found: Crossing) -> str:
    """Say which points are clearly on either side of the crossing."""
    first, second = ("gain", "loss") if found.course is Course.STOPS else ("loss", "gain")
    below = f"no clear {first} below" if found.low is None else f"a clear {first} at {amount(found.low)}"
    above = f"no clear {second} above" if found.high is None else f"a clear {second} at {amount(found.high)}"
    return f"{below}, {above}"


def curves_as_text(curves: Sequence[Curve]) -> str:
    """Return the curves for a terminal, at most 80 columns."""
    return "\n".join(line for curve in curves for line in (*_lines(curve), ""))


def _lines(curve: Curve) -> list[str]:
    low = min(0.0, *(point.low for point in curve.points))
    high = max(0.0, *(point.high for point in curve.points))
    lines = [f"{curve.scenario}, {curve.metric}", *textwrap.wrap(curve_sentence(curve), WIDTH, break_on_hyphens=False)]
    lines.extend(
        f"{100 * point.fraction:>6.4g}% {point.per_user:>7.3g}/user {point.difference:>+9.4f} {_bar(point, low, high)}"
        for point in curve.points
    )
    return lines


def _bar(point: CurvePoint, low: float, high: float) -> str:
    """Draw an interval with its point and the zero line on `_CHART` columns."""
    scale = (_CHART - 1) / ((high - low) or 1.0)
    columns = [" "] * _CHART
    for column in range(round((point.low - low) * scale), round((point.high - low) * scale) + 1):
        columns[column] = "-"
    columns[round(-low * scale)] = "|"
    columns[round((point.difference - low) * scale)] = "o"
    return "".join(columns).rstrip()


def curve_rows(curve: Curve) -> list[tuple[str, ...]]:
    """One row a point, under `HEADINGS`."""
    return [
        (
            f"{100 * point.fraction:g} %",
            f"{point.per_user:.3g}",
            f"{point.control:.4f}",
            f"{point.candidate:.4f}",
            f"{point.difference:+.4f}",
            f"{point.low:+.4f} to {point.high:+.4f}",
        )
        for point in curve.points
    ]


def curves_as_markdown(curves: Sequence[Curve]) -> str:
    """Return the curves as Markdown, which shows the drawings that lie beside it."""
    sections = ["# Learning curves"]
    for curve in curves:
        sections += [f"## {curve.scenario}: {curve.method}", f"**{curve_sentence(curve)}.**"]
        sections += [f"![gain]({curve_name(curve)}.svg)", table(HEADINGS, curve_rows(curve), left=(0,))]
    return "\n\n".join(sections) + "\n"


def curves_as_json(curves: Sequence[Curve]) -> str:
    """Return points and crossings as JSON."""
    found = [{**asdict(curve), "crossing": asdict(curve.crossing), "says": curve_sentence(curve)} for curve in curves]
    return json.dumps({"schema": SCHEMA, "curves": found}, indent=2) + "\n"


def curves_as_csv(curves: Sequence[Curve]) -> str:
    """Return one row per point, unrounded."""
    means = "candidate_mean", "control_mean"
    columns = "fraction", "per_user", *means, "difference", "low", "high"
    rows: list[tuple[object, ...]] = [("scenario", "method", "control", "metric", "axis", *columns)]
    for curve in curves:
        of = curve.scenario, curve.method, curve.control, curve.metric, curve.axis
        rows += [(*of, *asdict(point).values()) for point in curve.points]
    return as_csv(rows)


def curve_name(curve: Curve) -> str:
    """Return the name of a curve's drawing, without ending."""
    return f"curve-{curve.axis}-{parse_scenario(curve.scenario).slug}-{curve.method}"

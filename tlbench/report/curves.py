"""Curves -> words, a text chart, Markdown, JSON and a drawing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tlbench.curve import Course, Curve, Point
from tlbench.report.markdown import table
from tlbench.scenario.grammar import parse_scenario
from tlbench.store.files import write_whole

SCHEMA = 1
_CHART = 40
_HEADINGS = ("fraction", "interactions a user", "control", "candidate", "gain", "95 % interval")


def curve_sentence(curve: Curve) -> str:
    """Say where transfer stops (or starts) to pay, in one sentence without a full stop."""
    found = curve.crossing
    what = f"{curve.axis} interactions a user"
    start = f"{curve.method} over {curve.control}"
    if found.at is None:
        reach = f"from {curve.points[0].per_user:.3g} to {curve.points[-1].per_user:.3g} {what}"
        words = {
            Course.ALWAYS: "transfer pays throughout,",
            Course.NEVER: "transfer never pays,",
            Course.UNCLEAR: "it is unclear whether transfer pays,",
        }
        return f"{start}: {words[found.course]} {reach}"
    if found.course is Course.UNCLEAR:
        return f"{start}: the gain changes its sign at about {found.at:.3g} {what}, but no point is clearly on one side"
    bounds = f"clearly on either side at {_bound(found.low)} and {_bound(found.high)}"
    return f"{start}: transfer {found.course} at about {found.at:.3g} {what} ({bounds})"


def _bound(value: float | None) -> str:
    return "no point" if value is None else f"{value:.3g}"


def curves_as_text(curves: Sequence[Curve]) -> str:
    """Return the curves for a terminal, at most 80 columns."""
    return "\n".join(line for curve in curves for line in (*_lines(curve), ""))


def _lines(curve: Curve) -> list[str]:
    low = min(0.0, *(point.low for point in curve.points))
    high = max(0.0, *(point.high for point in curve.points))
    lines = [f"{curve.scenario}, {curve.metric}", curve_sentence(curve)]
    lines.extend(
        f"{100 * point.fraction:>6.4g}% {point.per_user:>7.3g}/user {point.difference:>+9.4f} {_bar(point, low, high)}"
        for point in curve.points
    )
    return lines


def _bar(point: Point, low: float, high: float) -> str:
    """Draw an interval with its point and the zero line on `_CHART` columns."""
    scale = (_CHART - 1) / ((high - low) or 1.0)
    columns = [" "] * _CHART
    for column in range(round((point.low - low) * scale), round((point.high - low) * scale) + 1):
        columns[column] = "-"
    columns[round(-low * scale)] = "|"
    columns[round((point.difference - low) * scale)] = "o"
    return "".join(columns).rstrip()


def curves_as_markdown(curves: Sequence[Curve], drawings: Sequence[str]) -> str:
    """Return the curves with their drawings' file names as Markdown."""
    sections = ["# Learning curves"]
    for curve, drawing in zip(curves, drawings, strict=True):
        rows = [
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
        sections += [f"## {curve.scenario}: {curve.method}", f"**{curve_sentence(curve)}.**", f"![gain]({drawing})"]
        sections.append(table(_HEADINGS, rows, left=1))
    return "\n\n".join(sections) + "\n"


def curves_as_json(curves: Sequence[Curve]) -> str:
    """Return points and crossings as JSON."""
    found = [{**asdict(curve), "crossing": asdict(curve.crossing), "says": curve_sentence(curve)} for curve in curves]
    return json.dumps({"schema": SCHEMA, "curves": found}, indent=2) + "\n"


def write_curves(curves: Sequence[Curve], folder: Path) -> None:
    """Write ``curve.md``, ``curve.json`` and a drawing a curve."""
    names = [f"curve-{parse_scenario(curve.scenario).slug}-{curve.method}.svg" for curve in curves]
    for curve, name in zip(curves, names, strict=True):
        write_whole(folder / name, curve_as_svg(curve).encode())
    write_whole(folder / "curve.md", curves_as_markdown(curves, names).encode())
    write_whole(folder / "curve.json", curves_as_json(curves).encode())


# --- drawing -----------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _MARGIN = 640, 360, 64


def curve_as_svg(curve: Curve) -> str:
    """Draw gain with intervals against interactions a user, logarithmic, as SVG."""
    across, up = _scales(curve.points)
    line = " ".join(f"{across(p.per_user):.1f},{up(p.difference):.1f}" for p in curve.points)
    marks = [
        f'<line x1="{across(p.per_user):.1f}" x2="{across(p.per_user):.1f}" y1="{up(p.low):.1f}" y2="{up(p.high):.1f}"'
        f' stroke="#1f4e79" stroke-width="2"/><circle cx="{across(p.per_user):.1f}" cy="{up(p.difference):.1f}" r="4"'
        f' fill="#1f4e79"/><text x="{across(p.per_user):.1f}" y="{_HEIGHT - 40}" text-anchor="middle">'
        f"{p.per_user:.3g}</text>"
        for p in curve.points
    ]
    lowest, highest = min(p.low for p in curve.points), max(p.high for p in curve.points)
    ticks = [
        f'<text x="{_MARGIN - 8}" y="{up(value) + 4:.1f}" text-anchor="end">{value:+.3f}</text>'
        for value in (lowest, 0.0, highest)
    ]
    title = f"{curve.scenario}: gain of {curve.method} over {curve.control} in {curve.metric}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
            ' font-size="12">',
            f"<title>{_escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            f'<text x="{_WIDTH / 2}" y="24" text-anchor="middle" font-size="14">{_escape(title)}</text>',
            f'<line x1="{_MARGIN}" x2="{_WIDTH - 16}" y1="{up(0):.1f}" y2="{up(0):.1f}" stroke="#888"/>',
            f'<polyline points="{line}" fill="none" stroke="#1f4e79"/>',
            *marks,
            *ticks,
            f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 14}" text-anchor="middle">{curve.axis} interactions a user</text>',
            "</svg>",
            "",
        ]
    )


def _scales(points: Sequence[Point]) -> tuple[_Scale, _Scale]:
    """Return functions from interactions a user to x and from gain to y, in pixels."""
    logs = [math.log(point.per_user) for point in points]
    low, high = min(0.0, *(point.low for point in points)), max(0.0, *(point.high for point in points))
    return (
        _Scale(min(logs), max(logs), _MARGIN + 16, _WIDTH - 40, logarithmic=True),
        _Scale(low, high, _HEIGHT - _MARGIN, 48, logarithmic=False),
    )


class _Scale:
    """A straight line from values (or their logarithms) to pixels."""

    def __init__(self, low: float, high: float, start: float, stop: float, *, logarithmic: bool) -> None:
        self._low, self._span = low, (high - low) or 1.0
        self._start, self._stop = start, stop
        self._logarithmic = logarithmic

    def __call__(self, value: float) -> float:
        place = (math.log(value) if self._logarithmic else value) - self._low
        return self._start + place / self._span * (self._stop - self._start)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""Curves -> charts: how a method's gain over its counterpart changes with what methods know."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tlbench.analysis.learning_curve import Course
from tlbench.analysis.verdict import Finding
from tlbench.report.charts import theme
from tlbench.report.charts.gallery import Picture, spec_of
from tlbench.report.curve_text import amount, curve_finding, curve_name, curve_title
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.learning_curve import Curve, CurvePoint

SIDES = {"gain": Finding.HELPS, "loss": Finding.HURTS, "either": Finding.INCONCLUSIVE}
"""What the interval of a point shows, with the outcome whose colour and shape it has."""


def overviews(curves: Sequence[Curve]) -> list[Picture]:
    """Make one picture per scenario and axis with all its methods side by side; none where it has one method alone."""
    made = []
    for (axis, scenario), group in groupby(curves, key=lambda curve: (curve.axis, curve.scenario)):
        found = list(group)
        if len(found) > 1:
            name = f"curves-{axis}-{parse_scenario(scenario).slug}"
            title = "All methods on one scale"
            made.append(Picture(name, title, _OVERVIEW, scenario, spec_of(panels(found))))
    return made


_SIGNED = "datum.value === 0 ? '0' : format(datum.value, '+.3~f')"
_OVERVIEW = "Gain over the counterpart by interactions per user; what leaves the scale is cut at its edge."


def learning_curves(curves: Sequence[Curve]) -> list[Picture]:
    """Make one picture per curve."""
    return [
        Picture(curve_name(curve), curve_title(curve), _sentence(curve), curve.scenario, spec_of(large(curve)))
        for curve in curves
    ]


def _sentence(curve: Curve) -> str:
    found = curve_finding(curve)
    return f"{found[0].upper()}{found[1:]}."


def curve_points(curve: Curve) -> list[dict[str, Any]]:
    """One row a point of a curve."""
    return [
        {
            "method": curve.method,
            "control": curve.control,
            "share": f"{100 * point.fraction:g} %",
            "per_user": point.per_user,
            "candidate_mean": point.candidate,
            "control_mean": point.control,
            "gain": point.difference,
            "low": point.low,
            "high": point.high,
            "side": _side(point),
        }
        for point in curve.points
    ]


def _side(point: CurvePoint) -> str:
    if point.low > 0:
        return "gain"
    return "loss" if point.high < 0 else "either"


def large(curve: Curve) -> Any:
    """One curve with its intervals, the zero line and where it crosses that."""
    import altair as alt

    title = f"gain of {curve.method} over {curve.control}, {curve.metric}"
    y = alt.Y("gain:Q", title=title, axis=alt.Axis(labelExpr=_SIGNED))
    layers = [*_crossing(curve), *_layers(curve, y=y, size=70, labelled=True)]
    return theme.finished(alt.layer(*layers), height=320)


def panels(curves: Sequence[Curve]) -> Any:
    """One small panel a method; all have one scale, from which the strongest tenth of the intervals may stick out."""
    import altair as alt

    edge = theme.reach(
        [end for curve in curves for point in curve.points for end in (point.low, point.high)], least=1e-6
    )
    scale = alt.Scale(domain=[-edge, edge], clamp=True, nice=False)
    drawn = []
    for curve in curves:
        y = alt.Y("gain:Q", title=None, scale=scale, axis=alt.Axis(labelExpr=_SIGNED, tickCount=4))
        title = alt.Title(curve.method, subtitle=_course(curve), anchor="start", fontSize=12)
        layers = _layers(curve, y=y, size=35, labelled=False)
        drawn.append(alt.layer(*layers).properties(width=230, height=130, title=title))
    return theme.side_by_side(drawn)


def _course(curve: Curve) -> str:
    found = curve.crossing
    return str(found.course) if found.at is None else f"{found.course} at {amount(found.at)}"


def _layers(curve: Curve, *, y: Any, size: int, labelled: bool) -> list[Any]:
    """Zero line, line, intervals and points."""
    import altair as alt

    rows = curve_points(curve)
    scale = alt.Scale(type="log", nice=False, padding=14)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("per_user:Q", scale=scale, title=_axis_title(curve, labelled=labelled), axis=_axis(curve))
    )
    shown = [SIDES[side] for side in SIDES]
    colours = alt.Scale(domain=list(SIDES), range=[theme.COLOURS[outcome] for outcome in shown])
    shapes = alt.Scale(domain=list(SIDES), range=[theme.SHAPES[outcome] for outcome in shown])
    legend = alt.Legend(title="the interval shows", orient="top") if labelled else None
    colour = alt.Color("side:N", scale=colours, legend=legend)
    line = base.mark_line(color=theme.RULE, strokeWidth=1.5).encode(y=y)
    intervals = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour)
    points = base.mark_point(filled=True, size=size, opacity=1).encode(
        y=y, color=colour, shape=alt.Shape("side:N", scale=shapes, legend=legend), tooltip=_tooltip(curve)
    )
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4], color=theme.RULE)
    return [zero.encode(y="zero:Q"), line, intervals, points]


def _axis_title(curve: Curve, *, labelled: bool) -> str:
    what = f"{curve.axis} interactions per user"
    return f"{what} (share of the data)" if labelled else what


def _axis(curve: Curve) -> Any:
    """Ticks at the points, each with its share below."""
    import altair as alt

    texts = "".join(
        f"abs(datum.value / {point.per_user!r} - 1) < 1e-6"
        f" ? ['{amount(point.per_user)}', '{100 * point.fraction:g} %'] : "
        for point in curve.points
    )
    values = [point.per_user for point in curve.points]
    return alt.Axis(values=values, labelExpr=f"{texts}''", grid=False, labelFlush=False)


def _tooltip(curve: Curve) -> list[Any]:
    import altair as alt

    return [
        alt.Tooltip("method:N"),
        alt.Tooltip("control:N", title="counterpart"),
        alt.Tooltip("share:N", title=f"share of the {curve.axis}"),
        alt.Tooltip("per_user:Q", format=".3~r", title="interactions per user"),
        alt.Tooltip("candidate_mean:Q", format=".4f", title="method's mean"),
        alt.Tooltip("control_mean:Q", format=".4f", title="counterpart's mean"),
        alt.Tooltip("gain:Q", format="+.4f"),
        alt.Tooltip("low:Q", format="+.4f", title="from"),
        alt.Tooltip("high:Q", format="+.4f", title="to"),
    ]


def _crossing(curve: Curve) -> list[Any]:
    """Where the curve crosses zero: a line with words, on the stretch in which it surely does."""
    import altair as alt

    found = curve.crossing
    if found.at is None:
        return []
    word = "changes its sign, unclear," if found.course is Course.UNCLEAR else str(found.course)
    row = {"at": found.at, "from": found.low, "to": found.high, "text": f"{word} at {amount(found.at)}"}
    base = alt.Chart(alt.InlineData(values=[row]))
    layers = []
    if found.low is not None and found.high is not None:
        layers.append(base.mark_rect(color=theme.RULE, opacity=0.15).encode(x="from:Q", x2="to:Q"))
    layers.append(base.mark_rule(color=theme.RULE, strokeWidth=2, strokeDash=[2, 3]).encode(x="at:Q"))
    left = found.at**2 <= curve.points[0].per_user * curve.points[-1].per_user
    words = base.mark_text(align="left" if left else "right", dx=6 if left else -6, fontWeight="bold", fontSize=12)
    return [*layers, words.encode(x="at:Q", y=alt.value(8), text="text:N")]

"""What all charts share: colours that hold on light and dark, shapes beside them, and numbers as reports print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.analysis.verdict import Finding

if TYPE_CHECKING:
    import altair as alt

# Okabe and Ito's colours (2008), which people with colour-blindness tell apart; a shape says the same.
COLOURS: dict[Finding, str] = {
    Finding.HELPS: "#009E73",
    Finding.HURTS: "#D55E00",
    Finding.EQUIVALENT: "#3D8FC7",
    Finding.INCONCLUSIVE: "#8A8A8A",
    Finding.NOT_THE_SOURCE: "#C78500",
    Finding.UNATTRIBUTED: "#B5679A",
    Finding.LEAKS: "#CC3377",
    Finding.NOT_COMPARABLE: "#5E5E5E",
    Finding.NOTHING: "#5E5E5E",
}
SHAPES: dict[Finding, str] = {
    Finding.HELPS: "triangle-up",
    Finding.HURTS: "triangle-down",
    Finding.EQUIVALENT: "square",
    Finding.INCONCLUSIVE: "circle",
    Finding.NOT_THE_SOURCE: "diamond",
    Finding.UNATTRIBUTED: "cross",
    Finding.LEAKS: "triangle-left",
    Finding.NOT_COMPARABLE: "stroke",
    Finding.NOTHING: "stroke",
}
RULE = "#8A8A8A"
LOSS, MIDDLE, GAIN = "#E08A4F", "#F4F1EA", "#45A98C"
"""Ends and middle of the scale from loss to gain, light enough for dark marks on them."""
METHOD, PLACEBO = "#3D8FC7", "#C78500"
"""Colours of a method and of its placebo, where lines of both are in one picture."""
ROW = 20
"""Height of a row of a chart, pixels."""


def outcome_colour(rows: list[dict[str, Any]]) -> alt.Color:
    """Encode the outcome as a colour, with a legend on top of those that occur."""
    import altair as alt

    there = {row["outcome"] for row in rows}
    shown = [outcome.value for outcome in COLOURS if outcome.value in there]
    return alt.Color(
        "outcome:N",
        scale=alt.Scale(domain=[o.value for o in COLOURS], range=list(COLOURS.values())),
        legend=alt.Legend(title=None, orient="top", columns=4, labelLimit=220, values=shown),
    )


def outcome_shape() -> alt.Shape:
    """Encode the outcome as a shape."""
    import altair as alt

    return alt.Shape("outcome:N", scale=alt.Scale(domain=[o.value for o in SHAPES], range=list(SHAPES.values())))


def share_axis(**options: Any) -> alt.Axis:
    """An axis of signed per cent; zero has no sign."""
    import altair as alt

    text = "datum.value === 0 ? '0 %' : format(100 * datum.value, '+.3~r') + ' %'"
    return alt.Axis(labelExpr=text, tickCount=9, **options)


def reach(ends: list[float], *, least: float) -> float:
    """How far a symmetric scale goes: over nine tenths of the ends of intervals, and at least so far.

    What leaves it is cut at its edge: methods that lose nearly all would squeeze the others.
    """
    sizes = sorted(abs(end) for end in ends)
    return max(least, 1.1 * sizes[int(0.9 * (len(sizes) - 1))]) if sizes else least


def zero_line() -> Any:
    """A dashed vertical line at 0."""
    import altair as alt

    return alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4], color=RULE).encode(x="zero:Q")


def side_by_side(panels: list[Any], **title: Any) -> Any:
    """Lay small panels out in rows; a page decides by its width how many stand in one."""
    import altair as alt

    chart = alt.concat(*panels, columns=3, spacing=20).properties(usermeta={"beside": 75}, **title)
    return chart.configure(background="transparent").configure_view(strokeWidth=0)


def finished(chart: Any, *, height: int | None = None) -> Any:
    """Let a chart fill its place and lean on the page's colours."""
    sized = (
        chart.properties(width="container") if height is None else chart.properties(width="container", height=height)
    )
    return sized.configure(background="transparent").configure_view(strokeWidth=0).configure_axis(labelLimit=260)

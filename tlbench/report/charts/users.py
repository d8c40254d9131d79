"""User differences: how they are distributed, and how they differ between segments of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.report.charts import theme

if TYPE_CHECKING:
    from tlbench.analysis.evidence import MethodEvidence, ScenarioEvidence


def spread_rows(one: MethodEvidence) -> list[dict[str, Any]]:
    """One row per bin of a method."""
    return [
        {
            "method": one.method,
            "low": part.low,
            "high": part.high,
            "users": part.users,
            "side": _side(part.low, part.high),
        }
        for part in one.bins
    ]


def _side(low: float, high: float) -> str:
    if low == high:
        return "same"
    return "better" if low >= 0 else "worse"


def spread(found: ScenarioEvidence, *, metric: str) -> Any:
    """How many users gain and lose how much, a panel a method; users of whom nothing differs are a number."""
    panels = [_panel(one, metric=metric) for one in found.methods if _shares(one)[1] < 1]
    if not panels:
        return None
    return theme.side_by_side(panels).resolve_scale(x="shared", y="shared", color="shared")


def _panel(one: MethodEvidence, *, metric: str) -> Any:
    import altair as alt

    rows = [row for row in spread_rows(one) if row["side"] != "same"]
    sides = alt.Scale(domain=["worse", "better"], range=[theme.LOSS, theme.GAIN])
    worse, same, better = (f"{100 * share:.0f} %" for share in _shares(one))
    subtitle = f"worse {worse}, same {same}, better {better}"
    return (
        alt.Chart(alt.InlineData(values=rows), title=alt.Title(one.method, subtitle=subtitle, anchor="start"))
        .mark_bar(stroke=None)
        .encode(
            x=alt.X("low:Q", title=f"difference of a user's {metric}", bin="binned", axis=alt.Axis(tickCount=5)),
            x2="high:Q",
            y=alt.Y("users:Q", title="users", axis=alt.Axis(tickCount=3)),
            color=alt.Color("side:N", scale=sides, legend=alt.Legend(title=None, orient="top")),
            tooltip=[
                alt.Tooltip("method:N"),
                alt.Tooltip("low:Q", format="+.3f", title="from"),
                alt.Tooltip("high:Q", format="+.3f", title="to"),
                alt.Tooltip("users:Q"),
            ],
        )
        .properties(width=230, height=70)
    )


def _shares(one: MethodEvidence) -> tuple[float, float, float]:
    """Shares of users who lose, whom nothing changes, and who gain."""
    counts = {side: sum(row["users"] for row in spread_rows(one) if row["side"] == side) for side in _SIDES}
    total = sum(counts.values()) or 1
    return counts["worse"] / total, counts["same"] / total, counts["better"] / total


_SIDES = ("worse", "same", "better")


def segment_rows(found: ScenarioEvidence) -> list[dict[str, Any]]:
    """One row per method, characteristic and segment; `share` is difference / control's mean there."""
    return [
        {
            "method": one.method,
            "respect": segmentation.column,
            "segment": part.label,
            "order": place,
            "users": part.n_users,
            "difference": part.difference,
            "share": part.difference / part.control_mean if part.control_mean > 0 else None,
            "p": part.adjusted,
            "mark": _mark(part.adjusted, part.difference),
        }
        for one in found.methods
        for segmentation in one.segments
        for place, part in enumerate(segmentation.segments)
    ]


def _mark(pvalue: float, difference: float) -> str:
    if pvalue >= 0.05:
        return ""
    return "+" if difference > 0 else "-"


def segments(found: ScenarioEvidence, *, metric: str) -> Any:
    """A map of differences by method and segment, one panel per characteristic; marks say which differ from 0."""
    import altair as alt

    rows = segment_rows(found)
    if not rows:
        return None
    edge = max((abs(row["difference"]) for row in rows), default=0.0) or 0.01
    scale = alt.Scale(domain=[-edge, 0, edge], range=[theme.LOSS, theme.MIDDLE, theme.GAIN])
    legend = alt.Legend(title=f"difference, {metric}", orient="top", format="+.2f")
    panels = []
    for respect in dict.fromkeys(row["respect"] for row in rows):
        part = [row for row in rows if row["respect"] == respect]
        order = [row["segment"] for row in sorted(part, key=lambda row: row["order"])]
        base = alt.Chart(alt.InlineData(values=part)).encode(
            x=alt.X("segment:N", sort=list(dict.fromkeys(order)), title=respect, axis=alt.Axis(labelAngle=-25)),
            y=alt.Y("method:N", sort=_order(found.methods), title=None),
        )
        squares = base.mark_rect(stroke=theme.RULE, strokeWidth=0.5).encode(
            color=alt.Color("difference:Q", scale=scale, legend=legend),
            tooltip=[
                alt.Tooltip("method:N"),
                alt.Tooltip("respect:N"),
                alt.Tooltip("segment:N"),
                alt.Tooltip("users:Q"),
                alt.Tooltip("difference:Q", format="+.4f"),
                alt.Tooltip("share:Q", format="+.1%", title="of the control's mean"),
                alt.Tooltip("p:Q", format=".3f", title="p, corrected"),
            ],
        )
        marks = base.mark_text(fontSize=14, fontWeight="bold", color="#111").encode(text="mark:N")
        panels.append(alt.layer(squares, marks).properties(width=230, height=theme.ROW * len(found.methods)))
    chart = alt.concat(*panels, columns=3, spacing=24).resolve_scale(color="shared")
    return chart.configure(background="transparent").configure_view(strokeWidth=0)


def _order(methods: tuple[MethodEvidence, ...]) -> list[str]:
    return [one.method for one in methods]

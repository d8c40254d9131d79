"""Gains over the counterpart: forest plot, and gain against what the placebo leaves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.analysis.verdict import Finding
from tlbench.report.charts import theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlbench.analysis.summary import ScenarioFindings
    from tlbench.analysis.verdict import Verdict
    from tlbench.stats.comparison import Comparison


def gain_rows(scenarios: Iterable[ScenarioFindings]) -> list[dict[str, Any]]:
    """One row a judged method: gain over the counterpart and over the placebo, as shares of the control's mean."""
    return [
        {
            "scenario": found.counts.scenario,
            "method": judgement.method,
            "label": judgement.method,
            "outcome": judgement.outcome.value,
            **_shares("gain", judgement.counterpart),
            **_shares("over_placebo", judgement.placebo),
        }
        for found in scenarios
        for judgement in found.judgements
    ]


def _shares(name: str, verdict: Verdict | None) -> dict[str, Any]:
    comparison: Comparison | None = verdict.comparison if verdict is not None else None
    if comparison is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_control": None}
    return {
        name: comparison.relative,
        f"{name}_low": comparison.relative_low,
        f"{name}_high": comparison.relative_high,
        f"{name}_control": comparison.control,
    }


def forest(rows: list[dict[str, Any]], *, metric: str, facet: bool) -> Any:
    """Gains with their intervals, one row per method, the largest gain of a scenario first.

    `facet` puts the scenario in front of the method. An interval that leaves the picture is cut at its edge.
    """
    import altair as alt

    places = {name: place for place, name in enumerate(dict.fromkeys(row["scenario"] for row in rows))}
    shown = sorted(
        (row for row in rows if row["gain"] is not None), key=lambda row: (places[row["scenario"]], -row["gain"])
    )
    if not shown:
        return None
    labelled = [{**row, "label": f"{row['scenario']}  {row['method']}" if facet else row["method"]} for row in shown]
    edge = theme.reach(_ends(shown, "gain"), least=0.02)
    y = alt.Y("label:N", sort=[row["label"] for row in labelled], title=None, axis=alt.Axis(labelLimit=330))
    base = alt.Chart(alt.InlineData(values=labelled)).encode(y=y)
    scale = alt.Scale(domain=[-edge, edge], clamp=True)
    x = alt.X("gain:Q", scale=scale, title=f"gain over the counterpart, {metric}", axis=theme.share_axis())
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("gain_low:Q", scale=scale), x2="gain_high:Q", color=theme.outcome_colour(labelled)
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=x,
        color=theme.outcome_colour(labelled),
        shape=theme.outcome_shape(),
        tooltip=[
            alt.Tooltip("scenario:N"),
            alt.Tooltip("method:N"),
            alt.Tooltip("gain_control:N", title="counterpart"),
            alt.Tooltip("gain:Q", format="+.2%"),
            alt.Tooltip("gain_low:Q", format="+.2%", title="from"),
            alt.Tooltip("gain_high:Q", format="+.2%", title="to"),
            alt.Tooltip("outcome:N"),
        ],
    )
    chart = alt.layer(theme.zero_line(), bars, points)
    return theme.finished(chart, height=max(60, theme.ROW * len(labelled)))


def against_placebo(rows: list[dict[str, Any]], *, metric: str) -> Any:
    """Gain over the counterpart against gain over the placebo: what is real transfer lies right and high.

    Where there are many methods, those of which nothing is shown have no name beside them, only on hovering.
    """
    import altair as alt

    shown = [row for row in rows if row["gain"] is not None and row["over_placebo"] is not None]
    if not shown:
        return None
    base = alt.Chart(alt.InlineData(values=shown))
    wide, high = (theme.reach(_ends(shown, name), least=0.02) for name in ("gain", "over_placebo"))
    across_scale, up_scale = (alt.Scale(domain=[-edge, edge], clamp=True, nice=False) for edge in (wide, high))
    title = f"gain over the counterpart, {metric}"
    x = alt.X("gain:Q", title=title, axis=theme.share_axis(), scale=across_scale)
    y = alt.Y("over_placebo:Q", title="gain over the placebo", axis=theme.share_axis(), scale=up_scale)
    colour = theme.outcome_colour(shown)
    across = base.mark_rule(opacity=0.5).encode(x="gain_low:Q", x2="gain_high:Q", y="over_placebo:Q", color=colour)
    up = base.mark_rule(opacity=0.5).encode(y="over_placebo_low:Q", y2="over_placebo_high:Q", x="gain:Q", color=colour)
    points = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        shape=theme.outcome_shape(),
        tooltip=[
            alt.Tooltip("scenario:N"),
            alt.Tooltip("method:N"),
            alt.Tooltip("gain:Q", format="+.2%"),
            alt.Tooltip("over_placebo:Q", format="+.2%", title="over placebo"),
            alt.Tooltip("outcome:N"),
        ],
    )
    named = shown if len(shown) <= _NAMED else [row for row in shown if row["outcome"] not in _OPEN]
    texts = alt.Chart(alt.InlineData(values=named)).mark_text(align="left", dx=8, dy=-6, fontSize=10)
    names = texts.encode(x="gain:Q", y="over_placebo:Q", text="method:N")
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4], color=theme.RULE)
    layers = [zero.encode(x="zero:Q"), zero.encode(y="zero:Q"), across, up, points]
    return theme.finished(alt.layer(*layers, *([names] if 0 < len(named) <= 3 * _NAMED else [])), height=340)


_NAMED = 12
_OPEN = (Finding.INCONCLUSIVE.value, Finding.EQUIVALENT.value)


def _ends(rows: Iterable[dict[str, Any]], name: str) -> list[float]:
    return [row[key] for row in rows for key in (f"{name}_low", f"{name}_high") if row[key] is not None]

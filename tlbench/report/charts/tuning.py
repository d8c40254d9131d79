"""Tunings -> a panel a method: every trial, and the best so far, beside that of its placebo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.report.charts import theme
from tlbench.report.tuning import best_so_far

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tlbench.tune import Tuning

METHOD, PLACEBO = "method", "placebo"


def trial_rows(tunings: Iterable[Tuning]) -> list[dict[str, Any]]:
    """One row per trial, with the best value up to it."""
    return [
        {
            "of": METHOD if tuning.placebo is None else PLACEBO,
            "trial": trial.number + 1,
            "value": trial.value,
            "best": best,
            "state": trial.state,
        }
        for tuning in tunings
        for trial, best in zip(tuning.trials, best_so_far(tuning), strict=True)
    ]


def tuning_courses(tunings: Sequence[Tuning], *, metric: str) -> Any:
    """Panels on one scale, in the order of the methods."""
    import altair as alt

    panels = []
    for method in dict.fromkeys(tuning.method for tuning in tunings):
        rows = trial_rows(tuning for tuning in tunings if tuning.method == method)
        if any(row["best"] is not None for row in rows):
            panels.append(_panel(rows).properties(width=230, height=120, title=alt.Title(method, anchor="start")))
    if not panels:
        return None
    title = alt.Title(f"validation {metric} by trial", fontSize=11, fontWeight="normal", anchor="start")
    chart = theme.side_by_side(panels, title=title)
    return chart.resolve_scale(y="shared", color="shared", strokeDash="shared")


def _panel(rows: list[dict[str, Any]]) -> Any:
    import altair as alt

    sides = [METHOD, PLACEBO]
    legend = alt.Legend(title="best so far of the", orient="top")
    colour = alt.Color("of:N", scale=alt.Scale(domain=sides, range=[theme.METHOD, theme.PLACEBO]), legend=legend)
    dash = alt.StrokeDash("of:N", scale=alt.Scale(domain=sides, range=[[1, 0], [5, 3]]), legend=legend)
    y = alt.Y("best:Q", title=None, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("trial:Q", title="trial", axis=alt.Axis(tickMinStep=1, format="d", tickCount=6, grid=False)),
        color=colour,
    )
    known = base.transform_filter("isValid(datum.best)")
    line = known.mark_line(interpolate="step-after", strokeWidth=2).encode(y=y, strokeDash=dash)
    tried = base.transform_filter("isValid(datum.value)")
    shape = alt.Shape("state:N", scale=alt.Scale(domain=["complete", "pruned"], range=["circle", "cross"]), legend=None)
    tooltip = [
        alt.Tooltip("of:N", title="tuned"),
        alt.Tooltip("trial:Q"),
        alt.Tooltip("value:Q", format=".4f"),
        alt.Tooltip("best:Q", format=".4f", title="best so far"),
        alt.Tooltip("state:N"),
    ]
    points = tried.mark_point(size=26, opacity=0.55).encode(y=alt.Y("value:Q"), shape=shape, tooltip=tooltip)
    return alt.layer(line, points)

"""History -> a chart per scenario: every method's metric over the runs, with intervals and marks at real changes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from tlbench.report.charts import theme
from tlbench.report.charts.gallery import Picture, spec_of
from tlbench.report.history_text import history_rows
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.history import Series


def courses(found: Sequence[Series]) -> list[Picture]:
    """Make one chart per scenario."""
    made = []
    for scenario, group in groupby(found, key=lambda series: series.scenario):
        series = list(group)
        spec = spec_of(course(series))
        name = f"history-{parse_scenario(scenario).slug}" if "->" in scenario else f"history-{scenario}"
        made.append(Picture(name, scenario, "A metric over runs, with intervals and real changes", scenario, spec))
    return made


def course(series: Sequence[Series]) -> Any:
    """One line per method; a mark above a point says that it really differs from the one before."""
    import altair as alt

    rows = history_rows(series)
    runs = list(dict.fromkeys(row["run"] for row in rows))
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("run:N", sort=runs, title=None, axis=alt.Axis(labelAngle=-30)),
        color=alt.Color("method:N", legend=alt.Legend(title=None, orient="right")),
    )
    y = alt.Y("mean:Q", title=series[0].metric, scale=alt.Scale(zero=False))
    lines = base.mark_line().encode(y=y)
    intervals = base.mark_rule(opacity=0.6).encode(y=alt.Y("low:Q", title=series[0].metric), y2="high:Q")
    points = base.mark_point(filled=True, size=45).encode(
        y=y,
        shape=alt.Shape("method:N"),
        tooltip=[
            alt.Tooltip("method:N"),
            alt.Tooltip("run:N"),
            alt.Tooltip("mean:Q", format=".4f"),
            alt.Tooltip("low:Q", format=".4f", title="from"),
            alt.Tooltip("high:Q", format=".4f", title="to"),
            alt.Tooltip("change:N", title="since the run before"),
        ],
    )
    marks = base.mark_text(dy=-12, fontSize=16, fontWeight="bold").encode(y=y, text="mark:N")
    return theme.finished(alt.layer(intervals, lines, points, marks), height=320)

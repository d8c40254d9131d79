"""Many scenarios -> a map of sources and targets, coloured by gain, marked by verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.analysis.verdict import Finding
from tlbench.report import words
from tlbench.report.charts import theme
from tlbench.scenario.grammar import COLD_MARK, parse_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlbench.analysis.summary import ScenarioFindings

LEADING = "surest gain"
_PALE = 4
_OPEN = Finding.INCONCLUSIVE.value
_SIGNED = "abs(datum.gain) < 0.0005 ? '0.0%' : format(datum.gain, '+.1%')"


def atlas_rows(scenarios: Iterable[ScenarioFindings]) -> list[dict[str, Any]]:
    """One row per scenario and method, and one for the method whose gain is surest."""
    rows = []
    for found in scenarios:
        leading = words.leading_judgement(found)
        for judgement in found.judgements:
            comparison = judgement.counterpart.comparison
            gain = None if comparison is None else comparison.relative
            row = field(found.counts.scenario, judgement.method, gain, judgement.outcome)
            row["text"] = words.effect(judgement.counterpart)
            rows.append({**row, "choice": judgement.method})
            if judgement is leading:
                rows.append({**row, "choice": LEADING})
    return rows


def field(scenario: str, method: str, gain: float | None, outcome: Finding) -> dict[str, Any]:
    """A row of the map without the menu's choice; `gain` is a share of the counterpart's mean."""
    name = parse_scenario(scenario)
    return {
        "source": " + ".join(name.sources),
        "target": f"{name.target}{COLD_MARK if name.cold else ''}",
        "method": method,
        "gain": gain,
        "outcome": outcome.value,
        "mark": words.MARKS[outcome][0],
    }


def _edge(rows: list[dict[str, Any]]) -> float:
    """Gain at which colours are strongest: over nine tenths of the gains and losses that are shown."""
    silent = _OPEN, Finding.EQUIVALENT.value, Finding.NOTHING.value
    return theme.reach(
        [row["gain"] for row in rows if row["gain"] is not None and row["outcome"] not in silent], least=0.02
    )


def _shade(row: dict[str, Any], edge: float) -> float | None:
    """The gain as it is coloured: pale where the data cannot tell, or the eye would take noise for findings."""
    gain: float | None = row["gain"]
    return gain if gain is None or row["outcome"] != _OPEN else max(-edge / _PALE, min(edge / _PALE, gain))


def atlas(rows: list[dict[str, Any]], *, metric: str) -> Any:
    """A map of gains, source by target; a menu chooses the method."""
    import altair as alt

    if len({(row["source"], row["target"]) for row in rows}) < 2:
        return None
    methods = [LEADING, *dict.fromkeys(row["method"] for row in rows)]
    menu = alt.binding_select(options=methods, name="method  ")
    choice = alt.param(name="choice", value=LEADING, bind=menu)
    edge = _edge(rows)
    shaded = [{**row, "shade": _shade(row, edge)} for row in rows]
    base = (
        alt.Chart(alt.InlineData(values=shaded))
        .transform_filter("datum.choice == choice")
        .encode(
            x=alt.X("target:N", title="target", axis=alt.Axis(labelAngle=-30, orient="top")),
            y=alt.Y("source:N", title="source"),
            tooltip=[
                alt.Tooltip("source:N"),
                alt.Tooltip("target:N"),
                alt.Tooltip("method:N"),
                alt.Tooltip("text:N", title="gain over counterpart"),
                alt.Tooltip("outcome:N"),
            ],
        )
    )
    scale = alt.Scale(domain=[-edge, 0, edge], range=[theme.LOSS, theme.MIDDLE, theme.GAIN], clamp=True)
    labels = f"datum.value === 0 ? '0%' : format(datum.value, '+.{0 if edge > 0.05 else 1}%')"
    legend = alt.Legend(
        title=f"gain, {metric}; pale where inconclusive", labelExpr=labels, orient="top", titleLimit=300
    )
    colour = alt.Color("shade:Q", scale=scale, legend=legend)
    squares = base.mark_rect(stroke=theme.RULE, strokeWidth=0.5).encode(color=colour)
    marks = base.mark_text(fontSize=16, fontWeight="bold", dy=-7, color="#111").encode(text="mark:N")
    known = base.transform_filter("isValid(datum.gain)").transform_calculate(signed=_SIGNED)
    gains = known.mark_text(fontSize=11, dy=9, color="#111").encode(text="signed:N")
    height = 52 * len({row["source"] for row in rows})
    # Narrower than this the gains would run into each other; the page lets a wide chart be scrolled.
    targets = len({row["target"] for row in rows})
    sizes_on_page = {"leastWidth": 170 + 62 * targets, "mostWidth": 170 + 190 * targets}
    chart = alt.layer(squares, marks, gains).add_params(choice)
    # Slanted names of the last target stick out to the right.
    chart = chart.properties(usermeta=sizes_on_page, padding={"left": 5, "top": 5, "right": 50, "bottom": 5})
    return theme.finished(chart, height=height)

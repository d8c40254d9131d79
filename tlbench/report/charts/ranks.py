"""Mean ranks over scenarios -> critical-difference diagram (Demsar 2006)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlbench.report.charts import theme

if TYPE_CHECKING:
    from tlbench.analysis.evidence import RankEvidence


def rank_rows(ranks: RankEvidence) -> list[dict[str, Any]]:
    """One row per method, the best first."""
    order = sorted(range(len(ranks.methods)), key=lambda i: (ranks.mean_ranks[i], ranks.methods[i]))
    return [{"method": ranks.methods[i], "rank": ranks.mean_ranks[i], "best": 1.0} for i in order]


def groups(ranks: RankEvidence) -> list[tuple[float, float]]:
    """Longest stretches of mean ranks that lie within the critical difference; single methods are left out."""
    sorted_ranks = [row["rank"] for row in rank_rows(ranks)]
    found: list[tuple[float, float]] = []
    for start, low in enumerate(sorted_ranks):
        high = max(rank for rank in sorted_ranks[start:] if rank - low <= ranks.difference)
        if high > low and (not found or high > found[-1][1]):
            found.append((low, high))
    return found


def critical_differences(ranks: RankEvidence, *, metric: str) -> Any:
    """Methods by mean rank; a bar joins those that the scenarios cannot tell apart."""
    import altair as alt

    rows = rank_rows(ranks)
    bars = [
        {"method": f"not told apart {i}", "low": low, "high": high} for i, (low, high) in enumerate(groups(ranks), 1)
    ]
    title = f"mean rank by {metric} over {ranks.scenarios} scenarios, 1 is best"
    scale = alt.Scale(domain=[1, max(2, len(rows))], zero=False, nice=False)
    x = alt.X("rank:Q", title=title, scale=scale)
    y = alt.Y("method:N", sort=[row["method"] for row in (*bars, *rows)], title=None)
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    stems = base.mark_rule(color=theme.RULE).encode(x=alt.X("best:Q", scale=scale), x2="rank:Q")
    points = base.mark_point(filled=True, size=70, color=theme.GAIN, opacity=1).encode(
        x=x, tooltip=["method:N", alt.Tooltip("rank:Q", format=".2f", title="mean rank")]
    )
    joined = alt.Chart(alt.InlineData(values=bars)).mark_rule(strokeWidth=5, color=theme.LOSS)
    ends = joined.encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q", y=y)
    layers = [stems, points, *([ends] if bars else [])]
    return theme.finished(alt.layer(*layers), height=max(80, theme.ROW * (len(rows) + len(bars))))

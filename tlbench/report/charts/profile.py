"""Profiles -> charts: gain over the best baseline by what users show, with bands that hold at all levels at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tlbench.report.charts import theme
from tlbench.report.charts.gallery import Picture, spec_of
from tlbench.report.profile_text import profile_name, profile_sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.profile import MethodProfile, Profile, ProfileLevel

DRAWN = 3
_COLOURS = ("#009E73", "#3D8FC7", "#C78500")
_DASHES = ([1, 0], [6, 3], [2, 2])
_APART = 0.45
"""Distance of the level `all`, which has no place on the scale, from the last level that has one."""


def profile_pictures(profiles: Sequence[Profile]) -> list[Picture]:
    """Make one picture per profile: its first methods on one scale."""
    return [
        Picture(profile_name(profile), "Gain by target history", _summary(profile), profile.scenario, spec_of(chart))
        for profile in profiles
        if (chart := drawn_profile(profile)) is not None
    ]


def _summary(profile: Profile) -> str:
    return (
        f"{profile_sentences(profile)[0]}. Bands and bars hold for all levels and methods at once; a full point pays."
    )


def drawn_profile(profile: Profile) -> Any:
    """Draw the first methods with their bands and the zero line; None where nothing could be compared."""
    import altair as alt

    rows = [row for place, method in enumerate(profile.methods[:DRAWN]) for row in _rows(profile, method, place)]
    if not rows:
        return None
    names = list(dict.fromkeys(row["method"] for row in rows))
    colours = alt.Scale(domain=names, range=list(_COLOURS[: len(names)]))
    dashes = alt.Scale(domain=names, range=[list(dash) for dash in _DASHES[: len(names)]])
    low = max(-1.0, min(row["low"] for row in rows))
    high = 1.05 * max(row["gain"] for row in rows) + 0.1
    scale = alt.Scale(domain=[low, max(high, 0.1)], clamp=True, nice=False)
    y = alt.Y("gain:Q", title=f"gain over the best baseline, {profile.metric}", scale=scale, axis=theme.share_axis())
    colour = alt.Color("method:N", scale=colours, legend=alt.Legend(title=None, orient="top", symbolOpacity=1))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=_x(profile))
    joined = base.transform_filter("datum.joined")
    zero = alt.Chart(alt.InlineData(values=[{"zero": 0}])).mark_rule(strokeDash=[4, 4], color=theme.RULE)
    layers = [
        joined.mark_area(opacity=0.14).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour),
        zero.encode(y="zero:Q"),
        joined.mark_line(strokeWidth=2).encode(
            y=y, color=colour, strokeDash=alt.StrokeDash("method:N", scale=dashes, legend=None)
        ),
        base.transform_filter("!datum.joined")
        .mark_rule(strokeWidth=2)
        .encode(y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour),
        base.mark_point(size=60, opacity=1, strokeWidth=2).encode(
            y=y,
            color=colour,
            fill=alt.condition("datum.pays", colour, alt.value("transparent")),
            tooltip=_tooltip(),
        ),
        *_crossing(profile),
    ]
    return theme.finished(alt.layer(*layers), height=340)


def _places(profile: Profile) -> list[float]:
    """Where each level stands: the logarithm of one more than its number, `all` apart from the others."""
    numbered = [math.log1p(level.level.shown) for level in profile.levels if level.level.shown is not None]
    last = numbered[-1] if numbered else 0.0
    return [*numbered, *([last + _APART] if len(numbered) < len(profile.levels) else [])]


def _rows(profile: Profile, method: MethodProfile, number: int) -> list[dict[str, Any]]:
    places = _places(profile)
    rows = []
    for place, level, point in zip(places, profile.levels, method.points, strict=True):
        found = point.best_baseline
        if found is None or found.relative is None or not found.control_mean:
            continue
        rows.append(
            {
                "method": method.method,
                # Points of `all` stand beside each other, since no line joins them.
                "place": place if level.level.shown is not None else place + 0.06 * (number - 1),
                "joined": level.level.shown is not None,
                "level": str(level.level),
                "users": level.n_users,
                "control": found.control,
                "gain": found.relative,
                "low": found.low / found.control_mean,
                "high": found.high / found.control_mean,
                "pays": point.pays,
            }
        )
    return rows


def _x(profile: Profile) -> Any:
    import altair as alt

    places = _places(profile)
    texts = "".join(
        f"abs(datum.value - {place!r}) < 1e-6 ? ['{level.level}', '{_users(level)}'] : "
        for place, level in zip(places, profile.levels, strict=True)
    )
    return alt.X(
        "place:Q",
        title="target interactions that a user shows (users judged)",
        scale=alt.Scale(domain=[places[0] - 0.1, places[-1] + 0.2], nice=False),
        axis=alt.Axis(values=places, labelExpr=f"{texts}''", grid=False, labelFlush=False),
    )


def _users(level: ProfileLevel) -> str:
    return f"{level.n_users:,}"


def _crossing(profile: Profile) -> list[Any]:
    """Mark the interval in which the first method's gain ceases to be positive."""
    import altair as alt

    found = profile.paying[0].crossover if profile.paying else None
    if found is None or not math.isfinite(found.end.at):
        return []
    last = _places(profile)[-1]
    ends = [math.log1p(at) if math.isfinite(at) else last for at in (found.end.low, found.end.high)]
    text = f"{profile.paying[0].method} pays below {math.floor(found.end.at) + 1}"
    row = {"from": ends[0], "to": ends[1], "at": math.log1p(found.end.at), "text": text}
    base = alt.Chart(alt.InlineData(values=[row]))
    return [
        base.mark_rect(color=theme.RULE, opacity=0.15).encode(x="from:Q", x2="to:Q"),
        base.mark_rule(color=theme.RULE, strokeWidth=2, strokeDash=[2, 3]).encode(x="at:Q"),
        base.mark_text(align="left", dx=6, fontWeight="bold", fontSize=12, color=theme.RULE).encode(
            x="at:Q", y=alt.value(10), text="text:N"
        ),
    ]


def _tooltip() -> list[Any]:
    import altair as alt

    return [
        alt.Tooltip("method:N"),
        alt.Tooltip("level:N", title="shown"),
        alt.Tooltip("users:Q", format=",d"),
        alt.Tooltip("control:N", title="best baseline"),
        alt.Tooltip("gain:Q", format="+.1%"),
        alt.Tooltip("low:Q", format="+.1%", title="from"),
        alt.Tooltip("high:Q", format="+.1%", title="to"),
        alt.Tooltip("pays:N"),
    ]

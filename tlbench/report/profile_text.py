"""Profiles -> sentences, a table for 80 columns, Markdown, CSV and JSON."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tlbench.report import words
from tlbench.report.bars import sparkline
from tlbench.report.markdown import table
from tlbench.report.rows import as_csv
from tlbench.scenario.grammar import parse_scenario

if TYPE_CHECKING:
    from tlbench.analysis.profile import MethodProfile, Profile, ProfileLevel, ProfilePoint
    from tlbench.split.protocols.profile import Level
    from tlbench.stats.comparison import Comparison
    from tlbench.stats.crossover import Crossover, End

SCHEMA = 1
WIDTH = 80
SHOWN = 12
"""Methods that a terminal shows unless all are asked for."""
QUESTIONS = ("best_baseline", "counterpart", "placebo")
LEVEL_HEADINGS = ("shown", "users", "best baseline", "its mean", "visible")
HEADINGS = ("shown", "over best baseline", "over counterpart", "over placebo", "pays")
LEGEND = (
    "Gain over the best baseline. + pays: it is shown to beat its counterpart, the best baseline and its placebo; "
    "h the source helps it, but it is not shown to beat the best baseline; - it is shown to be worse than that."
)
_COLUMN = 6


# --- sentences ---------------------------------------------------------------------------------------------------


def profile_sentences(profile: Profile) -> list[str]:
    """Say for whom transfer pays, one sentence per method without full stops; one where none does."""
    said = [paying_sentence(profile, method) for method in profile.paying]
    if not said:
        said.append(f"No method is shown to pay at any level; {_visible(profile)}")
    only_helped = [method for method in profile.methods if method.helped and not method.paying]
    if only_helped:
        names = ", ".join(f"{method.method} ({_levels(method.helped)})" for method in only_helped)
        them = "they are" if only_helped[1:] else "it is"
        said.append(f"The source helps {names}, but {them} not shown to beat the best baseline there")
    return said


def paying_sentence(profile: Profile, method: MethodProfile) -> str:
    """Say up to which history a method pays, and what to use beyond: "emcdr pays for users with fewer than 7 ..."."""
    shown = f"shown at {_levels(method.paying)}"
    found = method.crossover
    if found is None or not found.positive:
        return f"{method.method} pays ({shown})"
    if math.isinf(found.start.at) and math.isinf(found.end.at):
        numbered = [level.level for level in profile.levels if level.level.shown is not None]
        return f"{method.method} pays for users with {numbered[0]} to {numbered[-1]} target interactions ({shown})"
    steady = "" if found.monotone else "; the gain does not fall steadily"
    return f"{method.method} pays for users with {_range(profile, found)} ({shown}{steady}){_beyond(profile, found)}"


def _range(profile: Profile, found: Crossover) -> str:
    start, end = (_count(profile, one) for one in (found.start, found.end))
    if math.isinf(found.start.at):
        return f"fewer than {end} target interactions"
    if math.isinf(found.end.at):
        return f"at least {start} target interactions"
    return f"at least {start} and fewer than {end} target interactions"


def _count(profile: Profile, end: End) -> str:
    """An end as a whole number of interactions with its interval, ``7 [5, 11]``."""
    last = max(level.level.shown for level in profile.levels if level.level.shown is not None)

    def whole(size: float) -> str:
        if math.isinf(size):
            return f"more than {last}" if size > 0 else "0"
        return str(math.floor(size) + 1)

    return f"{whole(end.at)} [{whole(end.low)}, {whole(end.high)}]"


def _beyond(profile: Profile, found: Crossover) -> str:
    """Name the baseline to use with longer histories."""
    if math.isinf(found.end.at):
        return ""
    after = [level for level in profile.levels if level.level.shown is None or level.level.shown >= found.end.at]
    names = list(dict.fromkeys(level.best_baseline for level in after if level.best_baseline))
    return f"; beyond that use {' or '.join(names)}" if names else ""


def _levels(levels: Sequence[Level]) -> str:
    return ", ".join(map(str, levels))


def _visible(profile: Profile) -> str:
    sizes = [(level.visible, level.level) for level in profile.levels if level.visible is not None]
    if not sizes:
        return "nothing could be compared"
    (least, at_least), (most, at_most) = min(sizes, key=_size), max(sizes, key=_size)
    return (
        f"a gain over the best baseline of {100 * least:.3g} % (shown {at_least}) to {100 * most:.3g} % "
        f"(shown {at_most}) would have been found with a chance of 80 %"
    )


def _size(pair: tuple[float, Level]) -> float:
    return pair[0]


# --- the terminal ------------------------------------------------------------------------------------------------


def profiles_as_text(profiles: Sequence[Profile], *, every: bool = False) -> str:
    """Return the profiles for a terminal, at most 80 columns; `every` method, or the first `SHOWN`."""
    return "\n".join(line for profile in profiles for line in (*_lines(profile, every=every), ""))


def _lines(profile: Profile, *, every: bool) -> Iterator[str]:
    yield profile_title(profile)
    yield from _wrapped(setting_line(profile))
    yield ""
    yield from _level_lines(profile)
    yield ""
    methods = profile.methods if every else profile.methods[:SHOWN]
    yield from _method_lines(profile, methods)
    if len(methods) < len(profile.methods):
        yield f"and {len(profile.methods) - len(methods)} more that do not pay; `--all` shows them"
    yield from _wrapped(LEGEND)
    for method in profile.paying[:1]:
        yield ""
        yield from _detail_lines(method)
    for name, reason in (*profile.failed.items(), *[(label, "has not run yet") for label in profile.missing]):
        yield from _wrapped(f"{name}: {reason}")
    if profile.not_applicable:
        yield from _wrapped(f"not applicable: {', '.join(profile.not_applicable)}")
    yield ""
    for sentence in profile_sentences(profile):
        yield from _wrapped(f"{sentence}.")


def profile_title(profile: Profile) -> str:
    """Name the profile: ``movies->books, ndcg@10: gain by target history``."""
    return f"{profile.scenario}, {profile.metric}: gain by target history"


def setting_line(profile: Profile) -> str:
    """Say who is judged, on what, and at which level."""
    placebo = "" if profile.placebo else "; no placebo was run"
    return (
        f"{profile.n_users:,} users, each judged on the same held-out interactions at every level; "
        f"{100 * (1 - profile.alpha):g} % intervals hold for all levels and methods at once{placebo}"
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False, subsequent_indent="  ")


def _level_lines(profile: Profile) -> Iterator[str]:
    yield f"{'shown':>5} {'users':>7}  {'best baseline':<20} {profile.metric:>9}  visible"
    for level in profile.levels:
        shown, users, best, value, visible = level_row(level)
        yield f"{shown:>5} {users:>7}  {best:<20.20} {value:>9}  {visible:>7}"


def level_row(level: ProfileLevel) -> tuple[str, str, str, str, str]:
    """One row of `LEVEL_HEADINGS`."""
    value = "" if level.value is None else f"{level.value:.4f}"
    visible = "" if level.visible is None else f"{100 * level.visible:.0f} %"
    return str(level.level), f"{level.n_users:,}", level.best_baseline or "none", value, visible


def _method_lines(profile: Profile, methods: Sequence[MethodProfile]) -> Iterator[str]:
    levels = [str(level.level) for level in profile.levels]
    room = WIDTH - (_COLUMN + len(levels)) - _COLUMN * len(levels) + 4
    width = max(12, min(room, max((len(method.method) for method in methods), default=12)))
    yield f"{'interactions shown':<{width + len(levels) + 1}}{''.join(f'{level:>{_COLUMN}}' for level in levels)}"
    for method in methods:
        cells = "".join(f"{mark_of(point):>{_COLUMN}}" for point in method.points)
        yield f"{method.method:<{width}.{width}} {spark_of(method):<{len(levels)}}{cells}"


def spark_of(method: MethodProfile) -> str:
    """Draw the gain over the best baseline, a bar per level; a dot where there is none."""
    gains = [_relative(point.best_baseline) for point in method.points]
    known = [gain for gain in gains if gain is not None]
    bars = iter(sparkline(known) if known else "")
    return "".join("·" if gain is None else next(bars) for gain in gains)


def mark_of(point: ProfilePoint) -> str:
    """The gain over the best baseline in per cent, with the sign of `LEGEND` behind it."""
    gain = _relative(point.best_baseline)
    if gain is None or point.best_baseline is None:
        return "·"
    sign = "+" if point.pays else "-" if point.best_baseline.high < 0 else "h" if point.helps else " "
    return f"{100 * gain:+.0f}{sign}"


def _relative(comparison: Comparison | None) -> float | None:
    return None if comparison is None else comparison.relative


def _detail_lines(method: MethodProfile) -> Iterator[str]:
    yield f"{method.method}, with intervals; counterpart {method.counterpart}"
    yield f"{'shown':>5}  {'over best baseline':>20}  {'over counterpart':>20}  {'over placebo':>20}"
    for point in method.points:
        row = [words.effect(getattr(point, question)) or "" for question in QUESTIONS]
        yield f"{point.level!s:>5}  " + "  ".join(f"{cell:>20}" for cell in row) + ("  +" if point.pays else "")


# --- other forms -------------------------------------------------------------------------------------------------


def method_rows(method: MethodProfile) -> list[tuple[str, ...]]:
    """One row per level, under `HEADINGS`."""
    return [
        (
            str(point.level),
            *(words.effect(getattr(point, question)) or "" for question in QUESTIONS),
            "yes" if point.pays else "",
        )
        for point in method.points
    ]


def profiles_as_markdown(profiles: Sequence[Profile]) -> str:
    """Return the profiles as Markdown, which shows the drawings that lie beside it."""
    sections = ["# Gain by target history"]
    for profile in profiles:
        sections += [f"## {profile.scenario}", *(f"**{text}.**" for text in profile_sentences(profile))]
        sections += [f"![gain]({profile_name(profile)}.svg)", f"{setting_line(profile)}."]
        sections.append(table(LEVEL_HEADINGS, [level_row(level) for level in profile.levels], left=(0,)))
        rows = [(method.method, *map(mark_of, method.points)) for method in profile.methods]
        sections += [table(("method", *(str(level.level) for level in profile.levels)), rows, left=(0,)), LEGEND]
        for method in profile.paying:
            sections += [f"### {method.method}", table(HEADINGS, method_rows(method), left=(0,))]
    return "\n\n".join(sections) + "\n"


def profiles_as_json(profiles: Sequence[Profile]) -> str:
    """Return levels, gains and crossovers as JSON, unrounded."""
    return json.dumps({"schema": SCHEMA, "profiles": [as_table(profile) for profile in profiles]}, indent=2) + "\n"


def as_table(profile: Profile) -> dict[str, Any]:
    """Return a profile as JSON holds it."""
    return {
        "scenario": profile.scenario,
        "metric": profile.metric,
        "alpha": profile.alpha,
        "users": profile.n_users,
        "says": profile_sentences(profile),
        "levels": [
            {
                "level": str(level.level),
                "shown": level.shown,
                "users": level.n_users,
                "best_baseline": level.best_baseline,
                "value": level.value,
                "visible": level.visible,
            }
            for level in profile.levels
        ],
        "methods": [_method_table(method) for method in profile.methods],
        "not_applicable": dict(profile.not_applicable),
        "failed": dict(profile.failed),
        "missing": list(profile.missing),
    }


def _method_table(method: MethodProfile) -> dict[str, Any]:
    found = method.crossover
    ends = (
        None
        if found is None
        else {
            "monotone": found.monotone,
            **{name: [_finite(at) for at in (end.at, end.low, end.high)] for name, end in _ends(found)},
        }
    )
    return {
        "method": method.method,
        "counterpart": method.counterpart,
        "pays": [str(level) for level in method.paying],
        "helped": [str(level) for level in method.helped],
        "crossover": ends,
        "points": [
            {"level": str(point.level), "pays": point.pays, **{name: _gain(getattr(point, name)) for name in QUESTIONS}}
            for point in method.points
        ],
    }


def _ends(found: Crossover) -> tuple[tuple[str, End], tuple[str, End]]:
    return ("start", found.start), ("end", found.end)


def _finite(size: float) -> float | None:
    """JSON has no infinity: an end beyond the outermost level is null."""
    return size if math.isfinite(size) else None


_GAIN = (
    *("control", "candidate_mean", "control_mean", "difference", "low", "high"),
    *("relative", "relative_low", "relative_high", "pvalue", "adjusted", "n_users"),
)


def _gain(comparison: Comparison | None) -> dict[str, Any] | None:
    return None if comparison is None else {name: getattr(comparison, name) for name in _GAIN}


def profiles_as_csv(profiles: Sequence[Profile]) -> str:
    """Return one row per method, level and question, unrounded."""
    rows: list[tuple[object, ...]] = [("scenario", "metric", "method", "level", "question", *_GAIN, "pays")]
    for profile in profiles:
        for method in profile.methods:
            for point in method.points:
                for question in QUESTIONS:
                    gain = _gain(getattr(point, question))
                    if gain is not None:
                        place = (profile.scenario, profile.metric, method.method, str(point.level), question)
                        rows.append((*place, *gain.values(), int(point.pays)))
    return as_csv(rows)


def profile_name(profile: Profile) -> str:
    """Return the name of a profile's drawing, without ending."""
    return f"profile-{parse_scenario(profile.scenario).slug}"

"""Gap -> its figures in words, a line each, and what follows from them in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlbench.report.words import p_value

if TYPE_CHECKING:
    from tlbench.scenario.gap import Gap, SourceGap, Taste, TextGap, Tie

CLOSING = (
    "These figures train nothing: they say where transfer can start, not that it helps. "
    "`tlbench run` with `--placebo` tells."
)
CLEAR, MOST = 0.05, 0.5
_HOW = {"id": "by id", "title": "by title", "table": "by a table"}


@dataclass(frozen=True)
class Figure:
    """One line about a source: its name, a share of 0 to 1 for a bar (None for no bar), and the words."""

    name: str
    share: float | None
    text: str


def figures(source: SourceGap, gap: Gap) -> list[Figure]:
    """Return every figure of a source; those that are missing have the reason."""
    known = {
        "popularity": source.popularity and _tie(source.popularity),
        "taste": source.taste and _taste(source.taste),
        "text": source.text and _text(source.text),
        "rating_distance": _ratings(source.rating_distance),
        "after_cut": _after(source.after_cut, gap.cut),
    }
    names = {
        "popularity": "popular alike",
        "taste": "taste alike",
        "text": "other words",
        "rating_distance": "other ratings",
        "after_cut": "after the cut",
    }
    found = [
        figure or Figure(names[key], None, f"not known: {source.missing.get(key, 'no reason is recorded')}")
        for key, figure in known.items()
    ]
    return [*_overlaps(source, gap.domains[-1].name), *found]


def sentences(gap: Gap) -> list[str]:
    """Say what the figures mean for transfer, and what they cannot tell."""
    return [*(sentence for source in gap.sources for sentence in _about(source)), CLOSING]


def _overlaps(source: SourceGap, target: str) -> Iterator[Figure]:
    users, items = source.shared_users, source.linked_items
    of_users = (
        f"{per_cent(source.shared_of_source)} of {source.source}, {per_cent(source.shared_of_target)} of {target}"
    )
    of_items = (
        f"{per_cent(source.linked_of_source)} of {source.source}, {per_cent(source.linked_of_target)} of {target}"
    )
    how = _HOW.get(source.linked_by or "", "")
    yield Figure("shared users", source.shared_of_target, f"{users:,} ({of_users})" if users else "none")
    yield Figure("linked items", source.linked_of_target, f"{items:,} {how} ({of_items})" if items else "none")


def _tie(tie: Tie) -> Figure:
    text = f"rank correlation {tie.correlation:.2f} over {tie.items:,} linked items, p {_p(tie.pvalue)}"
    return Figure("popular alike", max(0.0, tie.correlation), text)


def _taste(taste: Taste) -> Figure:
    found = " ".join(f"{value:.2f}" for value in taste.correlations)
    chance = " ".join(f"{value:.2f}" for value in taste.by_chance)
    text = f"canonical correlations {found} of {taste.users:,} users, by chance up to {chance}, p {_p(taste.pvalue)}"
    return Figure("taste alike", taste.correlations[0], text)


def _text(text: TextGap) -> Figure:
    told = f"a classifier is right on {per_cent(text.accuracy)} of {text.texts:,} texts of each"
    return Figure("other words", text.distance / 2, f"proxy A-distance {text.distance:.2f} of 2: {told}")


def _ratings(distance: float | None) -> Figure | None:
    if distance is None:
        return None
    return Figure("other ratings", distance, f"Jensen-Shannon distance {distance:.2f} of 1")


def _after(share: float | None, cut: int | None) -> Figure | None:
    if share is None or cut is None:
        return None
    return Figure("after the cut", share, f"{per_cent(share)} of the source is later than {day(cut)} and not seen")


def _about(source: SourceGap) -> Iterator[str]:
    bridges = list(_bridges(source))
    yield from bridges
    if not bridges:
        left = "words and rating patterns" if source.text else "rating patterns"
        yield (
            f"{source.source} shares too few users and items with the target to tell anything of them. What is left is "
            f"{left}, and gains from patterns alone did not stand when they were checked (Cremonesi and Quadrana 2014)."
        )
    if source.after_cut is not None and source.after_cut > MOST:
        yield f"Most of {source.source} is later than the cut and is not seen."


def _bridges(source: SourceGap) -> Iterator[str]:
    """Speak of shared users and of linked items, where there are enough."""
    if source.taste is not None:
        yield _of_users(source.source, source.taste)
    if source.popularity is not None:
        clear = source.popularity.pvalue <= CLEAR and source.popularity.correlation > 0
        agree = "goes with" if clear else "says nothing clear of"
        yield (
            f"{source.linked_items:,} items of {source.source} are linked, {per_cent(source.linked_of_target)} of the "
            f"target's, and their popularity there {agree} that in the target."
        )


def _of_users(name: str, taste: Taste) -> str:
    strength = f"mean squared canonical correlation {taste.strength:.3f}, by chance {taste.strength_by_chance:.3f}"
    if taste.pvalue <= CLEAR:
        return (
            f"Users that {name} shares with the target resemble each other in both more than by chance ({strength}): "
            "methods that bridge users have something to carry."
        )
    return (
        f"Users that {name} shares with the target resemble each other in both no more than by chance ({strength}): "
        "expect little of methods that bridge users."
    )


def day(moment: int) -> str:
    """Write a moment (seconds UTC) as a date."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def per_cent(share: float) -> str:
    """Write a share in per cent, small ones with one digit."""
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else f"{100 * share:.1g} %"


def _p(value: float) -> str:
    text = p_value(value)
    return text if text.startswith("<") else f"= {text}"

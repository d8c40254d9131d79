"""Explanation -> plain text: every number on the way from users' values to the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tlbench.analysis.wording import p_text
from tlbench.report.words import DRAWS_NOTE, draw_text, other_parts_text, step_lines
from tlbench.stats.corrections import TITLES
from tlbench.stats.crossed import t_quantile
from tlbench.stats.equivalence import tost
from tlbench.stats.segments import UNKNOWN
from tlbench.values import Margin

if TYPE_CHECKING:
    from tlbench.analysis.explanation import Explanation
    from tlbench.stats.attribution import Attribution
    from tlbench.stats.comparison import Comparison
    from tlbench.stats.effects import Effect
    from tlbench.stats.meta import Pooled
    from tlbench.stats.panel import Panel
    from tlbench.stats.segments import Segment, Segmentation
    from tlbench.stats.trend import Trend

WIDTH = 80


def as_text(inquiry: Explanation) -> str:
    """Return the explanation, at most 80 columns wide."""
    comparison = inquiry.comparison
    sections = [
        (f"{comparison.candidate} against {comparison.control}, {comparison.metric}, {inquiry.scenario}", _verdict),
        ("Users' values", _values),
        ("Is the difference more than chance?", _test),
        ("Is it large enough to matter?", _margin),
        ("How large is it?", _sizes),
        ("What other tests say (none of them decides)", _panel),
        ("Is the gain the source's?", _source),
        ("For whom?", _whom),
    ]
    blocks = [_block(title, list(lines(inquiry))) for title, lines in sections]
    if inquiry.pooled is not None:
        blocks.append(_block("Over all scenarios", list(_pooled(inquiry.pooled))))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _block(title: str, lines: list[str]) -> str:
    if not lines:
        return ""
    wrapped = [
        textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
        for line in lines
    ]
    return "\n".join([textwrap.fill(title, WIDTH), *wrapped])


def _verdict(inquiry: Explanation) -> Iterator[str]:
    yield f"{inquiry.verdict.outcome}: {inquiry.verdict.reason}"
    yield f"All three questions: {inquiry.judgement.sentence}."


def _values(inquiry: Explanation) -> Iterator[str]:
    comparison, paired = inquiry.comparison, inquiry.paired
    yield f"{comparison.n_users:,} users, {_count(comparison.n_seeds, 'seed')}; a value is a user's {comparison.metric}"
    for side, missing in (("candidate", comparison.missing_candidate), ("control", comparison.missing_control)):
        if missing:
            yield f"{missing:,} users are missing from the {side} and count as 0 there"
    for side, table, mean in (
        ("candidate", paired.candidate, comparison.candidate_mean),
        ("control", paired.control, comparison.control_mean),
    ):
        by_seed = f" (by seed {', '.join(f'{x:.5f}' for x in table.mean(axis=0))})" if comparison.n_seeds > 1 else ""
        yield f"mean of the {side} {mean:.5f}{by_seed}"
    yield f"mean difference, candidate - control: {comparison.difference:+.5f}"


def _test(inquiry: Explanation) -> Iterator[str]:
    comparison, mean = inquiry.comparison, inquiry.comparison.mean
    if mean.variance == 0:
        yield f"test: {comparison.test}; p = {comparison.pvalue:.4g}"
        return
    size = mean.n_users * mean.n_seeds
    if mean.n_seeds > 1:
        yield (
            f"mean squares: users {mean.ms_user:.6g}, seeds {mean.ms_seed:.6g}, rest {mean.ms_rest:.6g};"
            f" variance = (users + seeds - rest) / {size:,}, each part at least 0, = {mean.variance:.6g}"
        )
        parts = mean.components
        yield f"variance components: users {parts.user:.4g}, seeds {parts.seed:.4g}, rest {parts.rest:.4g}"
    else:
        yield f"variance of users' differences {mean.ms_user:.6g} / {size:,} users = {mean.variance:.6g}"
    error = mean.standard_error
    yield f"standard error = square root of the variance = {error:.6g}"
    yield (
        f"{comparison.test}: t = {comparison.difference:.6g} / {error:.6g} = {comparison.difference / error:.3f}"
        f" with {mean.df:.1f} degrees of freedom, two-sided p = {comparison.pvalue:.4g}"
    )
    own = 1 - inquiry.verdict.alpha
    yield f"{100 * own:g} % interval of this comparison alone: {_interval(comparison, own)}"
    if comparison.family > 1:
        yield (
            f"corrected for {comparison.family} comparisons that answer this question"
            f" ({TITLES[comparison.correction]}): p = {comparison.adjusted:.4g}"
        )
        yield (
            f"{100 * own:g} % interval {_together(comparison)}: {_interval(comparison, comparison.level)};"
            " it excludes 0 exactly where the corrected p-value is below the level"
        )
    yield from _elsewhere(inquiry)


def _elsewhere(inquiry: Explanation) -> Iterator[str]:
    """What the folds say of other training parts, beside the intervals for other users."""
    if inquiry.other_parts is not None:
        yield (
            "the intervals above are for other users and these training parts; for other training parts of this size"
            f" the gain is {other_parts_text(inquiry.other_parts)} (Nadeau and Bengio 2003)"
        )


def _together(comparison: Comparison) -> str:
    if comparison.correction in ("max-t", "bonferroni"):
        return f"that holds for all {comparison.family} at once, {100 * comparison.level:.3f} % each"
    return f"at the level at which this one is decided, {100 * comparison.level:.3f} %"


def _interval(comparison: Comparison, level: float) -> str:
    low, high = comparison.mean.interval(level)
    quantile = t_quantile((1 + level) / 2, comparison.mean.df)
    error = comparison.standard_error
    return f"{comparison.difference:+.5f} ± {quantile:.3f} x {error:.6g} = [{low:.5f}, {high:.5f}]"


def _margin(inquiry: Explanation) -> Iterator[str]:
    comparison, verdict = inquiry.comparison, inquiry.verdict
    margin = Margin(verdict.margin)
    size = margin.of(comparison.base_mean)
    found = tost(comparison.mean, size)
    whose = "control" if comparison.base_mean == comparison.control_mean else "counterpart"
    yield f"margin: {margin} of the {whose}'s mean {comparison.base_mean:.5f} = {size:.6g}"
    yield (
        f"TOST: above -margin p = {found.above:.4g}, below +margin p = {found.below:.4g}; the larger counts"
        + ("" if verdict.equivalence is None else f", corrected {verdict.equivalence:.4g}")
    )
    yield f"smallest true difference that this experiment finds four times in five: {comparison.mde:.6g}"
    if verdict.users_needed is not None:
        yield f"users that would settle it: {verdict.users_needed:,}"
    yield from step_lines(inquiry.next_steps)
    yield (
        f"rule: equivalent if TOST's p < {verdict.alpha:g}, else helps or hurts if the test's p < {verdict.alpha:g},"
        f" else inconclusive; so: {verdict.outcome}"
    )


def _sizes(inquiry: Explanation) -> Iterator[str]:
    for effect in inquiry.effects:
        yield _effect(effect)
    yield f"{_effect(inquiry.harmed)} of users lose more than the margin"


def _effect(effect: Effect) -> str:
    if effect.value is None:
        return f"{effect.name}: not defined here"
    if effect.low is None or effect.high is None:
        return f"{effect.name}: {effect.value:.4f}, without an interval"
    return f"{effect.name}: {effect.value:.4f} [{effect.low:.4f}, {effect.high:.4f}]"


def _panel(inquiry: Explanation) -> Iterator[str]:
    panel: Panel = inquiry.panel
    flips = panel.randomisation
    margin = Margin(inquiry.verdict.margin)
    yield "Is the mean difference zero? (the question of the verdict)"
    yield f"sign flips ({'all' if flips.exact else 'random'}, {flips.draws:,}): {p_text(flips.pvalue)}"
    for one in panel.bootstraps:
        yield f"{one.kind} bootstrap: [{one.low:.5f}, {one.high:.5f}], {p_text(one.pvalue)}"
    yield "Do as many users gain as lose, or is the typical difference zero? (says nothing of how much they gain)"
    for test in panel.ranks:
        warning = f" ({test.warning})" if test.warning else ""
        yield f"{test.name}: {p_text(test.pvalue)}, {test.better:,} users better, {test.worse:,} worse{warning}"
    for question, name, chances in (
        (
            f"Is a typical pair of users' differences inside ±{margin}? (not their mean)",
            "Bayesian signed-rank",
            panel.bayes_ranks,
        ),
        (f"Is the mean difference inside ±{margin}? (without a correction)", "posterior of the mean", panel.bayes_mean),
    ):
        yield question
        yield f"{name}: worse {chances.worse:.3f}, inside {chances.same:.3f}, better {chances.better:.3f}"
    if panel.disagree:
        yield f"on the other side of alpha: {', '.join(panel.disagree)}"


def _source(inquiry: Explanation) -> Iterator[str]:
    found: Attribution | None = inquiry.attribution
    if found is None:
        yield "not known: no placebo was run"
        return
    yield (
        f"gain over {found.gain.control} {found.gain.difference:+.5f} [{found.gain.low:.5f}, {found.gain.high:.5f}]"
        f" = survives the placebo {found.survives.difference:+.5f} [{found.survives.low:.5f},"
        f" {found.survives.high:.5f}] + also shown by the placebo {found.also_placebo.difference:+.5f}"
        f" [{found.also_placebo.low:.5f}, {found.also_placebo.high:.5f}]"
    )
    if found.share.value is not None and found.share.low is not None and found.share.high is not None:
        yield (
            f"share of the gain that needs the source: {100 * found.share.value:.0f} %"
            f" [{100 * found.share.low:.0f}, {100 * found.share.high:.0f}]"
        )
    if inquiry.draws is not None:
        yield f"among its shuffles: {draw_text(inquiry.draws)}; {DRAWS_NOTE}"


def _whom(inquiry: Explanation) -> Iterator[str]:
    for found in inquiry.segments:
        yield from _segments(found)
    if inquiry.trend is not None:
        yield from _trend(inquiry.trend)


def _segments(found: Segmentation) -> Iterator[str]:
    yield f"{found.sentence}{'' if found.adjusted is None else f' (interaction {p_text(found.adjusted)})'}"
    for one in found.segments:
        yield f"  {found.column if one.label != UNKNOWN else 'segment'} {one.label}: {_segment(one)}"


def _segment(one: Segment) -> str:
    return (
        f"{one.n_users:,} users, {one.difference:+.5f} [{one.low:.5f}, {one.high:.5f}], {p_text(one.adjusted)},"
        f" {100 * (one.harmed.value or 0):.0f} % harmed"
    )


def _trend(found: Trend) -> Iterator[str]:
    for slope in found.slopes:
        yield (
            f"each doubling of {slope.column}: {slope.slope:+.5f} [{slope.low:.5f}, {slope.high:.5f}],"
            f" {p_text(slope.adjusted)}"
        )


def _pooled(pooled: Pooled) -> Iterator[str]:
    for effect, weight in zip(pooled.effects, pooled.weights, strict=True):
        yield (
            f"{effect.scenario}: {100 * effect.effect:+.1f} % (standard error {100 * effect.standard_error:.1f}),"
            f" weight {100 * weight:.0f} %"
        )
    yield (
        f"average {100 * pooled.mean:+.1f} % [{100 * pooled.low:.1f}, {100 * pooled.high:.1f}],"
        f" {p_text(pooled.pvalue)}; heterogeneity I2 = {100 * pooled.i2:.0f} %, {p_text(pooled.q_pvalue)}"
    )
    if pooled.predicted_low is not None and pooled.predicted_high is not None:
        yield (
            f"a further scenario's true effect: [{100 * pooled.predicted_low:.1f}, {100 * pooled.predicted_high:.1f}] %"
        )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"

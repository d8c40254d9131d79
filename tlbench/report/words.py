"""Findings in words and numbers, as every format of the report prints them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tlbench.analysis.verdict import Advice, Finding, Verdict
from tlbench.analysis.wording import per_cent
from tlbench.registry import metric_entry
from tlbench.report.setting_words import headlines
from tlbench.values import COLD, FEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.next_run import NextStep
    from tlbench.analysis.summary import Findings, MethodSummary, ScenarioFindings
    from tlbench.analysis.verdict import Judgement
    from tlbench.metrics.aggregate import Interval
    from tlbench.stats.comparison import Comparison
    from tlbench.stats.gain_shares import GainShare
    from tlbench.stats.other_parts import OtherParts
    from tlbench.stats.placebo_draws import PlaceboDraws
    from tlbench.suite import Suite

MARKS: dict[Finding, str] = {
    Finding.HELPS: "+ helps",
    Finding.HURTS: "- hurts",
    Finding.EQUIVALENT: "= equivalent",
    Finding.INCONCLUSIVE: "? inconclusive",
    Finding.NOT_THE_SOURCE: "~ not source's",
    Finding.UNATTRIBUTED: "~ unattributed",
    Finding.LEAKS: "! source leaks",
    Finding.NOT_COMPARABLE: "x not comparable",
    Finding.NOTHING: "0 nothing there",
}
BEHIND = "(+) behind best"
LEGEND = (
    "+ helps: better than its counterpart and than its placebo; (+) the same, but worse than the best baseline; "
    "~ better than its counterpart, but not shown to be because of the source"
)


_NAMED = 4
_TENTH = 0.1
_WIDE = 0.08  # an interval wider than eight per cent has no use for tenths of them


def effect(found: Verdict | Comparison | None) -> str:
    """Difference in per cent of the control with its interval, ``+4.1% [2.9, 5.3]``; a dash where there is none."""
    comparison = found.comparison if isinstance(found, Verdict) else found
    if comparison is None:
        return "-"
    share, low, high = comparison.relative, comparison.relative_low, comparison.relative_high
    if share is None:
        return f"{comparison.difference:+.4f}"
    if low is None or high is None:
        return f"{per_cent(share, 0, signed=True)}%"
    digits = 0 if high - low > _WIDE or abs(share) >= 1 else 1
    return f"{per_cent(share, digits, signed=True)}% [{per_cent(low, digits)}, {per_cent(high, digits)}]"


def gain_from(shares: Sequence[GainShare], *, gained: bool) -> str:
    """Which shares of a gain or loss fall to whom, ``41 % [33, 50] of the gain comes from tail items``."""
    parts: list[str] = []
    for share in shares:
        numbers = f"{per_cent(share.value, 0)} % [{per_cent(share.low, 0)}, {per_cent(share.high, 0)}]"
        of = "" if parts else f" of the {'gain' if gained else 'loss'} comes"
        who = share.part if share.users is None else f"{share.part} ({per_cent(share.users, 0)} % of the judged)"
        parts.append(f"{numbers}{of} from {who}")
    return ", ".join(parts)


def gain_lines(found: ScenarioFindings) -> list[str]:
    """Where every gain over a counterpart that can be told from 0 comes from."""
    lines = []
    for judgement in found.judgements:
        comparison, shares = judgement.counterpart.comparison, found.gain_shares.get(judgement.method)
        if comparison is not None and shares:
            lines.append(f"{judgement.method}: {gain_from(shares, gained=comparison.difference > 0)}")
    return lines


def p_value(value: float) -> str:
    """A p-value as a table prints it: ``< .001``, ``.012``."""
    return "< .001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def interval(found: Interval | None) -> str:
    """A value of a whole run with its interval; a dash where the method has none."""
    return "-" if found is None else f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"


def overall_tables(found: ScenarioFindings, metric: str) -> dict[str, list[tuple[str, str, str]]]:
    """By metric of the whole run: method, value with interval, difference over the counterpart; transfer first."""
    shown = ordered(found, metric)
    names = list(dict.fromkeys(name for summary in shown for name in summary.aggregates))
    return {
        name: [
            (summary.method, interval(summary.aggregates.get(name)), _over_counterpart(found, summary.method, name))
            for summary in shown
        ]
        for name in names
    }


def _over_counterpart(found: ScenarioFindings, method: str, metric: str) -> str:
    compared = {one.metric: one for one in found.aggregates.get(method, ())}
    return effect(compared[metric]) if metric in compared else ""


OVERALL_NOTE = "95 % jackknife intervals over users, not corrected for their number; + is better"


def overall_heading(metric: str) -> str:
    """A metric with the direction in which it is better, where that is down."""
    lower = metric_entry(metric).better == "lower"
    return f"{metric} (less is better)" if lower else metric


def sight_line(found: ScenarioFindings) -> list[str]:
    """What the run could have seen with a chance of 80 %; nothing where nothing was compared."""
    sight = found.sight
    if sight is None:
        return []
    effects = f"differences from {_share(sight.typical)} of the counterpart"
    if sight.methods > 1:
        effects += f" (median; {_share(sight.smallest)} to {_share(sight.largest)} by method)"
    return [f"this run could see, 4 times in 5: {effects}; equality within {_share(sight.equality)}"]


def short_history_lines(found: ScenarioFindings, suite: Suite) -> list[str]:
    """How many judged users have a short target history, and which methods gain or lose among them.

    Nothing where all judged users are such: what is said of everybody is said of them.
    """
    short = found.short_history
    if short is None or short.users == short.judged:
        return []
    told = {method: gain for method, gain in short.gains.items() if gain.adjusted < suite.alpha}
    target = found.counts.target.name
    who = f"{short.users:,} of {short.judged:,} judged users have fewer than {FEW} {target} interactions"
    gains = ", ".join(f"{method} {effect(gain)}" for method, gain in sorted(told.items(), key=_by_gain))
    rest = gains or "no gain over a counterpart can be told from 0"
    if len(short.gains) > 1:
        rest += f", of {len(short.gains)} methods at once"
    return [f"{who}; among them: {rest}"]


def _by_gain(one: tuple[str, Comparison]) -> float:
    return -(one[1].relative or 0.0)


def next_step_lines(found: ScenarioFindings) -> list[str]:
    """What would settle the leading method where it is inconclusive, the cheapest first."""
    leading = leading_judgement(found)
    return [] if leading is None else step_lines(found.next_steps.get(leading.method, ()))


def headline_lines(findings: Findings) -> list[str]:
    """In how many scenarios transfer helps, and which error rates hold where; nothing with one scenario."""
    found = findings.headlines
    if found is None:
        return []
    named = f": {', '.join(found.helped)}" if found.helped else ""
    lines = [
        f"transfer helps in {len(found.helped)} of {len(found.pvalues)} scenarios{named} (false"
        f" discovery rate {per_cent(found.rate, 0)} %; within a scenario, the chance of any false claim is at most"
        f" {per_cent(found.rate, 0)} %)"
    ]
    return [*lines, *_pooled_lines(findings)]


def _pooled_lines(findings: Findings) -> list[str]:
    """What one method gains on average over the scenarios: the primary one, or the best of all by its lower bound."""
    best = findings.pooled
    if best is None:
        return []
    pooled, average = best.pooled, f"on average over {len(best.pooled.effects)} scenarios"
    which = f"{best.method} is" if best.of == 1 else f"none of {best.of} methods is"
    if pooled.low <= 0:
        return [f"{average}, {which} not shown to gain" if best.of == 1 else f"{average}, {which} shown to gain"]
    gain = f"{per_cent(pooled.mean, 1, signed=True)} % [{per_cent(pooled.low, 1)}, {per_cent(pooled.high, 1)}]"
    chosen = "" if best.of == 1 else f", the highest lower bound of {best.of} methods"
    return [f"{average}, {best.method} gains {gain}{chosen}"]


def _first(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = names if len(names) <= _NAMED else [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return ", ".join(shown)


def draw_lines(found: ScenarioFindings) -> list[str]:
    """Where each method's gain lies among those that shuffled sources give; nothing with one shuffle."""
    lines = [f"{method}: {draw_text(draws)}" for method, draws in found.draws.items()]
    return [*lines, DRAWS_NOTE] if lines else []


def draw_text(draws: PlaceboDraws) -> str:
    """One gain among those of its shuffles."""
    count = len(draws.shuffled)
    ends = f"{per_cent(draws.shuffled[0], 1)} to {per_cent(draws.shuffled[-1], 1)}"
    return (
        f"{per_cent(draws.real, 1, signed=True)} % with the real source, {per_cent(draws.mean, 1, signed=True)} % on "
        f"average with {count} shuffled ones ({ends} %): place {draws.rank} of {count + 1}, p = {p_value(draws.pvalue)}"
    )


DRAWS_NOTE = (
    "the randomisation test speaks of these users and other shuffles, the verdict over the placebo of other users and "
    "the shuffles that were judged"
)


def other_parts_text(parts: OtherParts) -> str:
    """A gain for other training parts than the ones at hand."""
    low, high = per_cent(parts.low, 1), per_cent(parts.high, 1)
    return f"{per_cent(parts.difference, 1, signed=True)} % [{low}, {high}] ({parts.n_folds} folds)"


def step_lines(steps: Sequence[NextStep]) -> list[str]:
    """Ways to settle what is open, with what is then seen and how to do it."""
    return [
        f"to see more: {step.what}"
        + ("" if step.sight is None else f" (differences from {_share(step.sight.effect)})")
        + ("" if step.command is None else f": {step.command}")
        for step in steps
    ]


def _share(value: float) -> str:
    """A share in per cent, two digits from 10 % on."""
    return f"{per_cent(value, 1 if value < _TENTH else 0)} %"


def left_out_lines(found: ScenarioFindings) -> list[str]:
    """What did not run, and why."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in found.not_applicable.items():
        by_reason.setdefault(reason, []).append(name)
    lines = [f"not applicable: {', '.join(names)} ({reason})" for reason, names in by_reason.items()]
    lines += [f"failed: {name}: {reason}" for name, reason in found.failed.items()]
    return [*lines, f"not run yet: {', '.join(found.missing)}"] if found.missing else lines


def ordered(found: ScenarioFindings, metric: str) -> list[MethodSummary]:
    """Transfer methods, then baselines, each from the best on test to the worst; placebos are left out."""
    shown = [summary for summary in found.methods if summary.placebo is None]
    return sorted(shown, key=lambda summary: (summary.family == "baseline", -summary.test[metric], summary.method))


def verdict_word(summary: MethodSummary, found: ScenarioFindings) -> str:
    """The last column of the table."""
    judgement = found.judgement(summary.method)
    if judgement is not None:
        return BEHIND if is_behind(judgement) else MARKS[judgement.outcome]
    return "best baseline" if summary.method == found.best_baseline else "baseline"


def is_behind(judgement: Judgement) -> bool:
    """Whether the source helps a method that is nevertheless worse than the best baseline."""
    return judgement.outcome is Finding.HELPS and judgement.advice is Advice.DO_NOT_USE


def headline(found: ScenarioFindings) -> str:
    """The verdict, after the users of whom it speaks where not everybody is meant."""
    counts = found.counts
    if counts.population is None:
        return story(found)
    who = "new to" if counts.population == COLD else "known in"
    return f"For users {who} {counts.target.name}: {story(found)}"


def story(found: ScenarioFindings) -> str:
    """The verdict in at most two sentences: the transfer method whose gain is surest, then how many help."""
    leading = leading_judgement(found)
    said = leading is not None and leading.outcome is Finding.LEAKS
    first = [] if said else [f"{line}." for line in headlines(found.counts)]
    return " ".join([*first, _story(found, leading)])


def _story(found: ScenarioFindings, leading: Judgement | None) -> str:
    if leading is None:
        return "No verdict: no transfer method could be judged."
    helping = [judgement.method for judgement in found.judgements if judgement.outcome is Finding.HELPS]
    count = len(found.judgements)
    if count == 1:
        return f"{leading.sentence}."
    many = _how_many(helping, count)
    if leading.best_baseline.comparison is None:  # its sentence then is one
        return f"{leading.sentence}. {many[0].upper()}{many[1:]}."
    return f"{leading.sentence}; {many}."


def _how_many(helping: list[str], count: int) -> str:
    if not helping:
        return f"none of the {count} transfer methods is shown to help"
    verb = "helps" if len(helping) == 1 else "help"
    return f"{len(helping)} of {count} transfer methods {verb}: {_first(helping)}"


def leading_judgement(found: ScenarioFindings) -> Judgement | None:
    """The judgement that stands for a scenario: the primary method's, or the surest gain, of those that help if any.

    A method that helps and is worse than the best baseline nevertheless stands for it only where no other helps.
    The surest gain has the highest lower end. Intervals and verdicts hold for the whole family at once, so to name the
    best of them claims nothing more.
    """
    return max(found.judgements, key=_surest, default=None)


def _surest(judgement: Judgement) -> tuple[bool, int, float]:
    comparison = judgement.counterpart.comparison
    low = None if comparison is None else comparison.relative_low
    helps = judgement.outcome is Finding.HELPS
    return judgement.primary, helps + (helps and not is_behind(judgement)), -math.inf if low is None else low


ADVICE: dict[Advice, str] = {
    Advice.USE: "beats the best baseline",
    Advice.DO_NOT_USE: "is worse than the best baseline",
    Advice.EITHER: "is as good as the best baseline",
    Advice.CANNOT_TELL: "cannot be told from the best baseline",
    Advice.NOT_ASKED: "was not asked about the best baseline",
}

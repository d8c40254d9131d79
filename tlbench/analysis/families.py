"""Questions of a suite -> judgements: each scenario is a family, and each question is asked of what passed the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tlbench.analysis.judging import incomparable, judge, not_asked, nothing_to_transfer, synthesise
from tlbench.analysis.verdict import Judgement, Outcome, Questions, Verdict
from tlbench.arrays import F64
from tlbench.errors import NotComparable
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison
from tlbench.stats.corrections import adjust_pvalues
from tlbench.stats.equivalence import tost
from tlbench.stats.family import Family, at_level, decide, form_family
from tlbench.stats.paired import Paired
from tlbench.values import DEFAULT_MARGIN, Correction

FINEST = 0.002
"""Levels below this, at the first looks of a sequential run, need more flips than they are worth: Bonferroni then."""


@dataclass(frozen=True, eq=False)
class Question:
    """One comparison with the values that it was made from; `base` as in `Questions`."""

    comparison: Comparison | NotComparable
    paired: Paired | None = None
    base: F64 | None = None


def judge_suite(
    questions: Sequence[Questions],
    *,
    method: Correction = "max-t",
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    primary: str | None = None,
) -> list[Judgement]:
    """Judge all transfer methods of a suite; the order stays.

    Each scenario is judged by itself, whatever else the suite holds. Within it the *primary* method, where one was
    declared before the run, is judged alone at the full level; all others share another family at the same level.
    Candidates of which no user's value differs from the counterpart's have nothing to transfer and belong to no family.

    The three questions are serial gates: the placebo is asked of what beat its counterpart, the best baseline of what
    then beat its placebo too. All methods stay in the family of each question, although not all are asked: of those
    that passed a gate the luckiest are overrepresented, and a smaller family would be judged too mildly. So a method's
    next question is asked at the level that its last one was, as alpha is passed on in Bretz et al. (2011,
    doi:10.1002/bimj.201000239) and in a-priori orders (Maurer, Hothorn and Lehmacher 1995).

    Parameters
    ----------
    questions
        Of all scenarios.
    method
        How the p-values of a family are corrected.
    margin
        Largest difference that does not matter, as a share of the control's mean.
    alpha
        Level of each family.
    primary
        Name of the method that was declared before the run.
    """
    judged: dict[int, Judgement] = {}
    for places in _groups(questions, primary):
        group = [questions[place] for place in places]
        first = primary is not None and group[0].method == primary
        found = _judge_group(group, method=method, margin=margin, alpha=alpha)
        judged |= {place: replace(one, primary=first) for place, one in zip(places, found, strict=True)}
    return [judged[place] for place in range(len(questions))]


def _groups(questions: Sequence[Questions], primary: str | None) -> list[list[int]]:
    """Places of the questions that are judged together: a scenario's primary method, and the others of it."""
    groups: dict[tuple[str, bool], list[int]] = {}
    for place, asked in enumerate(questions):
        groups.setdefault((asked.scenario, asked.method == primary), []).append(place)
    return list(groups.values())


def _judge_group(group: Sequence[Questions], *, method: Correction, margin: float, alpha: float) -> list[Judgement]:
    """Ask the three questions of one family's methods, one after the other."""

    def family(asked: Sequence[Question]) -> list[Verdict]:
        return judge_family(asked, method=method, margin=margin, alpha=alpha)

    counterpart = [nothing_to_transfer(one) for one in family([Question(g.counterpart, g.values[0]) for g in group])]
    placebos = [Question(one.placebo, one.values[2], one.base) for one in group if one.placebo is not None]
    answers = iter(family(placebos))
    placebo = [None if one.placebo is None else next(answers) for one in group]
    placebo = [
        verdict if verdict is None or first.outcome is Outcome.HELPS else not_asked(verdict, first)
        for first, verdict in zip(counterpart, placebo, strict=True)
    ]
    baseline = family([Question(one.best_baseline, one.values[1]) for one in group])
    baseline = [
        verdict if (last := _last_gate(first, second)).outcome is Outcome.HELPS else not_asked(verdict, last)
        for first, second, verdict in zip(counterpart, placebo, baseline, strict=True)
    ]
    return [
        synthesise(one.scenario, one.method, first, best, second, leak=one.leak)
        for one, first, best, second in zip(group, counterpart, baseline, placebo, strict=True)
    ]


def _last_gate(counterpart: Verdict, placebo: Verdict | None) -> Verdict:
    """The gate before the best baseline: the placebo where one was run and asked."""
    return counterpart if placebo is None or counterpart.outcome is not Outcome.HELPS else placebo


def judge_family(
    asked: Sequence[Question], *, method: Correction = "max-t", margin: float = DEFAULT_MARGIN, alpha: float = 0.05
) -> list[Verdict]:
    """Correct the comparisons that answer one question together, then judge each; the order stays.

    Comparisons in which no user differs are left out of the family. The p-values of TOST are corrected in the same way:
    "equivalent" is a claim too. Each comparison gets the interval that goes with its corrected p-value, so that it
    excludes 0 exactly where that p-value is below alpha; by `max-t` these intervals hold simultaneously.
    """
    members = [one for one in asked if isinstance(one.comparison, Comparison) and not _same(one.comparison)]
    judged = iter(_judge_members(members, method=method, margin=margin, alpha=alpha))
    return [
        incomparable(one.comparison, margin=margin, alpha=alpha)
        if isinstance(one.comparison, NotComparable)
        else judge(one.comparison, margin=margin, alpha=alpha)
        if _same(one.comparison)
        else next(judged)
        for one in asked
    ]


def _same(comparison: Comparison) -> bool:
    """Whether no user's value differs, with any seed."""
    return comparison.mean.variance == 0 and comparison.difference == 0


def _judge_members(members: Sequence[Question], *, method: Correction, margin: float, alpha: float) -> list[Verdict]:
    """Correct and judge the comparisons of a family in which somebody differs."""
    if not members:
        return []
    comparisons = [one.comparison for one in members if isinstance(one.comparison, Comparison)]
    inside = [tost(one.mean, margin * abs(one.base_mean)).pvalue for one in comparisons]
    pairs = [one.paired for one in members if one.paired is not None]
    if method == "max-t" and alpha < FINEST:
        method = "bonferroni"
    if method == "max-t":
        family = form_family(pairs, alpha=alpha, rng=stream(0, "max-t"))
        decided = [decide(c, p, family, base=one.base) for c, p, one in zip(comparisons, pairs, members, strict=True)]
        inside = [_equal_in(family, pvalue) for pvalue in inside]
    else:
        decided = _decide_by_pvalues(comparisons, members, method, alpha)
        inside = adjust_pvalues(inside, method)
    return [
        judge(comparison, margin=margin, alpha=alpha, equivalence=pvalue)
        for comparison, pvalue in zip(decided, inside, strict=True)
    ]


def _equal_in(family: Family, pvalue: float) -> float:
    """Correct TOST's p-value: equality is shown where the family's intervals at 1 - 2 alpha lie inside the margin."""
    return max(pvalue, family.adjusted(min(1.0, 2 * pvalue)) / 2)


def _decide_by_pvalues(
    comparisons: Sequence[Comparison], members: Sequence[Question], method: Correction, alpha: float
) -> list[Comparison]:
    """Correct from p-values alone, and give each comparison the interval that says the same."""
    adjusted = adjust_pvalues([one.pvalue for one in comparisons], method)
    found = []
    for comparison, pvalue, one in zip(comparisons, adjusted, members, strict=True):
        named = replace(comparison, adjusted=pvalue, correction=method, family=len(comparisons))
        level = alpha * comparison.pvalue / pvalue if pvalue > 0 else alpha
        found.append(named if one.paired is None else at_level(named, one.paired, level, base=one.base))
    return found

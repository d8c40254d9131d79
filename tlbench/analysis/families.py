"""Questions of a suite -> judgements: each scenario is a family, and each question is asked of what passed the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    method: Correction = "bonferroni",
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    primary: str | None = None,
) -> list[Judgement]:
    """Judge all transfer methods of a suite; the order stays.

    Each scenario is judged by itself, whatever else the suite holds. Within it the *primary* method, where one was
    declared before the run, is judged alone at the full level; all others share another family at the same level.
    Candidates of which no user's value differs from the counterpart's have nothing to transfer and belong to no family.

    The three questions are serial gates: the placebo is asked of what beat its counterpart, the best baseline of what
    then beat its placebo too. A method's next question is asked at the level of its last one, as alpha is passed on in
    Bretz et al. (2011, doi:10.1002/bimj.201000239) and in a-priori orders (Maurer, Hothorn and Lehmacher 1995). With
    Bonferroni the chance of any false claim on any of the three questions is then at most alpha. All methods that
    differ from their counterpart count in each question, asked or not: those that pass a gate are the luckiest, and a
    smaller family would judge them too mildly.

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


def shows_gains(
    questions: Sequence[Questions],
    *,
    method: Correction = "bonferroni",
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    primary: str | None = None,
) -> list[bool]:
    """Say of each method whether a gain over its counterpart is shown, which is when its placebo is asked.

    The parameters are those of `judge_suite`, whose first answer this is; nothing else of the questions is looked at.
    """
    shown: dict[int, bool] = {}
    for places in _groups(questions, primary):
        verdicts = _judge_counterparts(
            [questions[place] for place in places], method=method, margin=margin, alpha=alpha
        )
        shown |= {place: one.outcome is Outcome.HELPS for place, one in zip(places, verdicts, strict=True)}
    return [shown[place] for place in range(len(questions))]


def _groups(questions: Sequence[Questions], primary: str | None) -> list[list[int]]:
    """Places of the questions that are judged together: a scenario's primary method, and the others of it."""
    groups: dict[tuple[str, bool], list[int]] = {}
    for place, asked in enumerate(questions):
        groups.setdefault((asked.scenario, asked.method == primary), []).append(place)
    return list(groups.values())


def _judge_group(group: Sequence[Questions], *, method: Correction, margin: float, alpha: float) -> list[Judgement]:
    """Ask the three questions of one family's methods, one after the other."""
    counterpart = _judge_counterparts(group, method=method, margin=margin, alpha=alpha)
    size = sum(_differs(one.counterpart) for one in group)

    def ask(questions: Mapping[int, Question], gates: Sequence[Verdict]) -> dict[int, Verdict]:
        return _ask_next(questions, gates, method=method, margin=margin, alpha=alpha, size=size)

    placebo = ask(
        {
            place: Question(one.placebo, one.values[2], one.base)
            for place, one in enumerate(group)
            if one.placebo is not None
        },
        counterpart,
    )
    last = [  # a placebo that was not run is no gate
        placebo.get(place, verdict) if verdict.outcome is Outcome.HELPS else verdict
        for place, verdict in enumerate(counterpart)
    ]
    baseline = ask({place: Question(one.best_baseline, one.values[1]) for place, one in enumerate(group)}, last)
    return [
        synthesise(one.scenario, one.method, counterpart[place], baseline[place], placebo.get(place), leak=one.leak)
        for place, one in enumerate(group)
    ]


def _judge_counterparts(
    group: Sequence[Questions], *, method: Correction, margin: float, alpha: float
) -> list[Verdict]:
    """Ask the first question of one family's methods."""
    asked = [Question(one.counterpart, one.values[0]) for one in group]
    return [nothing_to_transfer(verdict) for verdict in judge_family(asked, method=method, margin=margin, alpha=alpha)]


def _ask_next(
    questions: Mapping[int, Question],
    gates: Sequence[Verdict],
    *,
    method: Correction,
    margin: float,
    alpha: float,
    size: int,
) -> dict[int, Verdict]:
    """Judge what passed the gate before, in a family of `size`; of the rest only the numbers stay.

    What did not pass counts as showing nothing, whether or not it ran. `max-t` would need its values, so Bonferroni
    stands in for it.
    """
    later: Correction = "bonferroni" if method == "max-t" else method
    found: dict[int, Verdict] = {}
    for passes in (True, False):
        places = [place for place in questions if (gates[place].outcome is Outcome.HELPS) is passes]
        asked = [questions[place] for place in places]
        judged = judge_family(asked, method=later, margin=margin, alpha=alpha, size=size)
        found |= {
            place: verdict if passes else not_asked(verdict, gates[place])
            for place, verdict in zip(places, judged, strict=True)
        }
    return found


def judge_family(
    asked: Sequence[Question],
    *,
    method: Correction = "bonferroni",
    margin: float = DEFAULT_MARGIN,
    alpha: float = 0.05,
    size: int = 0,
) -> list[Verdict]:
    """Correct the comparisons that answer one question together, then judge each; the order stays.

    Comparisons in which no user differs are left out of the family. The p-values of TOST are corrected in the same way:
    "equivalent" is a claim too. Each comparison gets an interval that excludes 0 exactly where its corrected p-value is
    below alpha. By `bonferroni` and `max-t` these intervals hold simultaneously; of what a stepwise correction rejects
    only the sign does.

    Parameters
    ----------
    asked
        The comparisons.
    method, margin, alpha
        As in `judge_suite`.
    size
        Number of comparisons that share the level, where not all of them are among `asked`; the others count as
        comparisons that show nothing.
    """
    members = [one for one in asked if _differs(one.comparison)]
    judged = iter(_judge_members(members, method=method, margin=margin, alpha=alpha, size=max(size, len(members))))
    return [
        incomparable(one.comparison, margin=margin, alpha=alpha)
        if isinstance(one.comparison, NotComparable)
        else next(judged)
        if _differs(one.comparison)
        else judge(one.comparison, margin=margin, alpha=alpha)
        for one in asked
    ]


def _differs(comparison: Comparison | NotComparable) -> bool:
    """Whether there is a comparison, and any user's value differs with any seed."""
    return isinstance(comparison, Comparison) and (comparison.mean.variance > 0 or comparison.difference != 0)


def _judge_members(
    members: Sequence[Question], *, method: Correction, margin: float, alpha: float, size: int
) -> list[Verdict]:
    """Correct and judge the comparisons of a family in which somebody differs."""
    if not members:
        return []
    comparisons = [one.comparison for one in members if isinstance(one.comparison, Comparison)]
    inside = [tost(one.mean, margin * abs(one.base_mean)).pvalue for one in comparisons]
    if method == "max-t" and alpha < FINEST:
        method = "bonferroni"
    if method == "max-t":
        pairs = [one.paired for one in members if one.paired is not None]
        family = form_family(pairs, alpha=alpha, rng=stream(0, "max-t"))
        decided = [decide(c, p, family, base=one.base) for c, p, one in zip(comparisons, pairs, members, strict=True)]
        inside = [_equal_in(family, pvalue) for pvalue in inside]
    else:
        decided = _decide_by_pvalues(comparisons, members, method, alpha, size)
        inside = _corrected(inside, method, size)
    return [
        judge(comparison, margin=margin, alpha=alpha, equivalence=pvalue)
        for comparison, pvalue in zip(decided, inside, strict=True)
    ]


def _equal_in(family: Family, pvalue: float) -> float:
    """Correct TOST's p-value: equality is shown where the family's intervals at 1 - 2 alpha lie inside the margin."""
    return max(pvalue, family.adjusted(min(1.0, 2 * pvalue)) / 2)


def _decide_by_pvalues(
    comparisons: Sequence[Comparison], members: Sequence[Question], method: Correction, alpha: float, size: int
) -> list[Comparison]:
    """Correct from p-values alone, and give each comparison the interval that says the same."""
    adjusted = _corrected([one.pvalue for one in comparisons], method, size)
    found = []
    for comparison, pvalue, one in zip(comparisons, adjusted, members, strict=True):
        named = replace(comparison, adjusted=pvalue, correction=method, family=size)
        level = _level(comparison.pvalue, pvalue, method, alpha, size)
        found.append(named if one.paired is None else at_level(named, one.paired, level, base=one.base))
    return found


def _corrected(pvalues: Sequence[float], method: Correction, size: int) -> list[float]:
    """Correct p-values in a family of `size`, in which the comparisons that are not there show nothing."""
    return adjust_pvalues([*pvalues, *[1.0] * (size - len(pvalues))], method)[: len(pvalues)]


def _level(pvalue: float, adjusted: float, method: Correction, alpha: float, size: int) -> float:
    """The two-sided level of an interval that excludes 0 exactly where the corrected p-value is below alpha."""
    if method == "none":
        return alpha
    if method == "bonferroni" or pvalue == 0:
        return alpha / size
    decided = alpha * pvalue / adjusted
    return decided if adjusted < alpha else min(decided, alpha / size)

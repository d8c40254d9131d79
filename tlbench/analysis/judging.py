"""Comparison x margin -> Verdict; three verdicts -> Judgement: does transfer help, and is it the source?"""

from __future__ import annotations

from dataclasses import replace

from tlbench.analysis.verdict import Advice, Finding, Judgement, Outcome, Verdict
from tlbench.analysis.wording import (
    advice_sentence,
    leak_sentence,
    main_sentence,
    per_cent,
    why_different,
    why_equal,
    why_open,
)
from tlbench.errors import NotComparable
from tlbench.stats.comparison import Comparison, check_alpha
from tlbench.stats.equivalence import tost
from tlbench.stats.power import users_to_settle
from tlbench.values import DEFAULT_MARGIN


def judge(
    comparison: Comparison, *, margin: float = DEFAULT_MARGIN, alpha: float = 0.05, equivalence: float | None = None
) -> Verdict:
    """Judge one comparison.

    equivalent where TOST shows the difference inside ±margin, even where it is shown not to be zero (with thousands of
    users nearly everything is); else helps / hurts where the corrected p-value is below alpha, by the sign of the
    difference; else inconclusive, with the number of users that would settle it.

    Parameters
    ----------
    comparison
        Corrected together with its family where there is one.
    margin
        Largest difference that does not matter, as a share of the control's mean.
    alpha
        Level of every test.
    equivalence
        p-value of TOST corrected with its family; by default that of this comparison alone.

    Returns
    -------
    Verdict
        The outcome with its reason in words.

    Examples
    --------
    >>> from tlbench.analysis.judging import judge
    >>> import numpy as np
    >>> from tlbench.stats.comparison import compare
    >>> from tlbench.stats.paired import pair_values
    >>> rng = np.random.default_rng(0)
    >>> control = rng.random(500)
    >>> paired = pair_values(control + 0.05 + 0.1 * rng.normal(size=500), control)
    >>> comparison = compare(paired, candidate="new", control="old", metric="ndcg@10")
    >>> str(judge(comparison).outcome), str(judge(comparison, margin=0.5).outcome)
    ('helps', 'equivalent')
    """
    check_alpha(alpha)
    size = margin * abs(comparison.base_mean)
    alone = tost(comparison.mean, size).pvalue
    inside = alone if equivalence is None else equivalence
    if inside < alpha:
        reason = why_equal(comparison, inside, margin, alpha)
        return Verdict(comparison, Outcome.EQUIVALENT, margin, alpha, reason, inside)
    if comparison.adjusted < alpha:
        outcome = Outcome.HELPS if comparison.difference > 0 else Outcome.HURTS
        return Verdict(comparison, outcome, margin, alpha, why_different(comparison, alpha), inside)
    needed = users_to_settle(
        comparison.mean.components, size, n_seeds=comparison.n_seeds, alpha=_own_level(comparison, alpha)
    )
    reason = why_open(comparison, inside, needed, margin)
    return Verdict(comparison, Outcome.INCONCLUSIVE, margin, alpha, reason, inside, needed)


def _own_level(comparison: Comparison, alpha: float) -> float:
    """The level at which a comparison of a family is decided: that of its interval, or Bonferroni's."""
    return 1 - comparison.level if comparison.correction == "max-t" else alpha / max(comparison.family, 1)


def incomparable(error: NotComparable, *, margin: float = DEFAULT_MARGIN, alpha: float = 0.05) -> Verdict:
    """Make the verdict of two sides that could not be compared."""
    return Verdict(None, Outcome.NOT_COMPARABLE, margin, alpha, error.message)


def not_asked(verdict: Verdict, gate: Verdict) -> Verdict:
    """Take back what was said where the question before it has not been passed; the numbers stay."""
    control = "its counterpart" if gate.comparison is None else f"`{gate.comparison.control}`"
    reason = f"not asked, because a gain over {control} is not shown"
    return replace(verdict, outcome=Outcome.NOT_ASKED, reason=reason, users_needed=None)


def nothing_to_transfer(verdict: Verdict) -> Verdict:
    """Say of a method whose lists are its counterpart's that it has nothing to transfer; leave all others alone."""
    comparison = verdict.comparison
    if comparison is None or comparison.mean.variance > 0 or comparison.difference != 0:
        return verdict
    reason = f"no user's value differs from that of `{comparison.control}`"
    return replace(verdict, outcome=Outcome.NOTHING, reason=reason)


def leaky(verdict: Verdict, leak: float) -> Verdict:
    """Take *helps* back where the source tells this share of the test interactions; the numbers stay."""
    if verdict.outcome is not Outcome.HELPS:
        return verdict
    reason = f"{per_cent(leak, 1)} % of the test interactions stand in the source under another id"
    return replace(verdict, outcome=Outcome.LEAKS, reason=reason)


def synthesise(
    scenario: str,
    method: str,
    counterpart: Verdict,
    best_baseline: Verdict,
    placebo: Verdict | None,
    *,
    leak: float | None = None,
) -> Judgement:
    """Put the answers to the three questions together; a source that tells the test leaves no gain to believe in."""
    if leak is not None:
        counterpart, best_baseline = leaky(counterpart, leak), leaky(best_baseline, leak)
        placebo = placebo and leaky(placebo, leak)
    outcome = conclude(counterpart.outcome, None if placebo is None else placebo.outcome)
    advice = recommend(best_baseline.outcome)
    if leak is not None and outcome is Finding.LEAKS:
        advice, sentence = Advice.CANNOT_TELL, leak_sentence(counterpart, leak)
    else:
        sentence = main_sentence(method, outcome, counterpart, placebo)
        sentence += advice_sentence(outcome, counterpart, best_baseline)
    return Judgement(scenario, method, counterpart, best_baseline, placebo, outcome, advice, sentence)


def conclude(counterpart: Outcome, placebo: Outcome | None) -> Finding:
    """Say whether transfer helps.

    Without a gain over the counterpart there is nothing to attribute, and the first question decides. A gain is
    transfer only where the placebo lacks it; a placebo that was not run, could not be compared or leaves the matter
    open leaves the gain unattributed.

    Parameters
    ----------
    counterpart, placebo
        Outcomes against both; None where no placebo was run.

    Returns
    -------
    Finding
        Whether transfer helps, and whether that is due to the source.

    Examples
    --------
    >>> from tlbench.analysis.judging import conclude
    >>> from tlbench.analysis.verdict import Outcome
    >>> str(conclude(Outcome.HELPS, Outcome.EQUIVALENT)), str(conclude(Outcome.HELPS, Outcome.HELPS))
    ("gain is not the source's", 'helps')
    """
    if counterpart is not Outcome.HELPS:
        return Finding(counterpart.value)
    match placebo:
        case Outcome.HELPS:
            return Finding.HELPS
        case Outcome.EQUIVALENT | Outcome.HURTS:
            return Finding.NOT_THE_SOURCE
        case _:
            return Finding.UNATTRIBUTED


def recommend(best_baseline: Outcome) -> Advice:
    """Say whether to use the method, which is another matter than why it is good.

    Parameters
    ----------
    best_baseline
        Outcome against the best target-only baseline.

    Returns
    -------
    Advice
        What to do.

    Examples
    --------
    >>> from tlbench.analysis.judging import recommend
    >>> from tlbench.analysis.verdict import Outcome
    >>> str(recommend(Outcome.HURTS))
    'use the baseline'
    """
    match best_baseline:
        case Outcome.HELPS:
            return Advice.USE
        case Outcome.HURTS:
            return Advice.DO_NOT_USE
        case Outcome.EQUIVALENT:
            return Advice.EITHER
        case Outcome.NOT_ASKED:
            return Advice.NOT_ASKED
        case _:
            return Advice.CANNOT_TELL

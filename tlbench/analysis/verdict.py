"""Comparison x margin -> Verdict; three verdicts -> Judgement: does transfer help, and is it the source?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tlbench.errors import NotComparable
from tlbench.rng import stream
from tlbench.stats.comparison import Comparison, check_alpha
from tlbench.stats.corrections import TITLES, Correction, adjust, adjust_pvalues
from tlbench.stats.equivalence import tost
from tlbench.stats.maxt import adjust_max_t
from tlbench.stats.paired import Paired
from tlbench.stats.power import users_to_settle


class Outcome(StrEnum):
    """What one comparison says."""

    HELPS = "helps"
    HURTS = "hurts"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"


class Finding(StrEnum):
    """What the comparisons with counterpart and placebo say together of a transfer method."""

    HELPS = "helps"
    HURTS = "hurts"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_THE_SOURCE = "gain is not the source's"
    UNATTRIBUTED = "gain not attributed"
    LEAKS = "source leaks the test"
    NOT_COMPARABLE = "not comparable"


class Advice(StrEnum):
    """What the comparison with the best baseline says: whether to use the method."""

    USE = "use it"
    DO_NOT_USE = "use the baseline"
    EITHER = "either will do"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """A comparison, judged.

    Attributes
    ----------
    comparison
        What was judged; None where the two sides are not comparable.
    outcome
        helps, hurts, equivalent, inconclusive or not comparable.
    margin
        Largest difference that does not matter, as a share of the control's mean (0.01 is 1 %).
    alpha
        Level of the judgement.
    reason
        Why, in one sentence without a full stop.
    equivalence
        p-value of TOST inside ±margin, corrected like the comparison's; None where not comparable.
    users_needed
        For `inconclusive`: users with whom it would be settled with a chance of 80 %; None where no number would do.
    """

    comparison: Comparison | None
    outcome: Outcome
    margin: float
    alpha: float
    reason: str
    equivalence: float | None = None
    users_needed: int | None = None


@dataclass(frozen=True)
class Questions:
    """The three comparisons of one transfer method in one scenario, each from `tlbench.stats.comparison.compare`.

    `placebo` is None where no placebo was run. A comparison that could not be made is given as the error that said so.
    `values` are the pairs that the three came from, which only the correction `max-t` looks at. `leak` is the share of
    test events that the source tells under another id, None where it tells none.
    """

    scenario: str
    method: str
    counterpart: Comparison | NotComparable
    best_baseline: Comparison | NotComparable
    placebo: Comparison | NotComparable | None = None
    values: tuple[Paired | None, Paired | None, Paired | None] = field(default=(None, None, None), repr=False)
    leak: float | None = None


@dataclass(frozen=True)
class Judgement:
    """What the three questions say of one transfer method in one scenario.

    Attributes
    ----------
    scenario, method
        What was judged.
    counterpart, best_baseline, placebo
        The three verdicts; `placebo` is None where none was run.
    outcome
        Whether transfer helps: `conclude` of the first and the third.
    advice
        Whether to use the method: `recommend` of the second.
    sentence
        All of it in plain words, one or two sentences.
    """

    scenario: str
    method: str
    counterpart: Verdict
    best_baseline: Verdict
    placebo: Verdict | None
    outcome: Finding
    advice: Advice
    sentence: str


def judge(
    comparison: Comparison, *, margin: float = 0.01, alpha: float = 0.05, equivalence: float | None = None
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
    """
    check_alpha(alpha)
    size = margin * abs(comparison.control_mean)
    alone = tost(comparison.mean, size).pvalue
    inside = alone if equivalence is None else equivalence
    if inside < alpha:
        reason = _why_equal(comparison, inside, margin, alpha)
        return Verdict(comparison, Outcome.EQUIVALENT, margin, alpha, reason, inside)
    if comparison.adjusted < alpha:
        outcome = Outcome.HELPS if comparison.difference > 0 else Outcome.HURTS
        return Verdict(comparison, outcome, margin, alpha, _why_different(comparison, alpha), inside)
    needed = users_to_settle(
        comparison.mean.components, size, n_seeds=comparison.n_seeds, alpha=alpha / max(comparison.family, 1)
    )
    reason = _why_open(comparison, inside, needed, margin)
    return Verdict(comparison, Outcome.INCONCLUSIVE, margin, alpha, reason, inside, needed)


def incomparable(error: NotComparable, *, margin: float = 0.01, alpha: float = 0.05) -> Verdict:
    """Make the verdict of two sides that could not be compared."""
    return Verdict(None, Outcome.NOT_COMPARABLE, margin, alpha, error.message)


def judge_family(
    comparisons: Sequence[Comparison | NotComparable],
    *,
    pairs: Sequence[Paired | None] | None = None,
    method: Correction = "holm",
    margin: float = 0.01,
    alpha: float = 0.05,
) -> list[Verdict]:
    """Correct the comparisons that answer one question together, then judge each; the order stays.

    The p-values of TOST are corrected in the same way: "equivalent" is a claim too. `max-t` needs the `pairs` of values
    that the comparisons came from; TOST is then corrected by Holm.
    """
    real = [place for place, comparison in enumerate(comparisons) if isinstance(comparison, Comparison)]
    found = [comparison for comparison in comparisons if isinstance(comparison, Comparison)]
    if method == "max-t":
        values = [paired for place in real if pairs and (paired := pairs[place]) is not None]
        adjusted = adjust_max_t(found, values, rng=stream(0, "max-t"))
    else:
        adjusted = adjust(found, method)
    sizes = [tost(c.mean, margin * abs(c.control_mean)).pvalue for c in found]
    inside = adjust_pvalues(sizes, "holm" if method == "max-t" else method)
    judged = iter(
        [
            judge(comparison, margin=margin, alpha=alpha, equivalence=pvalue)
            for comparison, pvalue in zip(adjusted, inside, strict=True)
        ]
    )
    return [
        next(judged) if isinstance(comparison, Comparison) else incomparable(comparison, margin=margin, alpha=alpha)
        for comparison in comparisons
    ]


def judge_suite(
    questions: Sequence[Questions], *, method: Correction = "holm", margin: float = 0.01, alpha: float = 0.05
) -> list[Judgement]:
    """Judge all transfer methods of a suite; the order stays.

    Each of the three questions is a family of its own, over all candidates and all scenarios. "Transfer helps" needs
    two of them at once, so no further correction is due (intersection-union: Berger 1982, doi:10.2307/1270990).
    """

    def family(asked: Sequence[tuple[Comparison | NotComparable, Paired | None]]) -> list[Verdict]:
        comparisons, pairs = [one for one, _ in asked], [values for _, values in asked]
        return judge_family(comparisons, pairs=pairs, method=method, margin=margin, alpha=alpha)

    counterpart = family([(asked.counterpart, asked.values[0]) for asked in questions])
    baseline = family([(asked.best_baseline, asked.values[1]) for asked in questions])
    placebo = iter(family([(asked.placebo, asked.values[2]) for asked in questions if asked.placebo is not None]))
    return [
        synthesise(
            asked.scenario,
            asked.method,
            first,
            second,
            next(placebo) if asked.placebo is not None else None,
            leak=asked.leak,
        )
        for asked, first, second in zip(questions, counterpart, baseline, strict=True)
    ]


def judge_looks(looks: Iterable[Comparison], levels: Sequence[float], *, margin: float = 0.01) -> Iterator[Verdict]:
    """Judge a comparison again and again while users or seeds are added, and stop when it is settled.

    Parameters
    ----------
    looks
        The comparison at each look, made when it is asked for, so that an iterator runs no more than it must.
    levels
        Level of each look, from `tlbench.stats.sequential.look_levels`; the chance of a false claim at any look is then
        what was asked for there.

    Yields
    ------
    Verdict
        One a look; the last one is settled or the last that was planned.
    """
    for comparison, level in zip(looks, levels, strict=False):
        verdict = judge(comparison, margin=margin, alpha=level)
        yield verdict
        if verdict.outcome is not Outcome.INCONCLUSIVE:
            return


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
    outcome = conclude(counterpart.outcome, None if placebo is None else placebo.outcome)
    advice = recommend(best_baseline.outcome)
    if leak is not None and counterpart.outcome is Outcome.HELPS:
        outcome, advice = Finding.LEAKS, Advice.CANNOT_TELL
        return Judgement(
            scenario, method, counterpart, best_baseline, placebo, outcome, advice, _leak_sentence(counterpart, leak)
        )
    first = _main_sentence(method, outcome, counterpart, placebo)
    second = _advice_sentence(outcome, counterpart, best_baseline)
    return Judgement(scenario, method, counterpart, best_baseline, placebo, outcome, advice, first + second)


def _leak_sentence(counterpart: Verdict, leak: float) -> str:
    comparison = counterpart.comparison
    gain = "" if comparison is None else f": {comparison.candidate} beats {comparison.control} by "
    gain += "" if comparison is None else f"{effect_text(comparison)} {comparison.metric}"
    return (
        f"The source leaks the test{gain}, but {per_cent(leak, 1)} % of the test interactions stand in the source "
        "under another id; with `--twins drop` the gain can be judged"
    )


def conclude(counterpart: Outcome, placebo: Outcome | None) -> Finding:
    """Say whether transfer helps.

    Without a gain over the counterpart there is nothing to attribute, and the first question decides. A gain is
    transfer only where the placebo lacks it; a placebo that was not run, could not be compared or leaves the matter
    open leaves the gain unattributed.
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
    """Say whether to use the method, which is another matter than why it is good."""
    match best_baseline:
        case Outcome.HELPS:
            return Advice.USE
        case Outcome.HURTS:
            return Advice.DO_NOT_USE
        case Outcome.EQUIVALENT:
            return Advice.EITHER
        case _:
            return Advice.CANNOT_TELL


# --- numbers in words ---------------------------------------------------------------------------------------------


def effect_text(comparison: Comparison) -> str:
    """Difference with its interval: ``+4.1 % [2.9, 5.3]``, or in the metric's units where per cent mean nothing."""
    share, low, high = comparison.relative, comparison.relative_low, comparison.relative_high
    if share is None:
        return f"{comparison.difference:+.4f} [{comparison.low:.4f}, {comparison.high:.4f}]"
    digits = 1 if abs(share) >= 0.0005 else 2
    text = per_cent(share, digits, signed=True)
    if low is None or high is None:
        return f"{text} % [no bound]"
    return f"{text} % [{per_cent(low, digits)}, {per_cent(high, digits)}]"


def per_cent(share: float, digits: int, *, signed: bool = False) -> str:
    """A share in per cent; what rounds to zero has no sign, and `signed` gives what is above zero a plus."""
    value = round(100 * share, digits) + 0.0  # plus zero turns -0.0 into 0.0
    return f"{value:+.{digits}f}" if signed and value > 0 else f"{value:.{digits}f}"


def p_text(pvalue: float) -> str:
    """A p-value as papers print it: ``p < .001``, ``p = .012``."""
    if pvalue < 0.001:
        return "p < .001"
    if pvalue > 0.9995:
        return "p = 1"
    return f"p = {pvalue:.3f}".replace("0.", ".")


def correction_text(comparison: Comparison) -> str:
    """How the p-value was corrected: `` (Holm, 4 candidates)``; empty where it stands alone."""
    if comparison.family < 2:
        return ""
    return f" ({TITLES[comparison.correction]}, {comparison.family} candidates)"


# --- reasons ------------------------------------------------------------------------------------------------------


def _why_different(comparison: Comparison, alpha: float) -> str:
    return f"{p_text(comparison.adjusted)}{correction_text(comparison)} is below {alpha:g}"


def _why_equal(comparison: Comparison, inside: float, margin: float, alpha: float) -> str:
    if comparison.mean.variance == 0 and comparison.difference == 0:
        return "no user's value differs"
    text = f"the difference is inside ±{100 * margin:g} %, TOST {p_text(inside)}{correction_text(comparison)}"
    return f"{text}, though it is not zero ({p_text(comparison.adjusted)})" if comparison.adjusted < alpha else text


def _why_open(comparison: Comparison, inside: float, needed: int | None, margin: float) -> str:
    text = (
        f"neither a difference ({p_text(comparison.adjusted)}{correction_text(comparison)})"
        f" nor equality within ±{100 * margin:g} % (TOST {p_text(inside)}) is shown"
    )
    return f"{text}; {_settling(comparison, needed)}"


def _settling(comparison: Comparison, needed: int | None) -> str:
    """Say what would settle it."""
    if needed is None:
        if comparison.control_mean == 0:
            return "the control's mean is 0, so that no margin follows from it"
        return f"more users alone would not settle it, more seeds than {comparison.n_seeds} may"
    return f"about {about(needed)} users would settle it ({comparison.n_users:,} were there)"


def about(number: int) -> str:
    """A number that is an estimate, with two digits: ``80,000`` for 80,441."""
    return f"{round(number, 2 - len(str(number))):,}"


# --- sentences ----------------------------------------------------------------------------------------------------


def _main_sentence(method: str, outcome: Finding, counterpart: Verdict, placebo: Verdict | None) -> str:
    comparison = counterpart.comparison
    if comparison is None:
        return f"Not comparable: {counterpart.reason}"
    other = comparison.control
    numbers = f"{effect_text(comparison)} {comparison.metric}"
    proof = f"{p_text(comparison.adjusted)}{correction_text(comparison)}"
    match outcome:
        case Finding.HELPS:
            return f"Transfer helps: {method} beats {other} by {numbers}, {proof}, and its own placebo"
        case Finding.NOT_THE_SOURCE:
            does = "does as well" if placebo and placebo.outcome is Outcome.EQUIVALENT else "does even better"
            return f"The gain is not the source's: {method} beats {other} by {numbers}, {proof}, but its placebo {does}"
        case Finding.UNATTRIBUTED:
            return f"A gain, but not shown to be the source's: {method} beats {other} by {numbers}, {proof}, " + (
                "and no placebo was run"
                if placebo is None
                else f"but against its placebo: {placebo.reason}"
                if placebo.comparison is None
                else f"but not clearly its placebo ({effect_text(placebo.comparison)})"
            )
        case Finding.HURTS:
            return f"Transfer hurts: {method} against {other} {numbers}, {proof}"
        case Finding.EQUIVALENT:
            return (
                f"Transfer makes no difference that matters: {method} against {other} {numbers}, {counterpart.reason}"
            )
        case _:
            return (
                f"Inconclusive: {method} against {other} {numbers}, {proof}; "
                f"{_settling(comparison, counterpart.users_needed)}"
            )


def _advice_sentence(outcome: Finding, counterpart: Verdict, best: Verdict) -> str:
    """Second sentence: against the best target-only baseline."""
    if best.comparison is None:
        return ""
    name = best.comparison.control
    if counterpart.comparison is not None and counterpart.comparison.control == name:
        return f". {name} is also the best baseline"
    match best.outcome:
        case Outcome.HELPS:
            remark = "" if outcome is Finding.HELPS else ", whatever the reason"
            return f". It beats the best baseline, {name}, by {effect_text(best.comparison)}{remark}"
        case Outcome.HURTS:
            return f". The best baseline, {name}, is better ({effect_text(best.comparison)}): use {name}"
        case Outcome.EQUIVALENT:
            return f". The best baseline, {name}, does as well: {name} will do"
        case _:
            return f". Whether it beats the best baseline, {name}, cannot be told ({effect_text(best.comparison)})"

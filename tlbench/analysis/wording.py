"""Verdicts in words: numbers with their intervals, reasons, and the sentences of a judgement."""

from __future__ import annotations

from tlbench.analysis.verdict import Finding, Outcome, Verdict
from tlbench.stats.comparison import Comparison
from tlbench.stats.corrections import TITLES


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


def why_different(comparison: Comparison, alpha: float) -> str:
    """Why a difference counts as shown."""
    return f"{p_text(comparison.adjusted)}{correction_text(comparison)} is below {alpha:g}"


def why_equal(comparison: Comparison, inside: float, margin: float, alpha: float) -> str:
    """Why equality counts as shown."""
    if comparison.mean.variance == 0 and comparison.difference == 0:
        return "no user's value differs"
    text = f"the difference is inside ±{100 * margin:g} %, TOST {p_text(inside)}{correction_text(comparison)}"
    return f"{text}, though it is not zero ({p_text(comparison.adjusted)})" if comparison.adjusted < alpha else text


def why_open(comparison: Comparison, inside: float, needed: int | None, margin: float) -> str:
    """Why neither is shown, and what would settle it."""
    text = (
        f"neither a difference ({p_text(comparison.adjusted)}{correction_text(comparison)})"
        f" nor equality within ±{100 * margin:g} % (TOST {p_text(inside)}) is shown"
    )
    return f"{text}; {_settling(comparison, needed)}"


def _settling(comparison: Comparison, needed: int | None) -> str:
    """Say what would settle it."""
    if needed is None:
        if comparison.base_mean == 0:
            return "the control's mean is 0, so that no margin follows from it"
        return f"more users alone would not settle it, more seeds than {comparison.n_seeds} may"
    return f"about {about(needed)} users would settle it ({comparison.n_users:,} were there)"


def about(number: int) -> str:
    """A number that is an estimate, with two digits: ``80,000`` for 80,441."""
    return f"{round(number, 2 - len(str(number))):,}"


# --- sentences ----------------------------------------------------------------------------------------------------


def main_sentence(method: str, outcome: Finding, counterpart: Verdict, placebo: Verdict | None) -> str:
    """First sentence: against the counterpart and the placebo."""
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
        case Finding.NOTHING:
            return f"Nothing to transfer: {method} gives every user the value that {other} gives"
        case _:
            return (
                f"Inconclusive: {method} against {other} {numbers}, {proof}; "
                f"{_settling(comparison, counterpart.users_needed)}"
            )


def leak_sentence(counterpart: Verdict, leak: float) -> str:
    """Why a gain is not believed: the source holds a share of the test events under another id."""
    comparison = counterpart.comparison
    gain = "" if comparison is None else f": {comparison.candidate} beats {comparison.control} by "
    gain += "" if comparison is None else f"{effect_text(comparison)} {comparison.metric}"
    return (
        f"The source leaks the test{gain}, but {per_cent(leak, 1)} % of the test interactions stand in the source "
        "under another id; with `--twins drop` the gain can be judged"
    )


def advice_sentence(outcome: Finding, counterpart: Verdict, best: Verdict) -> str:
    """Second sentence: against the best target-only baseline."""
    if best.comparison is None:
        return ""
    name = best.comparison.control
    if outcome is Finding.NOTHING:
        return ""
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
        case Outcome.NOT_ASKED:
            return f". Against the best baseline, {name}: {effect_text(best.comparison)}"
        case _:
            return f". Whether it beats the best baseline, {name}, cannot be told ({effect_text(best.comparison)})"

"""Comparisons of new results with accepted ones x margins -> Changes -> a gate that opens or fails.

The gate asks for evidence that nothing got worse by the margin (non-inferiority). "p > .05" is no such evidence: the
fewer users, the more surely it passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tlbench.analysis.wording import about, p_text
from tlbench.errors import NotComparable
from tlbench.stats.comparison import Comparison
from tlbench.stats.corrections import Correction, adjust
from tlbench.stats.crossed import t_quantile
from tlbench.stats.equivalence import tost
from tlbench.stats.power import users_to_settle
from tlbench.values import Margin


class ChangeOutcome(StrEnum):
    """What became of one method on one metric."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"
    NOT_COMPARABLE = "not comparable"


class FailOn(StrEnum):
    """What fails a gate: a regression that is shown, or already that none can be excluded."""

    REGRESSED = "regressed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class BeforeAfter:
    """What is to be judged: one method's old and new results on one metric, or why they cannot be compared.

    `fatal` says of what cannot be compared whether it fails a strict gate: a method that is only new does not. `leak`
    is the share of the test interactions that a source tells on either side, None where it tells none.
    """

    scenario: str
    method: str
    metric: str
    comparison: Comparison | NotComparable
    fatal: bool = True
    leak: float | None = None


@dataclass(frozen=True)
class Change:
    """What became of one method on one metric of one scenario.

    Attributes
    ----------
    scenario, method, metric
        Where.
    outcome
        improved, regressed, equivalent, inconclusive or not comparable.
    not_worse
        True where a loss of the margin or more is excluded (non-inferiority), whatever the outcome.
    reason
        Why, in one sentence without a full stop.
    margin
        Largest loss that does not matter, as a share of the control's mean (0.01 is 1 %).
    alpha
        Level of every test.
    comparison
        The numbers, corrected together with all comparisons of the gate; None where not comparable.
    inferiority
        One-sided p-value of "the loss is the margin or more"; None where not comparable.
    detectable
        The smallest loss, as a share of the control's mean, that would come out as a regression with a chance of 80 %;
        None where not comparable, where fewer than `FEW` users differ, and where the control's mean is 0.
    users_needed
        For `inconclusive`: users with whom it would be settled with a chance of 80 %; None where no number would do.
    fatal
        Whether `not comparable` fails a strict gate.
    leak
        Share of the test interactions that stand in a source under another id, where these were kept; else None.
    """

    scenario: str
    method: str
    metric: str
    outcome: ChangeOutcome
    not_worse: bool
    reason: str
    margin: float
    alpha: float
    comparison: Comparison | None = None
    inferiority: float | None = None
    detectable: float | None = None
    users_needed: int | None = None
    fatal: bool = False
    leak: float | None = None


@dataclass(frozen=True)
class Gate:
    """Changes with the rule by which they pass.

    Attributes
    ----------
    changes
        What was judged.
    fail_on
        What fails the gate.
    strict
        Whether what cannot be compared fails it, as a check against a baseline must: a gate that compares nothing
        would always open.
    """

    changes: tuple[Change, ...]
    fail_on: FailOn = FailOn.REGRESSED
    strict: bool = False

    def fails(self, change: Change) -> bool:
        """Say whether one change fails the gate."""
        match change.outcome:
            case ChangeOutcome.REGRESSED:
                return True
            case ChangeOutcome.INCONCLUSIVE:
                return self.fail_on is FailOn.INCONCLUSIVE and not change.not_worse
            case ChangeOutcome.NOT_COMPARABLE:
                return self.strict and change.fatal
            case _:
                return False

    @property
    def failing(self) -> tuple[Change, ...]:
        """The changes that fail the gate."""
        return tuple(change for change in self.changes if self.fails(change))

    @property
    def passed(self) -> bool:
        """True where nothing fails."""
        return not self.failing

    @property
    def leaks(self) -> dict[str, float]:
        """By scenario whose source leaks the test, the share of the test interactions that it tells."""
        return {change.scenario: change.leak for change in self.changes if change.leak is not None}

    @property
    def judged(self) -> tuple[Change, ...]:
        """The changes that could be compared at all."""
        return tuple(change for change in self.changes if change.outcome is not ChangeOutcome.NOT_COMPARABLE)

    def count(self, outcome: ChangeOutcome) -> int:
        """Number of changes with an outcome."""
        return sum(change.outcome is outcome for change in self.changes)


def judge_changes(
    pairs: Sequence[BeforeAfter], *, margins: Mapping[str, float], alpha: float = 0.05, correction: Correction = "holm"
) -> list[Change]:
    """Judge all comparisons of a gate; the order stays.

    "Improved" and "regressed" are corrected for the number of comparisons over all metrics, methods and scenarios, so
    that a change that does nothing fails the gate with a chance of at most alpha. "Not worse" and "equivalent" are
    not: the gate passes only where all comparisons do, and such a joint claim holds its level without a correction
    (intersection-union: Berger 1982, doi:10.2307/1270990).

    Parameters
    ----------
    pairs
        What is judged.
    margins
        Largest loss that does not matter, as a share of the control's mean, by metric.
    alpha
        Level of every test.
    correction
        How p-values are corrected.
    """
    real = [pair.comparison for pair in pairs if isinstance(pair.comparison, Comparison)]
    corrected = iter(adjust(real, correction))
    judged = [
        _judged(replace(pair, comparison=next(corrected)), margins[pair.metric], alpha)
        if isinstance(pair.comparison, Comparison)
        else _incomparable(pair, pair.comparison, margins[pair.metric], alpha)
        for pair in pairs
    ]
    return [replace(change, leak=pair.leak) for change, pair in zip(judged, pairs, strict=True)]


def _incomparable(pair: BeforeAfter, error: NotComparable, margin: float, alpha: float) -> Change:
    outcome = ChangeOutcome.NOT_COMPARABLE
    return Change(
        pair.scenario, pair.method, pair.metric, outcome, False, error.message, margin, alpha, fatal=pair.fatal
    )


def _judged(pair: BeforeAfter, margin: float, alpha: float) -> Change:
    comparison = pair.comparison
    if not isinstance(comparison, Comparison):
        raise TypeError("a pair without numbers cannot be judged")
    size = Margin(margin).of(comparison.control_mean)
    test = tost(comparison.mean, size)
    not_worse = test.above < alpha
    outcome = _outcome(comparison, not_worse, test.pvalue, alpha)
    needed = None
    if outcome is ChangeOutcome.INCONCLUSIVE and not not_worse:
        needed = users_to_settle(
            comparison.mean.components, size, n_seeds=comparison.n_seeds, alpha=alpha / max(comparison.family, 1)
        )
    return Change(
        scenario=pair.scenario,
        method=pair.method,
        metric=pair.metric,
        outcome=outcome,
        not_worse=not_worse,
        reason=_reason(comparison, outcome, not_worse, test.above, margin, needed),
        margin=margin,
        alpha=alpha,
        comparison=comparison,
        inferiority=test.above,
        detectable=detectable_loss(comparison, margin=margin, alpha=alpha),
        users_needed=needed,
    )


def _outcome(comparison: Comparison, not_worse: bool, inside: float, alpha: float) -> ChangeOutcome:
    """Ask for equivalence first: what is shown to be inside the margin does not matter, even if it is not zero."""
    if inside < alpha:
        return ChangeOutcome.EQUIVALENT
    if comparison.adjusted < alpha and comparison.difference > 0:
        return ChangeOutcome.IMPROVED
    if comparison.adjusted < alpha and not not_worse:
        return ChangeOutcome.REGRESSED
    return ChangeOutcome.INCONCLUSIVE


# --- what the gate would have seen --------------------------------------------------------------------------------


def chance_to_catch(comparison: Comparison, loss: float, *, margin: float, alpha: float) -> float:
    """Chance that a true loss comes out as `regressed`, from this experiment's standard error.

    It does where the estimate falls below -t(1 - alpha / 2m) se, m the number of comparisons (the first step of Holm,
    hence a lower bound), and below -margin + t(1 - alpha) se, so that the loss is not shown to be smaller than the
    margin. The estimate less its true value, over its standard error, is taken as Student's t.

    Parameters
    ----------
    comparison
        Gives standard error, degrees of freedom, the control's mean and the size of the family.
    loss, margin
        Shares of the control's mean; positive.
    alpha
        Level.
    """
    from scipy.special import stdtr

    error, base = comparison.standard_error, abs(comparison.control_mean)
    if error == 0:
        return 1.0 if loss > 0 else 0.0
    seen = t_quantile(1 - alpha / (2 * max(comparison.family, 1)), comparison.df)
    small = t_quantile(1 - alpha, comparison.df) - margin * base / error
    return float(stdtr(comparison.df, min(-seen, small) + loss * base / error))


FEW = 10
"""Users who must differ before a chance is promised: the mean of fewer differences among many zeros is too skewed for
the t-distribution, and a standard error from them says nothing of a larger loss (benchmarks/calibration/gate.py)."""


def differing(comparison: Comparison) -> int:
    """Users whose values differ; all of them for a metric of the whole run, of which no user has a value."""
    share = comparison.better + comparison.worse
    return comparison.n_users if math.isnan(share) else round(share * comparison.n_users)


def detectable_loss(comparison: Comparison, *, margin: float, alpha: float, power: float = 0.8) -> float | None:
    """Smallest loss, as a share of the control's mean, that `chance_to_catch` promises to catch with chance `power`.

    None where fewer than `FEW` users differ, and where the control's mean is 0: there nothing is promised.
    """
    base = abs(comparison.control_mean)
    if comparison.standard_error == 0 or base == 0 or differing(comparison) < FEW:
        return None
    error = comparison.standard_error
    seen = t_quantile(1 - alpha / (2 * max(comparison.family, 1)), comparison.df)
    small = t_quantile(1 - alpha, comparison.df) - margin * base / error
    loss = (t_quantile(power, comparison.df) - min(-seen, small)) * error / base
    return loss if math.isfinite(loss) else None


# --- reasons ------------------------------------------------------------------------------------------------------


def _reason(
    comparison: Comparison,
    outcome: ChangeOutcome,
    not_worse: bool,
    inferiority: float,
    margin: float,
    needed: int | None,
) -> str:
    real = p_text(comparison.adjusted)
    limit = str(Margin(margin))
    match outcome:
        case ChangeOutcome.IMPROVED:
            return f"a gain is shown, {real}"
        case ChangeOutcome.REGRESSED:
            return f"a loss is shown, {real}, and one of {limit} or more is not excluded"
        case ChangeOutcome.EQUIVALENT if comparison.mean.variance == 0 and comparison.difference == 0:
            return "no user's value differs"
        case ChangeOutcome.EQUIVALENT:
            return f"the difference is shown to be inside ±{limit}"
    if not_worse:
        return f"a loss of {limit} or more is excluded ({p_text(inferiority)}); whether there is a gain is open"
    there = f"{comparison.n_users:,} users and {comparison.n_seeds} seed{'s' if comparison.n_seeds > 1 else ''} so far"
    settle = "more seeds may settle it" if needed is None else f"about {about(needed)} users would settle it"
    return (
        f"no loss is shown ({real}), but one of {limit} or more is not excluded ({p_text(inferiority)}); "
        f"{settle}, {there}"
    )

"""Results of a scenario -> what is asked of each transfer method: its comparisons, before they are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlbench.analysis.beside import transfer_methods
from tlbench.analysis.families import shows_gains
from tlbench.analysis.verdict import Questions
from tlbench.errors import NotComparable
from tlbench.registry import METHODS
from tlbench.stats.comparison import Comparison, compare
from tlbench.stats.paired import Paired, pair, pair_three
from tlbench.values import Variant

if TYPE_CHECKING:
    from tlbench.arrays import F64
    from tlbench.store.contents import ScenarioResults
    from tlbench.suite import Suite


def ask(result: ScenarioResults, method: str, best_baseline: str | None, suite: Suite) -> Questions:
    """Compare a transfer method with its counterpart, the best baseline and its placebo."""
    entry = METHODS.get(method)
    counterpart, of_counterpart = _compare(result, method, entry.counterpart, None, suite)
    baseline, of_baseline = _compare(result, method, best_baseline, None, suite)
    placebo, of_placebo, base = None, None, None
    if suite.asks_placebos:
        base = _base(result, method, entry.placebo, of_counterpart, suite)
        placebo, of_placebo = _compare(result, method, method, entry.placebo, suite, base=base)
    return Questions(
        scenario=result.counts.scenario,
        method=method,
        counterpart=counterpart,
        best_baseline=baseline,
        placebo=placebo,
        values=(of_counterpart, of_baseline, of_placebo),
        leak=result.counts.exposed_share if result.counts.source_leaks else None,
        base=base,
    )


def _base(
    result: ScenarioResults, method: str, placebo: str | None, of_counterpart: Paired | None, suite: Suite
) -> F64 | None:
    """The counterpart's values beside those of the placebo: gains over both are then shares of the same mean."""
    runs = result.of(method, placebo)
    if of_counterpart is None or not runs:
        return None
    control = result.of(str(METHODS.get(method).counterpart))
    try:
        values = pair_three(result.of(method), control, runs, suite.primary)[0].control
    except NotComparable:
        return None
    return values if values.shape[1] == max(len(result.of(method)), len(runs)) else None


def _compare(
    result: ScenarioResults,
    candidate: str,
    control: str | None,
    placebo: str | None,
    suite: Suite,
    *,
    base: F64 | None = None,
) -> tuple[Comparison | NotComparable, Paired | None]:
    """Compare two methods; the values that it was made from come along."""
    if control is None:
        return NotComparable("no baseline ran"), None
    label = str(Variant(control, placebo))
    other = result.of(control, placebo)
    if not other:
        return NotComparable(f"`{label}` did not run", hint="run it, or see why it failed"), None
    try:
        paired = pair(result.of(candidate), other, suite.primary)
    except NotComparable as error:
        return error, None
    compared = compare(paired, candidate=candidate, control=label, metric=suite.primary, alpha=suite.alpha, base=base)
    return compared, paired


def gains_shown(suite: Suite, result: ScenarioResults) -> tuple[str, ...]:
    """Return the transfer methods of a scenario that beat their counterparts, in the order of the plan.

    It is what `make_findings` answers to the first question, whatever placebos were run.
    """
    names = transfer_methods(result)
    asked = [_first_question(result, name, suite) for name in names]
    found = shows_gains(
        asked, method=suite.correction, margin=suite.margin, alpha=suite.alpha, primary=suite.primary_method
    )
    return tuple(name for name, shown in zip(names, found, strict=True) if shown)


def _first_question(result: ScenarioResults, method: str, suite: Suite) -> Questions:
    counterpart, values = _compare(result, method, METHODS.get(method).counterpart, None, suite)
    later = NotComparable("not asked yet")
    return Questions(result.counts.scenario, method, counterpart, later, values=(values, None, None))

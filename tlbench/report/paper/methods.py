"""Findings -> the methods paragraph of a paper, generated from what was really done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlbench.analysis.wording import per_cent
from tlbench.registry import METHODS, PLACEBOS
from tlbench.stats.corrections import TITLES
from tlbench.tune import PATIENCE, at_edges
from tlbench.tune.study import FIRST_AT_RANDOM

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings, ScenarioFindings
    from tlbench.split.counts import ScenarioCounts
    from tlbench.stats.comparison import Comparison
    from tlbench.suite import Suite

_PROTOCOLS = {
    "temporal": "Training, validation and test parts were cut at the same two moments in all domains, so that nothing "
    "in any training part is later than what is predicted",
    "leave-last-out": "The last interaction of each user was held out for the test, the one before for validation",
    "rolling:3": "All domains were cut at the same three moments, one after the other, so that nothing in any training "
    "part is later than what is predicted; a user's values were averaged over the windows that judge the user",
    "k-fold:5": "Each user's interactions were dealt at random to five folds, each of which was the test part once; a "
    "user's values were averaged over the folds",
    "ratio": "Each user's interactions were divided at random into training, validation and test parts",
}


def methods_paragraph(findings: Findings) -> str:
    """Return paragraphs of plain text: data, protocol, methods, judgement."""
    suite = findings.suite
    parts = [
        f"{_compared(findings)} {_data(findings)}",
        f"{_protocol(findings.scenarios, suite)} {_metrics(suite)}",
        _tests(findings),
    ]
    return "\n\n".join(parts) + "\n"


def _compared(findings: Findings) -> str:
    methods = list(dict.fromkeys(j.method for found in findings.scenarios for j in found.judgements))
    names = [s.method for found in findings.scenarios for s in found.methods if s.family == "baseline"]
    baselines = list(dict.fromkeys(names))
    scenarios = [found.counts.scenario for found in findings.scenarios]
    return (
        f"We compared {_count(len(methods), 'transfer method')} ({listed(methods)}) with "
        f"{_count(len(baselines), 'target-only baseline')} ({listed(baselines)}) on "
        f"{_count(len(scenarios), 'scenario')} ({listed(scenarios)})."
    )


def _core(suite: Suite) -> str:
    if suite.k_core <= 1:
        return "no k-core filter"
    if suite.filter_users == "all":
        return f"a {suite.k_core}-core in each domain"
    return (
        f"a {suite.k_core}-core in each source and {suite.k_core} or more interactions per item of the target, whose "
        "users were kept whatever their history,"
    )


def _data(findings: Findings) -> str:
    suite = findings.suite
    filters = _core(suite)
    if suite.min_rating is not None:
        filters += f" and ratings of {suite.min_rating:g} or more"
    judged = [f"{found.counts.judged_users:,}" for found in findings.scenarios]
    shared = [f"{found.counts.target.shared_users:,}" for found in findings.scenarios]
    return (
        f"With {filters}, {listed(judged)} users were judged and {listed(shared)} users of the target were known in a "
        f"source{', respectively' if len(judged) > 1 else ''}."
    )


def _protocol(scenarios: Sequence[ScenarioFindings], suite: Suite) -> str:
    sentences = [_PROTOCOLS.get(name, f"The target was split by the protocol {name}") for name in _names(scenarios)]
    leaks = [found.counts.scenario for found in scenarios if found.counts.source_may_leak]
    text = ". ".join(sentences) + "."
    if leaks:
        text += f" The sources of {listed(leaks)} have no timestamps and could not be cut, so they may know the future."
    told = [
        f"{per_cent(found.counts.exposed_share, 1)} % of {found.counts.scenario}"
        for found in scenarios
        if found.counts.source_leaks
    ]
    if told:
        text += (
            f" A source held test interactions under other item ids ({listed(told)}), so that no gain there is a "
            "result on transfer."
        )
    seeds = f"{suite.seeds} seeds (deterministic methods ran once)" if suite.seeds > 1 else "one seed"
    return (
        f"{text} Parameters and baselines were chosen on the validation part with models fitted to the training part; "
        f"every judged method was fitted to both, {_parameters(suite)} and "
        f"{seeds}, and ranked {_ranked(suite)}; items seen in training or validation were "
        f"left out and ties were broken at random.{_tuning(scenarios, suite)}"
    )


def _parameters(suite: Suite) -> str:
    given = [
        f"{method}.{name} = {value}" for method, known in suite.parameters.items() for name, value in known.items()
    ]
    others = "tuned hyper-parameters" if suite.tune else "default parameters"
    return f"with {others}{f' ({listed(given)} given)' if given else ''}"


def _ranked(suite: Suite) -> str:
    if suite.candidates is None:
        return "the full catalogue"
    kind, _, number = suite.candidates.partition(":")
    how = {"uniform": "drawn uniformly", "popularity": "drawn by popularity"}.get(kind, kind)
    return f"held-out items among {number} sampled other items per user ({how})"


def _tuning(scenarios: Sequence[ScenarioFindings], suite: Suite) -> str:
    """Say how parameters were found; nothing where they were not tuned."""
    if not suite.tune:
        return ""
    limit = "" if suite.tune_seconds is None else f" and at most {suite.tune_seconds:g} s"
    tunings = [tuning for found in scenarios for tuning in found.tunings]
    late = sum(len(tuning.trials) < tuning.budget.trials for tuning in tunings)
    narrow = sum(bool(at_edges(tuning, METHODS.get(tuning.method))) for tuning in tunings)
    text = (
        " Hyper-parameters were searched with the same budget for every baseline, transfer method and placebo: "
        f"{_count(suite.tune, 'trial')}{limit} each, the first with the default parameters, the next at random until "
        f"there were {FIRST_AT_RANDOM}, and then by optuna's tree-structured Parzen estimator, for the best mean "
        f"{suite.primary} on the validation part only; the test part was not seen."
    )
    if any(trial.epochs for tuning in tunings for trial in tuning.trials):
        text += (
            f" Iterative methods were stopped after {PATIENCE} epochs without a better value, and trials below the "
            "median of earlier ones were pruned."
        )
    if late:
        text += f" Time ended {_count(late, 'search', 'searches')} of {len(tunings)} before the last trial."
    if narrow:
        text += (
            f" In {narrow} of {_count(len(tunings), 'search', 'searches')} a best value lay on the edge of its space."
        )
    return text


def _names(scenarios: Sequence[ScenarioFindings]) -> list[str]:
    cards: list[ScenarioCounts] = [found.counts for found in scenarios]
    return list(dict.fromkeys(counts.protocol for counts in cards))


def _metrics(suite: Suite) -> str:
    others = [name for name in suite.metrics if name != suite.primary]
    text = f"The primary metric is {suite.primary}"
    return (
        f"{text}; {listed(others)} {'is' if len(others) == 1 else 'are'} reported beside it." if others else f"{text}."
    )


def _tests(findings: Findings) -> str:
    suite = findings.suite
    comparisons = _comparisons(findings)
    tests = list(dict.fromkeys(comparison.test for comparison in comparisons))
    family = max((comparison.family for comparison in comparisons), default=1)
    text = (
        "Each transfer method was compared, user by user, with its counterpart (the same model without the source) and "
        "with the target-only baseline that was best on validation"
    )
    used = dict.fromkeys(s.placebo for found in findings.scenarios for s in found.methods if s.placebo)
    if used:
        destroyed = [f"{name}, which destroys {PLACEBOS.get(name).destroys}" for name in used]
        where = "" if suite.placebo else ", where it beat its counterpart,"
        text += f", and{where} with a placebo, itself on sources without usable knowledge ({'; '.join(destroyed)})"
    correction = TITLES[suite.correction] + (f" over {family} candidates" if family > 1 else "")
    return (
        f"{text}. Differences were tested by {listed(tests)} (two-sided, level {suite.alpha:g}, {correction}); "
        "intervals of relative differences are Fieller's. A difference within "
        f"{suite.margin} of the control's mean counts as equivalent where two one-sided tests show it; "
        "what neither test shows is reported as inconclusive."
        + (" A gain is ascribed to the source only where it is left over the placebo." if used else "")
    )


def _comparisons(findings: Findings) -> list[Comparison]:
    found = [judgement.counterpart.comparison for one in findings.scenarios for judgement in one.judgements]
    return [comparison for comparison in found if comparison is not None]


def _count(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(names: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``; ``none`` where there is nothing."""
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

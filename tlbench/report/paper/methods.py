"""Findings -> the methods paragraph of a paper, generated from what was really done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlbench.registry import PLACEBOS
from tlbench.stats.corrections import TITLES

if TYPE_CHECKING:
    from tlbench.findings import Findings, ScenarioFindings
    from tlbench.split.card import ScenarioCard
    from tlbench.stats.comparison import Comparison
    from tlbench.suite import Suite

_PROTOCOLS = {
    "temporal": "Training, validation and test parts were cut at the same two moments in all domains, so that nothing "
    "in any training part is later than what is predicted",
    "leave-last-out": "The last interaction of each user was held out for the test, the one before for validation",
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
    scenarios = [found.card.scenario for found in findings.scenarios]
    return (
        f"We compared {_count(len(methods), 'transfer method')} ({listed(methods)}) with "
        f"{_count(len(baselines), 'target-only baseline')} ({listed(baselines)}) on "
        f"{_count(len(scenarios), 'scenario')} ({listed(scenarios)})."
    )


def _data(findings: Findings) -> str:
    suite = findings.suite
    filters = f"a {suite.k_core}-core in each domain" if suite.k_core > 1 else "no k-core filter"
    if suite.min_rating is not None:
        filters += f" and ratings of {suite.min_rating:g} or more"
    judged = [f"{found.card.judged_users:,}" for found in findings.scenarios]
    shared = [f"{found.card.target.shared_users:,}" for found in findings.scenarios]
    return (
        f"With {filters}, {listed(judged)} users were judged and {listed(shared)} users of the target were known in a "
        f"source{', respectively' if len(judged) > 1 else ''}."
    )


def _protocol(scenarios: Sequence[ScenarioFindings], suite: Suite) -> str:
    sentences = [_PROTOCOLS.get(name, f"The target was split by the protocol {name}") for name in _names(scenarios)]
    leaks = [found.card.scenario for found in scenarios if found.card.source_may_leak]
    text = ". ".join(sentences) + "."
    if leaks:
        text += f" The sources of {listed(leaks)} have no timestamps and could not be cut, so they may know the future."
    seeds = f"{suite.seeds} seeds" if suite.seeds > 1 else "one seed"
    tuned = (
        f"with the hyper-parameters given for {listed(list(suite.parameters))} and the defaults of the others"
        if suite.parameters
        else "with default hyper-parameters"
    )
    return (
        f"{text} Every method was fitted on the training part only, {tuned}, with {seeds} "
        "(deterministic methods ran once), and ranked the full catalogue; items seen in training or validation were "
        "left out and ties were broken at random."
    )


def _names(scenarios: Sequence[ScenarioFindings]) -> list[str]:
    cards: list[ScenarioCard] = [found.card for found in scenarios]
    return list(dict.fromkeys(card.protocol for card in cards))


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
    if suite.placebo:
        used = dict.fromkeys(s.placebo for found in findings.scenarios for s in found.methods if s.placebo)
        destroyed = [f"{name}, which destroys {PLACEBOS.get(name).destroys}" for name in used]
        text += f", and with a placebo, itself on sources without usable knowledge ({'; '.join(destroyed)})"
    correction = TITLES[suite.correction] + (f" over {family} candidates" if family > 1 else "")
    return (
        f"{text}. Differences were tested by {listed(tests)} (two-sided, level {suite.alpha:g}, {correction}); "
        "intervals of relative differences are Fieller's. A difference within "
        f"{100 * suite.margin:g} % of the control's mean counts as equivalent where two one-sided tests show it; "
        "what neither test shows is reported as inconclusive."
        + (" A gain is ascribed to the source only where it is left over the placebo." if suite.placebo else "")
    )


def _comparisons(findings: Findings) -> list[Comparison]:
    found = [judgement.counterpart.comparison for one in findings.scenarios for judgement in one.judgements]
    return [comparison for comparison in found if comparison is not None]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``; ``none`` where there is nothing."""
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

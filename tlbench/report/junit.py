"""Gate, findings -> JUnit XML, which CI servers show as tests: a test case a comparison, a suite a scenario.

A change that fails the gate is a failure; one that nobody can judge is skipped. Written to the schema that the Jenkins
xUnit plug-in publishes (junit-10.xsd), the strictest in common use.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from tlbench.analysis.regression import ChangeOutcome
from tlbench.analysis.verdict import Finding
from tlbench.report.changes import change_row, leak_line, outcome_word
from tlbench.report.setting_words import headlines
from tlbench.report.words import MARKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tlbench.analysis.regression import Change, Gate
    from tlbench.analysis.summary import Findings, ScenarioFindings

_OPEN = (Finding.INCONCLUSIVE, Finding.NOT_COMPARABLE, Finding.NOTHING)


def gate_as_junit(gate: Gate, *, title: str = "tlbench") -> str:
    """Return the gate as JUnit XML."""
    failures = str(len(gate.failing))
    root = ElementTree.Element(
        "testsuites", name=title, tests=str(len(gate.changes)), failures=failures, errors="0", time="0"
    )
    for (scenario, metric), found in groupby(gate.changes, key=lambda change: (change.scenario, change.metric)):
        _add_suite(root, f"{scenario} {metric}", list(found), gate)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ElementTree.Element, name: str, changes: Sequence[Change], gate: Gate) -> None:
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(changes)),
        failures=str(sum(gate.fails(change) for change in changes)),
        errors="0",
        skipped=str(sum(_skipped(change, gate) for change in changes)),
        time="0",
    )
    for change in changes:
        _add_case(suite, change, gate)
    leak = changes[0].leak
    _add_output(suite, [] if leak is None else [leak_line(changes[0].scenario, leak)])


def _add_case(suite: ElementTree.Element, change: Change, gate: Gate) -> None:
    where = f"{change.scenario}.{change.metric}"
    case = ElementTree.SubElement(suite, "testcase", classname=where, name=change.method, time="0")
    text = f"{outcome_word(change)}: {change.reason}"
    if gate.fails(change):
        failure = ElementTree.SubElement(case, "failure", type=change.outcome.value, message=text)
        failure.text = " | ".join(change_row(change))
    elif _skipped(change, gate):
        ElementTree.SubElement(case, "skipped", type=change.outcome.value, message=text)
    ElementTree.SubElement(case, "system-out").text = f"{' | '.join(change_row(change))}\n{text}"


def _skipped(change: Change, gate: Gate) -> bool:
    """Whether nobody can judge a change, which yet does not fail the gate."""
    undecided = change.outcome is ChangeOutcome.INCONCLUSIVE and not change.not_worse
    return not gate.fails(change) and (undecided or change.outcome is ChangeOutcome.NOT_COMPARABLE)


def findings_as_junit(findings: Findings) -> str:
    """Return findings as JUnit XML: a case a transfer method, whose output is its verdict; what failed is an error.

    That transfer hurts is a finding, not a failure; `tlbench check` is what fails a build.
    """
    failed = sum(len(found.failed) for found in findings.scenarios)
    cases = sum(len(found.judgements) for found in findings.scenarios) + failed
    root = ElementTree.Element(
        "testsuites", name=findings.suite.name, tests=str(cases), failures="0", errors=str(failed), time="0"
    )
    for found in findings.scenarios:
        _add_scenario(root, found)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_scenario(root: ElementTree.Element, found: ScenarioFindings) -> None:
    name, errors = found.counts.scenario, str(len(found.failed))
    open_ = [judgement for judgement in found.judgements if judgement.outcome in _OPEN]
    count = str(len(found.judgements) + len(found.failed))
    suite = ElementTree.SubElement(
        root, "testsuite", name=name, tests=count, failures="0", errors=errors, skipped=str(len(open_)), time="0"
    )
    for judgement in found.judgements:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=judgement.method, time="0")
        if judgement.outcome in _OPEN:
            ElementTree.SubElement(case, "skipped", type=judgement.outcome.value, message=judgement.sentence)
        ElementTree.SubElement(case, "system-out").text = f"{MARKS[judgement.outcome]}: {judgement.sentence}"
    for label, reason in found.failed.items():
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=label, time="0")
        ElementTree.SubElement(case, "error", type="failed", message=reason)
    _add_output(suite, headlines(found.counts))


def _add_output(suite: ElementTree.Element, lines: Sequence[str]) -> None:
    """Say at the end of a suite what holds for all its cases."""
    if lines:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(lines)

"""What the numbers were made with: versions, machine, splits, data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tlbench.report.blocks import Facts
from tlbench.report.document import suite_section

if TYPE_CHECKING:
    from tlbench.analysis.summary import Findings
    from tlbench.report.document import Report


@suite_section("provenance", "Provenance", order=90, verbose=True)
def provenance(report: Report) -> Iterator[Facts]:
    """One line per fact."""
    terms = provenance_terms(report.findings, report.evidence.environment)
    yield Facts([f"{term}: {text}" for term, text in terms])


def provenance_terms(findings: Findings, known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return terms and texts: versions, splits and data; `known` is what the results' environment says."""
    found = environment_terms(known)
    found += [
        (f"split of {one.counts.scenario}", f"{one.counts.protocol}, digest {one.counts.digest[:16]}")
        for one in findings.scenarios
    ]
    for name, domain in {domain.name: domain for one in findings.scenarios for domain in one.counts.domains}.items():
        parts = [f"sha256 {domain.sha256[:16]}" if domain.sha256 else "", domain.reference, domain.terms]
        found.append((name, "; ".join(part for part in parts if part)))
    return found


def environment_terms(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return terms and texts of versions and machines."""
    made = list(known.get("environments", {}).values())
    found = [row for one in made for row in _environment(one)]
    return [("made by", f"{len(made)} environments, which follow"), *found] if len(made) > 1 else found


def _environment(one: Mapping[str, Any]) -> list[tuple[str, str]]:
    code = one.get("code") or {}
    commit = f", commit {code['commit'][:12]}" if code.get("commit") else ""
    algebra = [f"{lib.get('internal_api')} {lib.get('version')}" for lib in one.get("linear_algebra", [])]
    parts = {
        "tlbench": f"{one.get('tlbench', '')}{commit}{' with changes' if code.get('dirty') else ''}",
        "Python": f"{one.get('python', '')} on {one.get('platform', '')}",
        "processor": f"{one.get('processor', '')}, {one.get('cores', '?')} cores, {one.get('jobs', 1)} at a time",
        "libraries": ", ".join(f"{name} {version}" for name, version in one.get("packages", {}).items() if version),
        "linear algebra": ", ".join(dict.fromkeys(algebra)),
    }
    return [(term, text) for term, text in parts.items() if text]
